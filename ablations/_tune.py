"""Tuning: settings that each arm of a study chooses for itself, by runs with seeds of their own."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from ablations._identity import run_id, settings
from core.value import check, value
from results.nearest import nearest_or_all

TUNING = "tuning"
"""The arm of a run that only chooses: no figure and no claim shows it, the table keeps it."""
WAITING = "to-be-chosen-"
"""How the id of a row begins that waits for what tuning chooses: nothing is trained by it."""
GRID = ("cell", TUNING)
"""The arms of runs that come from a study's grid."""

Row = Mapping[str, Any]


@value
class Tune:
    """What is tuned, and by what: `Tune(over=("learning_rate", "loss.temperature"), seeds=(100,))`.

    Cells of the grid that differ in nothing but the settings `over` and the seed are the candidates for one choice,
    equally many for each. They are run at `seeds`, which no cell has; the one whose mean `metric` over them is highest,
    the first of equals, is then run at the seeds of the grid. The metric is one of validation images (SimCLR, App.
    B.10; best_over= chooses by the reported seeds instead).
    """

    over: tuple[str, ...]
    seeds: tuple[int, ...] = (100,)
    metric: str = "linear_valid_top1"

    def __post_init__(self) -> None:
        check(len(self.over) > 0, "Tune.over takes the settings that are tuned, not none")
        check(len(self.seeds) > 0, "Tune.seeds takes the seeds of the tuning runs, not none")
        measured_on = f"Tune.metric takes a metric of validation images, such as linear_valid_top1, not {self.metric!r}"
        check("valid" in self.metric, measured_on)


def tuning(tune: Tune | None, cells: Sequence[Any]) -> list[tuple[str, Any]]:
    """The runs by which `tune` chooses among these cells: each candidate at the seeds of the tuning.

    Raises ValueError if the cells have no such setting or seed, or share a seed with the tuning.
    """
    if tune is None:
        return []
    if not hasattr(cells[0], "seed"):
        raise ValueError(f"tune= runs candidates at seeds of their own, and {type(cells[0]).__name__} has no seed")
    if shared := sorted({cell.seed for cell in cells} & set(tune.seeds)):
        raise ValueError(f"Tune.seeds takes seeds that no cell has, not {shared[0]}: what chooses is not reported")
    candidates = {run_id(dataclasses.replace(cell, seed=0)): cell for cell in cells}.values()
    _check_names(tune, [settings(candidate) for candidate in candidates])
    return [(TUNING, dataclasses.replace(cell, seed=seed)) for seed in tune.seeds for cell in candidates]


def without(row: Row, *names: str) -> dict[str, Any]:
    """The row but for these settings."""
    return {name: setting for name, setting in row.items() if name not in names}


def _check_names(tune: Tune, rows: Sequence[Row]) -> None:
    known = list(dict.fromkeys(name for row in rows for name in row if name != "seed"))
    for name in tune.over:
        if name not in known:
            raise ValueError(f"Tune.over: no setting {name!r}{nearest_or_all(name, known)}")
