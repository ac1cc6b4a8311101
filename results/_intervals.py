"""The means of a figure's cells over seeds, and the interval of each alone."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from results._cell_means import cell_means, of_seeds
from results.statistics import student_t


def cell_intervals(table: pd.DataFrame, keys: Sequence[str], value: str, level: float = 0.95) -> pd.DataFrame:
    """One row a cell, by first appearance: *keys, mean, half_width, seeds, planned, failed, freedom, own, values.

    `table` has one row a cell and seed; a null `value` is a run that is still missing. Runs are paired by seed, so an
    interval is by the error of y = cell + seed + error, moderated as in a verdict (_cell_means). It therefore serves
    comparisons between cells of the same seeds, not with another table. `own`: it is by a cell's own seeds alone, with
    one cell, or where a verdict takes those, too: where the cells' errors are too unlike to be one. `freedom` is that
    of the error; where there is none (one seed), half_width is NaN.
    """
    seen = table.assign(seed=table.get("seed", 0), failed=table.get("status", pd.Series("", table.index)) == "failed")
    number = pd.to_numeric(seen[value]).to_numpy(dtype=float, na_value=math.nan)
    cell = seen.groupby(list(keys), dropna=False, sort=False).ngroup().to_numpy()
    done, lost = ~np.isnan(number), seen["failed"].to_numpy(dtype=bool, na_value=False)
    firsts = seen.loc[~pd.Series(cell, seen.index).duplicated(), list(keys)]
    halves, freedom, own = _half_widths(number[done], cell[done], seen["seed"].to_numpy()[done], len(firsts), level)
    rows: list[dict[str, Any]] = []
    for index, key in enumerate(firsts.itertuples(index=False, name=None)):
        inside = cell == index
        values = number[inside & done]
        rows.append(
            dict(zip(keys, key, strict=True))
            | {"mean": values.mean() if values.size else math.nan, "seeds": values.size, "planned": int(inside.sum())}
            | {"half_width": halves[index], "failed": int((inside & ~done & lost).sum())}
            | {"freedom": freedom, "own": own, "values": values.tolist()}
        )
    return pd.DataFrame(rows)


def _half_widths(values: Any, cell: Any, seed: Any, cells: int, level: float) -> tuple[list[float], int, bool]:
    """(one a cell, NaN without a run or any freedom; the freedom of the error; whether it is each cell's own)."""
    fit = cell_means(values, cell, seed, cells)
    if len(np.unique(cell)) < 2 or fit.unlike:
        alone = {index: of_seeds(values[cell == index]) for index in np.unique(cell)}
        halves = [alone[index].half_width(level) if index in alone else math.nan for index in range(cells)]
        return halves, max((int(one.freedom) for one in alone.values()), default=0), True
    halves = [
        student_t(level, min(degrees, fit.freedom)) * math.sqrt(variance / count) if count and fit.freedom else math.nan
        for variance, degrees, count in zip(fit.variances, fit.degrees, fit.counts, strict=True)
    ]
    return halves, fit.freedom, False
