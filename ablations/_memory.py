"""Whether a data set is held in memory or streamed: by how much memory that is decided, and what a user reads of it."""

import os
from collections.abc import Iterator, Sequence
from functools import cache

from core.data import TIMES, DataSet
from slurm.memory import capacity
from slurm.resources import megabytes

MEMORY = "ABLATIONS_MEMORY"
"""The variable that says how much, as 16G: workers get it from whoever plans, so that both decide alike."""


def memory() -> int:
    """The bytes by which it is decided: $ABLATIONS_MEMORY, else those of this machine. Raises ValueError."""
    return _bytes(os.environ.get(MEMORY))


def places_of_images(data: Sequence[DataSet], folder: str | None) -> Iterator[str]:
    """Lines on each data set but the built-in one: in memory, or streamed and why; one where `folder` has none."""
    if folder and data and all(one.name == "shapes" for one in data):
        yield f"built-in images: nothing of {folder} is used; --set dataset=NAME takes a data set from there"
    limit = f"up to {memory() / TIMES / 1e9:.1f} GB are held in memory"
    for one in (one for one in data if one.name != "shapes"):
        number, size = len(one.train) + len(one.valid) + len(one.test), f"{one.nbytes / 1e9:.1f} GB"
        if one.streamed:
            yield f"{one.name}: {number:,} images, streamed from files: {size} decoded, {limit} ({MEMORY} sets it)"
        else:
            yield f"{one.name}: {number:,} images in memory, {size}"
        if len(one.classes) == 1:
            yield f"{one.name}: all images are of one class, {one.classes[0]!r}, so every accuracy will be 100%"


@cache
def _bytes(given: str | None) -> int:
    try:
        return (megabytes(given) if given else capacity() // 2**20) * 2**20
    except ValueError as problem:
        raise ValueError(f"{MEMORY}: {problem}") from None
