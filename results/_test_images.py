"""The spread over test images: what other test images of the same kind would have changed, at the same seeds."""

import base64
import math
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from results._contrasts import Contrast
from results._runs import NotRunError, Runs, by_seed

ROUNDED = 0.01
"""So many percent may a metric differ from the share that is right."""


def packed(labels: Sequence[int]) -> str:
    """Class numbers as text for a table's metadata: big-endian uint16, compressed, base64."""
    return base64.b64encode(zlib.compress(np.asarray(labels, dtype=">u2").tobytes(), 9)).decode("ascii")


def unpacked(text: str) -> Any:
    """int64 (N,): the class numbers that `packed` wrote."""
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), dtype=">u2").astype(np.int64)


def image_error(contrast: Contrast, runs: Runs, labels: Mapping[str, str]) -> float:
    """Standard error over test images, in percent.

    NaN where predictions or labels are not kept, or where the metric is not the share of predictions that are right.
    labels: what is to be predicted of each image, packed, by data set, or by what the metrics of a probe with labels of
    its own begin with. Each image has one number, the weighted sum of "right", averaged over seeds. For two runs that
    is McNemar's spread: sqrt(b + c - (b - c)^2 / N) / N, where b and c count the images that only one of them gets
    right.
    """
    if not labels:
        return math.nan
    total: Any = 0.0
    for weight, term in contrast.terms:
        rows = [row for group in _groups(runs, term) for row in group.to_dict("records")]
        name = f"predictions.{term.metric}"
        if not rows or not all(np.ndim(row.get(name)) == 1 and row.get("dataset") in labels for row in rows):
            return math.nan
        truth = unpacked(_labels(term.metric, rows[0]["dataset"], labels))
        predicted = [np.asarray(row[name]) for row in rows]
        if any(len(one) != len(truth) for one in predicted) or len({row["dataset"] for row in rows}) > 1:
            return math.nan
        right = [one == truth for one in predicted]
        if not np.allclose([100 * one.mean() for one in right], [row[term.metric] for row in rows], atol=ROUNDED):
            return math.nan
        total = total + weight * np.mean(right, axis=0)
    return 100 * float(np.std(total, ddof=1)) / math.sqrt(len(total))


def _labels(metric: str, dataset: str, labels: Mapping[str, str]) -> str:
    """Of the metric's images: a probe's own, by what its metrics begin with ("there_*"), else the run's."""
    own = [name for name in labels if name.endswith("_*") and metric.startswith(name[:-1])]
    return labels[own[0] if own else dataset]


def _groups(runs: Runs, term: Any) -> list[Any]:
    try:
        return list(by_seed(runs, term).values())
    except NotRunError:
        return []
