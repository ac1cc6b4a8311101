"""Data sets that are streamed: their images stay in files, and an index in the cache says where each lies.

The fingerprint is of each file's bytes and its label, since that of decoded pixels would take hours where it matters.
It says that the data set is streamed: it is another one, and its runs are others, than of the same images in memory.
Order, validation part and subsets follow the hash of the bytes, which is checked whenever an image is read again.
"""

import hashlib
from functools import partial
from pathlib import Path

import numpy as np
import torch

from core import image_cache
from core.arrange import Split, arrange
from core.decode import DataError
from core.files import Folder, Pack, Store, Streamed
from core.images import DataSet, Images
from core.index import make_index
from core.layouts import Source
from core.sources import identity

VERSION = 2  # of what images become when they are streamed: raise it when crops or centers of the same bytes change


def load_streamed(name: str, source: Source, side: int | None, cache: Path) -> DataSet:
    """The data set `name` with images streamed from `source` at `side` pixels; indexed first, unless `cache` knows it.

    Raises DataError for files that are no images, or that the cache has no room to unpack.
    """
    if side is None:
        raise DataError(f"{name} does not fit in memory and is streamed, which takes image_size, the side in pixels")
    key = f"{name}-{identity(source, None, VERSION)}"
    entry, pack = cache / "indexed" / key, cache / "packed" / key / "images"
    known = image_cache.read(entry)
    if known is None or (source.root is None and not pack.exists()):
        known = make_index(name, source, pack)
        image_cache.write(entry, *known)
    info, arrays = known
    files = Folder(source.root, arrays["names"]) if source.root else Pack(pack, arrays["ends"], info["shards"])
    store = Store(files, arrays["digests"], arrays["sizes"], arrays["plain"])
    labels, train = np.array(info["labels"])[arrays["labels"]], info["train"]

    def split(start: int, end: int) -> Split:
        places = Streamed(store, torch.arange(start, end), side)
        return Split(places, labels[start:end], store.digests[start:end])

    test = split(train, len(labels)) if len(labels) > train else None
    return arrange(name, split(0, train), test, partial(_fingerprint, store))


def _fingerprint(store: Store, classes: bytes, splits: tuple[Images, ...]) -> str:
    found = hashlib.blake2b(f"streamed {VERSION} ".encode() + classes, digest_size=8)
    for images in splits:
        assert isinstance(images.pixels, Streamed)
        found.update(f"{len(images)} ".encode())
        found.update(store.digests[images.pixels.places.numpy()].data)
        found.update(images.labels.numpy().astype("<i8").data)
    return found.hexdigest()
