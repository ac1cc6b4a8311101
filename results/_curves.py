"""Training curves of a study's runs: from each run's history, by metric."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from results.facts import spoken

POINTS = 60
"""As many of a run's epochs are drawn, however long it trained."""


@dataclass(frozen=True)
class Curve:
    """One metric of one run over its epochs; `cell` is what the run shares with those of other seeds."""

    run: str
    cell: str
    seed: int
    epochs: tuple[float, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class Curves:
    """One metric of the grid's runs, or of those of a reference `arm`."""

    title: str
    arm: str
    lines: tuple[Curve, ...]


def curves(table: pd.DataFrame, cells: Sequence[str]) -> list[Curves]:
    """The curves by metric; `cells` names the cell of each row. Those of a reference arm stand apart, by its name.

    So do the losses of a grid that varies the loss: each is on a scale of its own.
    """
    if "history" not in table:
        return []
    found: dict[tuple[str, str], list[Curve]] = {}
    columns = (table["run"], table["arm"], table["seed"], cells, table["history"], _losses(table))
    for run, arm, seed, cell, history, loss in zip(*columns, strict=True):
        for metric, points in _metrics(history).items():
            other = "" if arm == "cell" else arm
            apart = other or (loss if "loss" in metric.split("_") else "")
            name = spoken(metric) + (f" ({apart})" if apart else "")
            epochs, values = zip(*points, strict=True)
            found.setdefault((name, other), []).append(Curve(str(run), cell, int(seed), epochs, values))
    varied = {name: lines for name, lines in found.items() if any(len(set(line.values)) > 1 for line in lines)}
    return [Curves(*name, tuple(lines)) for name, lines in varied.items()]


def _losses(table: pd.DataFrame) -> list[str]:
    """The loss of each run where those of the grid differ; nothing where one name says no more."""
    if "loss" not in table or table.loc[table["arm"] == "cell", "loss"].nunique() < 2:
        return [""] * len(table)
    return [str(loss) for loss in table["loss"]]


def _metrics(history: Any) -> dict[str, list[tuple[float, float]]]:
    """(epoch, value) of each metric that a history has at two epochs or more."""
    try:
        rows = json.loads(history)
    except (TypeError, ValueError, RecursionError):
        return {}
    found: dict[str, list[tuple[float, float]]] = {}
    for row in rows if isinstance(rows, list) else []:
        numbers = {name: value for name, value in row.items() if type(value) in (int, float)}
        epoch = numbers.pop("epoch", None)
        for name, value in numbers.items() if epoch is not None else ():
            found.setdefault(name, []).append((epoch, value))
    return {name: _thinned(points) for name, points in found.items() if len(points) > 1}


def _thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """At most POINTS of them, the first and the last among these."""
    if len(points) <= POINTS:
        return points
    return [points[round(place * (len(points) - 1) / (POINTS - 1))] for place in range(POINTS)]
