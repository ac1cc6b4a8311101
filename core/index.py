"""The index of a data set that is streamed: what is known of each image, by reading every file once.

A row of a parquet file cannot be read without a hundred others, so parquet files are unpacked into the cache, which
takes as much room as they do.
"""

import shutil
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from os import cpu_count, fsencode
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core import image_cache
from core.decode import DataError, Encoded, check_labels, check_mode, opened, problems_of
from core.files import DIGEST, digest
from core.layouts import Source

Arrays = dict[str, NDArray[Any]]


@dataclass
class _Found:
    """What is known of the images so far."""

    labels: list[str] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)
    headers: list[tuple[int, int, bool]] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)


def make_index(name: str, source: Source, pack: Path) -> tuple[dict[str, Any], Arrays]:
    """The info and the arrays of the cache's entry; images that share files are copied to `pack`."""
    size = sum(file.stat().st_size for file in source.files)
    print(f"{name} does not fit in memory: reading its {size / 1e9:.1f} GB once, for an index", file=sys.stderr)
    found = _Found()
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        train = _read_all(source, found) if source.root else _unpack(source, found, pack, size)
    labels, of_each = np.unique(found.labels, return_inverse=True)
    arrays: Arrays = {
        "labels": of_each.astype(np.int64),
        "digests": np.frombuffer(b"".join(found.digests), np.uint8).reshape(-1, DIGEST),
        "sizes": np.array([(rows, columns) for rows, columns, _ in found.headers], np.int32),
        "plain": np.array([plain for *_, plain in found.headers]),
    }
    info: dict[str, Any] = {"labels": labels.tolist(), "train": train}
    if source.root is None:
        arrays["ends"], info["shards"] = np.cumsum(found.lengths, dtype=np.int64), _shards(found.names)
    else:
        arrays["names"] = np.array([fsencode(Path(file).relative_to(source.root)) for file in found.names])
    return info, arrays


def _unpack(source: Source, found: _Found, pack: Path, size: int) -> int:
    advice = "set ABLATIONS_CACHE to a folder on a larger disk, or give the images as class folders"
    try:
        with image_cache.published(pack.parent) as private:
            if (free := shutil.disk_usage(private).free) < size:
                raise DataError(
                    f"parquet files are unpacked into {pack.parent.parent}, which takes {size / 1e9:.1f} GB and has "
                    f"{free / 1e9:.1f}: {advice}"
                )
            with (private / pack.name).open("wb") as file:
                return _read_all(source, found, file)
    except OSError as problem:
        folder = pack.parent.parent
        raise DataError(f"cannot unpack parquet files into {folder} ({problem.strerror}): {advice}") from problem


def _read_all(source: Source, found: _Found, pack: BinaryIO | None = None) -> int:
    """Look at every image, on a few threads, and copy it to `pack`; returns how many are training images."""
    train = 0
    with ThreadPoolExecutor(min(8, cpu_count() or 1)) as pool:
        for read in (source.train, source.test):
            for batch in read() if read else ():
                check_labels(batch)
                for encoded, (data, header) in zip(batch, pool.map(_examined, batch), strict=True):
                    found.labels.append(encoded.label)
                    found.names.append(encoded.where)
                    found.digests.append(digest(data))
                    found.headers.append(header)
                    found.lengths.append(len(data))
                    if pack:
                        pack.write(data)
            train = train or len(found.labels)
    return train


def _examined(encoded: Encoded) -> tuple[bytes, tuple[int, int, bool]]:
    """The image's bytes, and of its header: rows, columns, and whether it is a `plain` JPEG (core.files.Store)."""
    with problems_of(encoded.where):
        assert not isinstance(encoded.data, np.ndarray)
        data = encoded.data if isinstance(encoded.data, bytes) else encoded.data.read_bytes()
        with opened(data) as image:
            check_mode(image.mode)
            return data, (image.height, image.width, image.format == "JPEG" and image.mode in ("RGB", "L"))


def _shards(names: list[str]) -> list[tuple[str, int]]:
    """Each parquet file with the number of its first image, from the images' names, "FILE, row ROW"."""
    files = [name.rpartition(", row ")[0] for name in names]
    return [(file, place) for place, file in enumerate(files) if place == 0 or file != files[place - 1]]
