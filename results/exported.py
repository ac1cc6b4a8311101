"""The finished runs of a table as other tools take them, and the table itself as CSV."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from results.facts import PREDICTIONS, of_row
from results.tables import about, read_rows, read_table

HIDDEN = ("history", "probes")
"""Columns that no spreadsheet shows well, as those of predictions."""


@dataclass(frozen=True)
class Exported:
    """A finished run. settings: one flat row; metrics: at its end; curves: epoch, train_loss, ..., a row an epoch."""

    run: str
    arm: str
    settings: Mapping[str, Any]
    metrics: Mapping[str, float]
    curves: Sequence[Mapping[str, float]]


def exported(table: Path) -> list[Exported]:
    """The table's finished runs, each once, though several arms may share it."""
    base, found = about(table).get("base", {}), dict[str, Exported]()
    for row in read_rows(table):
        if row["status"] == "done":
            facts = of_row(row, base)
            metrics = {name: cell for name, cell in facts.measured.items() if isinstance(cell, int | float)}
            settings = {"seed": row["seed"], **facts.settings}
            one = Exported(row["run"], row["arm"], settings, metrics, facts.measured.get("history", ()))
            found.setdefault(one.run, one)
    return list(found.values())


def to_csv(table: Path, folder: Path) -> list[str]:
    """Write runs.csv, a row a run, finished or not, and curves.csv, a row a finished run and epoch; their paths."""
    runs = read_table(table)
    runs = runs[[name for name in runs if name not in HIDDEN and not str(name).startswith(PREDICTIONS)]]
    rows = [{"run": one.run, **row} for one in exported(table) for row in one.curves]
    curves = pd.DataFrame(rows) if rows else pd.DataFrame(columns=["run", "epoch"])
    paths = [folder / "runs.csv", folder / "curves.csv"]
    for frame, path in zip((runs, curves), paths, strict=True):
        frame.to_csv(path, index=False)
    return list(map(str, paths))
