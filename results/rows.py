"""Which of a table's rows a panel shows: one number a cell and seed."""

import math
from collections.abc import Sequence

import pandas as pd

from results._shown import Shown
from results.facts import PREDICTIONS, PROVENANCE


def valid_name(value: str) -> str:
    """The validation metric beside a test metric: linear_top1 -> linear_valid_top1, a_b_top1_z -> a_b_valid_top1_z.

    Of one that is no top-1, "valid" comes after the first word.
    """
    probe, top1, rest = value.rpartition("_top1")
    if not top1:
        probe, _, rest = value.partition("_")
        rest = f"_{rest}"
    return f"{probe}_valid{top1}{rest}"


def check_columns(figure: Shown, table: pd.DataFrame) -> None:
    """Raise ValueError if the table has no column for something that the figure shows."""
    needed = [*figure.settings, *figure.average_over, *figure.best_over]
    done = "status" not in table or (table["status"] == "done").any()
    needed += [figure.value] * bool(done) + [valid_name(figure.value)] * bool(figure.best_over and done)
    if missing := [name for name in needed if name not in table]:
        hidden = (PROVENANCE, PREDICTIONS, "history", "probes")
        known = ", ".join(str(name) for name in table.columns if not str(name).startswith(hidden))
        shows = f"{type(figure).__name__} shows {missing[0]!r}, which the table lacks"
        raise ValueError(f"{shows}; it has {known}: say value=, rows=, ...")


def best(figure: Shown, rows: pd.DataFrame) -> pd.DataFrame:
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


def one_row_a_seed(figure: Shown, rows: pd.DataFrame) -> pd.DataFrame:
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
