"""What was to be predicted of each test image, as a table's metadata keeps it.

Packed, by data set, or by what the metrics of a probe with labels of its own begin with ("rotation_*").
"""

import base64
import math
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def packed(labels: Sequence[int]) -> str:
    """Class numbers as text for a table's metadata: big-endian uint16, compressed, base64."""
    return base64.b64encode(zlib.compress(np.asarray(labels, dtype=">u2").tobytes(), 9)).decode("ascii")


def unpacked(text: str) -> Any:
    """int64 (N,): the class numbers that `packed` wrote."""
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), dtype=">u2").astype(np.int64)


def labels_of(metric: str, dataset: str, labels: Mapping[str, str]) -> Any:
    """int64 (N,): those of this metric's images: of the probe's own, else of the run's. Raises KeyError if not kept."""
    own = [name for name in labels if name.endswith("_*") and metric.startswith(name[:-1])]
    return unpacked(labels[own[0] if own else dataset])


def guessed(metric: str, dataset: str, labels: Mapping[str, str]) -> float:
    """What guessing gets right of this metric's images: the percentage of their commonest label, NaN if not kept."""
    try:
        found = np.bincount(labels_of(metric, dataset, labels))
    except KeyError:
        return math.nan
    return 100 * float(found.max() / found.sum())
