"""Figures of what was measured rather than set: several metrics as one axis, or a metric in a setting's place."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Metric:
    """A metric of a run as one cell of a figure, at the values `axes` of the figure's settings.

        Metric("rotation_top1_z", (("task", "rotation"), ("layer", "z")))

    where: (setting, its text) that a run must have for its metric to count. guess: not what runs measured, but
    what guessing gets right of this metric's test images.
    """

    name: str
    axes: tuple[tuple[str, str], ...]
    where: tuple[tuple[str, str], ...] = ()
    guess: bool = False


def side_by_side(table: pd.DataFrame, metrics: Sequence[Metric], value: str) -> pd.DataFrame:
    """One row a run and metric, the metric in the column `value`; the reference arms, which have no such axis, go.

    Raises ValueError if no finished run has any of the metrics.
    """
    rows = table[table["arm"] == "cell"] if "arm" in table else table
    metrics = [metric for metric in metrics if not metric.guess]
    measured = [metric.name for metric in metrics if metric.name in table]
    if not measured and "status" in table and (table["status"] == "done").any():
        raise ValueError(f"no run has {metrics[0].name!r}: is the probe that measures it in the study's probes?")
    return pd.concat([_of(rows, metric, value) for metric in metrics], ignore_index=True)


def _of(rows: pd.DataFrame, metric: Metric, value: str) -> pd.DataFrame:
    for setting, text in metric.where:
        rows = rows[rows[setting].astype(str) == text] if setting in rows else rows.iloc[:0]
    number = pd.to_numeric(rows[metric.name]) if metric.name in rows else pd.Series(float("nan"), rows.index)
    return rows.assign(**{value: number.astype(float)}).assign(**dict(metric.axes))


def at_measured(table: pd.DataFrame, setting: str, metric: str) -> pd.DataFrame:
    """The table with `metric`, in millions, in the place of `setting`; a run to do has that of its cell.

    A cell of which no run has it has no place yet, and is left out; before any run has it, all stand by their setting.
    """
    if metric not in table or table[metric].isna().all():
        return table
    millions = pd.to_numeric(table[metric]).astype(float) / 1e6
    known = millions.groupby(table[setting]).transform("first").map(_three_digits)
    return table.assign(**{setting: known})[known.notna()]


def _three_digits(number: float) -> float:
    return float(f"{number:.3g}")
