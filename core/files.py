"""Pixels that stay in files: where each image lies, what is known of it, and its bytes when they are asked for."""

import hashlib
import os
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.decode import DataError

DIGEST = 16  # bytes of an image's SHA-256


@dataclass(frozen=True)
class Folder:
    """Images in files of their own: `names` (N,), relative to the folder `root`."""

    root: Path
    names: NDArray[np.bytes_]

    def where(self, place: int) -> str:
        """The image's name in messages."""
        return str(self.root / os.fsdecode(bytes(self.names[place])))

    def read(self, place: int) -> bytearray:
        """Its bytes; raises OSError."""
        with open(self.where(place), "rb", buffering=0) as file:  # noqa: PTH123 -- a Path takes as long as the reading
            return _read(file, os.fstat(file.fileno()).st_size)


@dataclass(frozen=True)
class Pack:
    """Images one after another in `file`, which was made of `shards`, (name, number of the first image) each.

    ends: (N,) int64, where each image's bytes end.
    """

    file: Path
    ends: NDArray[np.int64]
    shards: Sequence[tuple[str, int]]

    def where(self, place: int) -> str:
        """The image's name in messages."""
        name, first = self.shards[bisect_right([first for _, first in self.shards], place) - 1]
        return f"{name}, row {place - first}"

    def read(self, place: int) -> bytearray:
        """Its bytes; raises OSError."""
        start = int(self.ends[place - 1]) if place else 0
        with self.file.open("rb", buffering=0) as file:
            file.seek(start)
            return _read(file, int(self.ends[place]) - start)


@dataclass(frozen=True)
class Store:
    """The encoded images of a data set in the order of their source, training images first.

    digests: (N, DIGEST) uint8, of each one's bytes; sizes: (N, 2) int32, rows and columns; plain: (N,) bool, whether it
    is a JPEG in color or gray, which simplejpeg decodes to the same bits as PIL, but sooner.
    """

    files: Folder | Pack
    digests: NDArray[np.uint8]
    sizes: NDArray[np.int32]
    plain: NDArray[np.bool_]

    def read(self, place: int) -> bytearray:
        """The bytes of an image, those of which the fingerprint was made; raises DataError where they are others."""
        where = self.files.where(place)
        try:
            data = self.files.read(place)
        except OSError as problem:
            raise DataError(f"cannot read {where}: {problem.strerror}; repair or restore it") from problem
        if digest(data) != self.digests[place].tobytes():
            held = f"; remove {self.files.file.parent}, a copy of it" if isinstance(self.files, Pack) else ""
            raise DataError(f"{where} is not what it was when the data set was first read: restore it{held}")
        return data


@dataclass(frozen=True)
class Streamed:
    """Pixels (N, side, side, 3) uint8 of the images at `places` (N,) int64, which loaders decode when asked for."""

    store: Store
    places: Tensor
    side: int

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(N, side, side, 3)."""
        return len(self.places), self.side, self.side, 3

    def __getitem__(self, chosen: Tensor) -> "Streamed":
        """Those at `chosen`, (M,) int64 or a mask (N,) bool; nothing is read yet."""
        return replace(self, places=self.places[chosen])

    def to(self, device: str) -> "Streamed":
        """Themselves: they move when they are decoded."""
        return self

    def sizes(self, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """Rows and columns, each (M,) int64, that the images at `chosen` have in their files."""
        rows, columns = torch.from_numpy(self.store.sizes[self.places[chosen].numpy()].astype(np.int64)).unbind(1)
        return rows, columns


def digest(data: bytes | bytearray) -> bytes:
    """What tells an image's bytes from any others, and costs little beside decoding them."""
    return hashlib.sha256(data).digest()[:DIGEST]


def _read(file: Any, size: int) -> bytearray:
    """So many bytes, or fewer at the end; a bytearray, since torch wants to be able to write."""
    data, done = bytearray(size), 0
    while done < size and (count := file.readinto(memoryview(data)[done:])):
        done += count
    return data if done == size else data[:done]
