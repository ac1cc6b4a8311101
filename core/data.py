"""Image sources to data sets: CIFAR-10/100, parquet files, class folders, built-in shapes.

A data set is its pixels and labels, whatever files they came in: classes are sorted by name, and the images of each
split by a hash of their pixels, then by label. So the same images have the same order, the same validation part, the
same subsets and the same fingerprint, from parquet, from torchvision and from folders.

One that does not fit in memory is streamed (core.streamed): its images stay encoded, and the hash is of their files'
bytes. That is another data set than the same images in memory, with a fingerprint of its own, since its views are
cropped out of images of full size.
"""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from core import image_cache, shapes
from core.arrange import Split, arrange
from core.decode import DataError, Decoded, decode, size_of
from core.images import DataSet, Images, balanced
from core.layouts import Source
from core.sources import find, identity
from core.streamed import load_streamed

__all__ = ["DataError", "DataSet", "Images", "balanced", "load"]

VERSION = 2  # of what the cache holds: raise it when decoding, order or splits change
TIMES = 3  # decoding and sorting take so many times the memory of the pixels
SPLITS, FIELDS = ("train", "valid", "test"), ("pixels", "labels", "index")


def load(
    name: str,
    folder: Path | None = None,
    cache: Path | None = None,
    side: int | None = None,
    memory: int | None = None,
) -> DataSet:
    """The data set `name`: "shapes" is built in; others lie in `folder`; without it in ./data, `cache` or the web.

    `cache` defaults to $ABLATIONS_CACHE, then ~/.cache/contrastive-ablations; images are decoded into it once per
    machine (which takes three times their size) and memory-mapped from it, or kept in memory where it is not writable.
    Where three times their size is more than `memory`, in bytes (default: this machine's), they are streamed.
    `side` is the image size in pixels; None takes the images as they are, and they must have one size. The validation
    split is a fixed 10% of every class of the training images, and the test split 20% where the source has none.
    Raises DataError.
    """
    if side is not None and side < 1:
        raise DataError(f"image_size takes a number of pixels, at least 1, not {side}")
    cache = cache or Path(os.environ.get("ABLATIONS_CACHE") or Path.home() / ".cache" / "contrastive-ablations")
    if name == "shapes":
        return _shapes(side or 32, cache)
    source = find(name, folder, cache)
    entry = cache / "decoded" / f"{name}-{identity(source, side, VERSION)}"
    cached = _cached(name, entry)
    if not cached and source.number and source.test:
        next(source.test(), None)  # what is wrong there is said before the training images are read
    size = cached.nbytes if cached else _decoded_size(source, side)
    if source.number and TIMES * size > (memory or os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")):
        return load_streamed(name, source, side, cache)
    return cached or _decoded(name, source, side, entry)


def _shapes(side: int, cache: Path) -> DataSet:
    entry = cache / "decoded" / f"shapes-{side}-{shapes.SOURCE}-{VERSION}"
    return _cached("shapes", entry) or _kept("shapes", entry, *shapes.draw(side))


def _decoded(name: str, source: Source, side: int | None, entry: Path) -> DataSet:
    return _kept(name, entry, decode(source.train(), side), decode(source.test(), side) if source.test else None)


def _decoded_size(source: Source, side: int | None) -> int:
    """The bytes of all pixels, which have the size of the first image unless they are resized."""
    if source.number is None:
        return 0
    rows, columns = (side, side) if side else size_of(next(source.train())[0])
    return source.number() * rows * columns * 3


def _kept(name: str, entry: Path, train: Decoded, test: Decoded | None) -> DataSet:
    """The data set of these images, out of the cache if it could be put there."""
    data = arrange(name, _split(train), _split(test) if test else None, _fingerprint)
    image_cache.write(entry, {"classes": data.classes, "fingerprint": data.fingerprint}, _arrays(data))
    return _cached(name, entry) or data


def _split(decoded: Decoded) -> Split:
    digests = b"".join(hashlib.blake2b(image, digest_size=16).digest() for image in decoded.pixels)
    return Split(torch.from_numpy(decoded.pixels), decoded.labels, np.frombuffer(digests, np.uint8).reshape(-1, 16))


def _fingerprint(classes: bytes, splits: tuple[Images, ...]) -> str:
    digest = hashlib.blake2b(classes, digest_size=8)
    for images in splits:
        digest.update(str(tuple(images.pixels.shape)).encode())
        digest.update(images.held.numpy().data)
        digest.update(images.labels.numpy().astype("<i8").data)
    return digest.hexdigest()


def _arrays(data: DataSet) -> Mapping[str, "np.typing.NDArray[np.generic]"]:
    return {f"{split}.{field}": getattr(getattr(data, split), field).numpy() for split in SPLITS for field in FIELDS}


def _cached(name: str, entry: Path) -> DataSet | None:
    if (cached := image_cache.read(entry)) is None:
        return None
    info, arrays = cached
    splits = [Images(*(torch.from_numpy(arrays[f"{split}.{field}"]) for field in FIELDS)) for split in SPLITS]
    return DataSet(name, tuple(info["classes"]), info["fingerprint"], *splits)
