"""What differs between two versions of the code, by one study's runs paired by settings and seed."""

from dataclasses import dataclass

import pandas as pd

from results._cell_means import of_seeds
from results._estimates import Student
from results._intervals import cell_intervals
from results._joint_estimates import reach
from results._runs import numbers
from results.notes import counted
from results.pairs import Pairs
from results.panels import metrics_of, parts_of
from results.plots import figure_from

LEVEL = 0.95


@dataclass(frozen=True)
class Difference:
    """Now - then of one metric. cells: one row a cell with *varied, then, now, mean, half_width, seeds, same.

    mean: the estimate over all cells, from one number a seed, since the cells of a seed share its draws; None without
    a pair. The cells' intervals pool the error of runs within cells, unless those are too unlike.
    """

    metric: str
    pairs: int
    mean: Student | None
    cells: pd.DataFrame


def difference(pairs: Pairs, metric: str) -> Difference:
    """What became of `metric` in the grid's cells."""
    if metric not in pairs.now or metric not in pairs.then:
        return Difference(metric, 0, None, pd.DataFrame())
    keys = [*pairs.varied] or ["arm"]
    now, then = numbers(pairs.now[metric]), numbers(pairs.then[metric])
    seen = pairs.now[[*dict.fromkeys([*keys, "arm", "seed"])]].assign(
        now=now, then=then, same=pairs.same, change=now - then
    )
    seen = seen[(seen["arm"] == "cell") & seen["change"].notna()]
    if not len(seen):
        return Difference(metric, 0, None, pd.DataFrame())
    cells = cell_intervals(seen.assign(seed=0), keys, "change", LEVEL)  # a seed's part in a change is error here
    means = seen.groupby(keys, dropna=False, sort=False)[["then", "now", "same"]].agg(
        {"then": "mean", "now": "mean", "same": "sum"}
    )
    cells[["then", "now", "same"]] = means.to_numpy()
    return Difference(metric, len(seen), of_seeds(seen.groupby("seed")["change"].mean().tolist()), cells)


def shown(table: pd.DataFrame) -> list[str]:
    """The metrics that the study's figure shows."""
    figure = figure_from(table.attrs["study"]["figure"])
    return list(dict.fromkeys(name for part in parts_of(figure) for name in metrics_of(part)))


def sentence(pairs: Pairs, found: Difference) -> str:
    """The answer in words: same bits, or how much `found.metric` differs and what these seeds would have seen."""
    same, all_pairs = int(pairs.same.sum()), len(pairs.same)
    if not all_pairs:
        return "no run has a partner in the other version, so nothing is compared"
    bits, mean = f"same bits in {same} of {counted(all_pairs, 'runs')}", found.mean
    if same == all_pairs:
        return bits
    if mean is None:
        return f"{bits}; {found.metric} is not measured by both"
    over = f"over {counted(found.pairs, 'pairs')} of {counted(mean.seeds, 'seeds')}"
    if not found.cells["mean"].any() and not mean.value:
        return f"{bits}; equal {found.metric} {over}"
    if not mean.freedom:
        return (
            f"{bits}; {found.metric} differs by {mean.value:+.2f} {over}: no interval from one seed, --seeds adds some"
        )
    low, high = mean.interval(LEVEL)
    word = "a difference" if low > 0 or high < 0 else "no difference seen"
    effect = f"{found.metric} differs by {mean.value:+.2f} [{low:+.2f}, {high:+.2f}] {over}"
    return f"{bits}; {effect}: {word}, these seeds would have seen {reach(mean, LEVEL):.2g}"


def notes(pairs: Pairs) -> list[str]:
    """What a reader must know beside the numbers: what else has changed, and which runs are not compared."""
    said = [f"changed, too: {'; '.join(pairs.changed)}"] if pairs.changed else []
    return said + ([f"without a partner: {pairs.alone[0]} runs now, {pairs.alone[1]} then"] if any(pairs.alone) else [])
