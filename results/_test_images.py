"""The spread over test images: what other test images of the same kind would have changed, at the same seeds."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from results._runs import NotRunError, Runs, by_seed
from results.contrasts import Contrast
from results.facts import PREDICTIONS
from results.labels import labels_of

ROUNDED = 0.01
"""So many percent may a metric differ from the share that is right."""


def image_error(contrast: Contrast, runs: Runs, labels: Mapping[str, str]) -> float:
    """Standard error over test images, in percent.

    NaN where predictions or labels are not kept, or where the metric is not the share of predictions that are right.
    labels: as the table keeps them (labels.py). Each image has one number, the weighted sum of "right", averaged over
    seeds. For two runs that is McNemar's spread: sqrt(b + c - (b - c)^2 / N) / N, where b and c count the images that
    only one of them gets right.
    """
    if not labels:
        return math.nan
    total: Any = 0.0
    for weight, term in contrast.terms:
        name = f"{PREDICTIONS}{term.metric}"
        rows = [row for group in _groups(runs, term) for row in _columns(group, "dataset", term.metric, name)]
        if not rows or not all(np.ndim(row.get(name)) == 1 and row.get("dataset") in labels for row in rows):
            return math.nan
        truth = labels_of(term.metric, rows[0]["dataset"], labels)
        predicted = [np.asarray(row[name]) for row in rows]
        if any(len(one) != len(truth) for one in predicted) or len({row["dataset"] for row in rows}) > 1:
            return math.nan
        right = [one == truth for one in predicted]
        if not np.allclose([100 * one.mean() for one in right], [row[term.metric] for row in rows], atol=ROUNDED):
            return math.nan
        total = total + weight * np.mean(right, axis=0)
    return 100 * float(np.std(total, ddof=1)) / math.sqrt(len(total))


def _columns(group: pd.DataFrame, *names: str) -> list[Any]:
    return group[[name for name in names if name in group]].to_dict("records")


def _groups(runs: Runs, term: Any) -> list[pd.DataFrame]:
    try:
        return list(by_seed(runs, term).values())
    except NotRunError:
        return []
