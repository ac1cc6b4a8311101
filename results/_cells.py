"""From a table to what one panel shows: cells (mean, interval, seeds) and reference lines."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pandas as pd

from results._measures import Metric, at_measured, side_by_side
from results.paper import PaperValues
from results.statistics import cell_intervals

REFERENCES = ("random encoder", "supervised")

Key = tuple[Any, ...]


class Shown(Protocol):
    """What every figure says about the value it shows."""

    @property
    def settings(self) -> tuple[str, ...]: ...
    @property
    def value(self) -> str: ...
    @property
    def average_over(self) -> tuple[str, ...]: ...
    @property
    def best_over(self) -> tuple[str, ...]: ...
    @property
    def labels(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def titles(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def metrics(self) -> tuple[Metric, ...]: ...
    @property
    def x_metric(self) -> str: ...
    @property
    def paper(self) -> PaperValues | None: ...


@dataclass(frozen=True)
class Cell:
    """`values`: one a finished seed; `half_width`: NaN without an interval; `planned`: seeds; `failed`: how many."""

    mean: float
    half_width: float
    values: tuple[float, ...]
    planned: int
    failed: int

    @property
    def state(self) -> str:
        """ "done" with at least one seed, else "failed" or "missing"."""
        return "done" if self.values else "failed" if self.failed else "missing"

    @property
    def note(self) -> str:
        """`n=2/3` if the mean is over fewer seeds than planned, else nothing."""
        return f"n={len(self.values)}/{self.planned}" if len(self.values) < self.planned else ""


@dataclass(frozen=True)
class Panel:
    """One axes: cells by the values of the settings shown, reference means by arm, and the interval's freedom."""

    cells: dict[Key, Cell]
    references: dict[str, float]
    freedom: int


def panel(figure: Shown, table: pd.DataFrame, chosen: bool = False) -> Panel:
    """Reduce `table` to the cells of `figure`: best_over first, then average_over, then the mean over seeds.

    chosen: the rows are cells already (the paper's), nothing is left to choose or average.
    """
    if figure.metrics and not chosen:
        table = side_by_side(table, figure.metrics, figure.value)
    table = _joined(table, figure.settings)
    if figure.x_metric:
        table = at_measured(table, figure.settings[0], figure.x_metric)
    if not chosen:
        _check_columns(figure, table)
    if figure.value not in table:
        table = table.assign(**{figure.value: math.nan})
    arm = table["arm"] if "arm" in table else pd.Series("cell", table.index)
    rows = table[arm == "cell"]
    means = {name: pd.to_numeric(table.loc[arm == name, figure.value]).mean() for name in REFERENCES}
    seeds = rows if chosen else _one_row_a_seed(figure, _best(figure, rows))
    found = cell_intervals(seeds, figure.settings, figure.value)
    cells = {
        tuple(plain(part) for part in key): Cell(float(mean), float(half), tuple(values), int(planned), int(failed))
        for *key, mean, half, values, planned, failed in found[
            [*figure.settings, "mean", "half_width", "values", "planned", "failed"]
        ].itertuples(index=False, name=None)
    }
    references = {name: float(mean) for name, mean in means.items() if not pd.isna(mean)}
    return Panel(cells, references, int(found["freedom"].iloc[0]) if len(found) else 0)


def hues_of(panels: Sequence[Panel]) -> list[Any]:
    """The values of the second setting in all panels, so that one color means one thing; [None] without any."""
    return list(dict.fromkeys(key[1] if key[1:] else None for shown in panels for key in shown.cells))


def plain(value: Any) -> Any:
    """A table's value as plain Python: None for null, so that keys of two tables are equal."""
    if pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value


def valid_name(value: str) -> str:
    """The validation metric beside a test metric: linear_top1 -> linear_valid_top1."""
    probe, _, metric = value.partition("_")
    return f"{probe}_valid_{metric}"


def _joined(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The table with a column for each name that joins two settings, "encoder.width & encoder.expansion"."""
    for name in names:
        parts = name.split(" & ")
        if len(parts) > 1 and all(part in table for part in parts):
            values = [[str(plain(value)) for value in table[part]] for part in parts]
            table = table.assign(**{name: [" & ".join(row) for row in zip(*values, strict=True)]})
    return table


def _check_columns(figure: Shown, table: pd.DataFrame) -> None:
    needed = [*figure.settings, *figure.average_over, *figure.best_over]
    done = "status" not in table or (table["status"] == "done").any()
    needed += [figure.value] * bool(done) + [valid_name(figure.value)] * bool(figure.best_over and done)
    if missing := [name for name in needed if name not in table]:
        hidden = ("provenance.", "predictions.", "history", "probes")
        known = ", ".join(str(name) for name in table.columns if not str(name).startswith(hidden))
        shows = f"{type(figure).__name__} shows {missing[0]!r}, which the table lacks"
        raise ValueError(f"{shows}; it has {known}: say value=, rows=, ...")


def _best(figure: Shown, rows: pd.DataFrame) -> pd.DataFrame:
    """In each cell the rows of the one candidate whose validation mean over seeds is highest."""
    score, candidates = valid_name(figure.value), list(figure.best_over)
    if not candidates or score not in rows:
        return rows
    kept: list[pd.DataFrame] = []
    for _, cell in rows.groupby(list(figure.settings), dropna=False, sort=False):
        groups = [group for _, group in cell.groupby(candidates, dropna=False, sort=False)]
        means = [pd.to_numeric(group[score]).mean() for group in groups]
        kept.append(groups[max(range(len(groups)), key=lambda i: -math.inf if pd.isna(means[i]) else means[i])])
    return pd.concat(kept) if kept else rows


def _one_row_a_seed(figure: Shown, rows: pd.DataFrame) -> pd.DataFrame:
    """The mean over `average_over` for each cell and seed; null unless all of it is there."""
    keys = [*figure.settings, *(["seed"] if "seed" in rows else [])]
    number = pd.to_numeric(rows[figure.value]).astype(float)
    status = rows["status"] if "status" in rows else pd.Series("done", rows.index)
    seen = rows[keys].assign(**{figure.value: number, "status": status})
    if not figure.average_over:
        _check_single(figure, seen, keys)
        return seen
    groups = seen.groupby(keys, dropna=False, sort=False)
    status = groups["status"].agg(lambda states: "failed" if (states == "failed").any() else "done")
    value = groups[figure.value].agg(lambda values: values.mean(skipna=False))
    return pd.concat([value, status], axis=1).reset_index()


def _check_single(figure: Shown, seen: pd.DataFrame, keys: Sequence[str]) -> None:
    # Before anything is measured, best_over cannot choose yet: several rows a seed are its candidates.
    if not figure.best_over and seen.duplicated(list(keys)).any():
        cell = seen.loc[seen.duplicated(list(keys)), list(keys)].iloc[0].to_dict()
        raise ValueError(f"{type(figure).__name__} has several runs for {cell}: name what varies in average_over=")
