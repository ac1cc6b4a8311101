"""The means of a figure's cells over seeds, and the interval of each alone."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from results._cell_means import cell_means
from results.statistics import student_t


def cell_intervals(table: pd.DataFrame, keys: Sequence[str], value: str, level: float = 0.95) -> pd.DataFrame:
    """One row a cell: *keys, mean, half_width, seeds, planned, failed, freedom, values; in order of first appearance.

    `table` has one row a cell and seed; a null `value` is a run that is still missing. Runs are paired by seed, so an
    interval is by the error of y = cell + seed + error, moderated as in a verdict (_cell_means); with one cell alone it
    is by the variance of its seeds. It therefore serves comparisons between cells of the same seeds, not with another
    table. `freedom` is that of the pooled error; where there is none (one seed), half_width is NaN.
    """
    seen = table.assign(seed=table.get("seed", 0), failed=table.get("status", pd.Series("", table.index)) == "failed")
    number = pd.to_numeric(seen[value]).to_numpy(dtype=float, na_value=math.nan)
    cell = seen.groupby(list(keys), dropna=False, sort=False).ngroup().to_numpy()
    done, lost = ~np.isnan(number), seen["failed"].to_numpy(dtype=bool, na_value=False)
    firsts = seen.loc[~pd.Series(cell, seen.index).duplicated(), list(keys)]
    halves, freedom = _half_widths(number[done], cell[done], seen["seed"].to_numpy()[done], len(firsts), level)
    rows: list[dict[str, Any]] = []
    for index, key in enumerate(firsts.itertuples(index=False, name=None)):
        inside = cell == index
        values = number[inside & done]
        rows.append(
            dict(zip(keys, key, strict=True))
            | {"mean": values.mean() if values.size else math.nan, "seeds": values.size, "planned": int(inside.sum())}
            | {"half_width": halves[index], "failed": int((inside & ~done & lost).sum())}
            | {"freedom": freedom, "values": values.tolist()}
        )
    return pd.DataFrame(rows)


def _half_widths(values: Any, cell: Any, seed: Any, cells: int, level: float) -> tuple[list[float], int]:
    """(one a cell, NaN without a run or any freedom; the freedom of the pooled error)."""
    if len(np.unique(cell)) < 2:
        seed = np.zeros_like(cell)  # one cell's seeds are its error
    fit = cell_means(values, cell, seed, cells)
    halves = [
        student_t(level, min(degrees, fit.freedom)) * math.sqrt(variance / count) if count and fit.freedom else math.nan
        for variance, degrees, count in zip(fit.variances, fit.degrees, fit.counts, strict=True)
    ]
    return halves, fit.freedom
