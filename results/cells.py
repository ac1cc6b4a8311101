"""From a table to what one panel shows: cells (mean, interval, seeds) and reference lines."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from results._intervals import cell_intervals
from results._measures import at_measured, side_by_side
from results._shown import Shown
from results.labels import guessed
from results.rows import best, check_columns, one_row_a_seed, valid_name

REFERENCES = ("random encoder", "supervised")

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Cell:
    """`values`: one a finished seed; `half_width`: NaN without an interval; `failed`: how many seeds.

    planned: how many seeds; 0 of a number that no run has measured, a guess.
    """

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
    def seeds(self) -> str:
        """ "3", or "2/3" of a cell with gaps; nothing of a guess."""
        done = len(self.values)
        return (str(done) if done == self.planned else f"{done}/{self.planned}") if self.planned else ""

    @property
    def note(self) -> str:
        """`n=2/3` if the mean is over fewer seeds than planned, else nothing."""
        return f"n={self.seeds}" if len(self.values) < self.planned else ""


@dataclass(frozen=True)
class Panel:
    """One axes: cells by the values of the settings shown, those of the reference arms, and the interval's freedom.

    own: each cell's interval is by its own seeds alone.
    """

    cells: dict[Key, Cell]
    references: dict[str, Cell]
    freedom: int
    own: bool

    def average(self, first: Any) -> float:
        """The mean of the cells whose first setting has this value; NaN unless all of them are done."""
        row = [cell for key, cell in self.cells.items() if key[0] == first]
        return math.fsum(cell.mean for cell in row) / len(row) if all(cell.values for cell in row) else math.nan


def panel(figure: Shown, table: pd.DataFrame, chosen: bool = False) -> Panel:
    """Reduce `table` to the cells of `figure`: best_over first, then average_over, then the mean over seeds.

    chosen: the rows are cells already (the paper's), nothing is left to choose or average.
    """
    guesses = {} if chosen else _guesses(figure, table.attrs.get("study", {}))
    table = _shown(figure, table, chosen)
    arm = table["arm"] if "arm" in table else pd.Series("cell", table.index)
    rows = table[arm == "cell"]
    arms = {name: _arm(table.loc[arm == name, figure.value]) for name in REFERENCES}
    seeds = rows if chosen else one_row_a_seed(figure, best(figure, rows))
    found = cell_intervals(seeds, figure.settings, figure.value)
    cells = {
        tuple(plain(part) for part in key): Cell(float(mean), float(half), tuple(values), int(planned), int(failed))
        for *key, mean, half, values, planned, failed in found[
            [*figure.settings, "mean", "half_width", "values", "planned", "failed"]
        ].itertuples(index=False, name=None)
    }
    references = {name: cell for name, cell in arms.items() if cell.values}
    freedom, own = found[["freedom", "own"]].iloc[0] if len(found) else (0, False)
    return Panel(cells | guesses, references, int(freedom), bool(own))


def _arm(numbers: Any) -> Cell:
    """A reference arm's, one number a seed: no interval is drawn of it."""
    values = tuple(pd.to_numeric(numbers).dropna().astype(float))
    return Cell(math.fsum(values) / len(values) if values else math.nan, math.nan, values, len(numbers), 0)


def _shown(figure: Shown, table: pd.DataFrame, chosen: bool) -> pd.DataFrame:
    """The table with the columns that the figure names, and no number of a run that is not done."""
    if figure.metrics and not chosen:
        table = side_by_side(table, figure.metrics, figure.value)
    table = _joined(table, figure.settings)
    if figure.x_metric:
        table = at_measured(table, figure.settings[0], figure.x_metric)
    if not chosen:
        check_columns(figure, table)
    if figure.value not in table:
        table = table.assign(**{figure.value: math.nan})
    if "status" in table and not chosen:  # a run that is to do again keeps its numbers, which no verdict counts
        measured = [name for name in (figure.value, valid_name(figure.value)) if name in table]
        table = table.assign(**{name: table[name].where(table["status"] == "done") for name in measured})
    return table


def _guesses(figure: Shown, about: Mapping[str, Any]) -> dict[Key, Cell]:
    """A cell, without an interval, for each guess that the figure shows and whose labels the table keeps."""
    dataset, labels, found = about.get("base", {}).get("dataset", ""), about.get("labels", {}), {}
    for metric in figure.metrics:
        right = guessed(metric.name, dataset, labels) if metric.guess else math.nan
        if not math.isnan(right):
            found[tuple(dict(metric.axes)[name] for name in figure.settings)] = Cell(right, math.nan, (right,), 0, 0)
    return found


def arm_words(name: str, cell: Cell, places: int = 1) -> str:
    """A reference arm with its mean, and of how few seeds that is: "supervised 63.7 (n=2/3)"."""
    return f"{name} {cell.mean:.{places}f}" + (f" ({cell.note})" if cell.note else "")


def hues_of(panels: Sequence[Panel]) -> list[Any]:
    """The values of the second setting in all panels, so that one color means one thing; [None] without any."""
    return list(dict.fromkeys(key[1] if key[1:] else None for shown in panels for key in shown.cells))


def plain(value: Any) -> Any:
    """A table's value as plain Python: None for null, so that keys of two tables are equal."""
    if pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value


def _joined(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The table with a column for each name that joins two settings, "encoder.width & encoder.expansion"."""
    for name in names:
        parts = name.split(" & ")
        if len(parts) > 1 and all(part in table for part in parts):
            values = [[str(plain(value)) for value in table[part]] for part in parts]
            table = table.assign(**{name: [" & ".join(row) for row in zip(*values, strict=True)]})
    return table
