"""Rank correlations of our means with the paper's values, or with a setting's."""

import math
from typing import Any

import numpy as np

from results._estimates import Draws, Student
from results._runs import NotRunError, Runs
from results.cells import plain
from results.contrasts import Rank
from results.paper import PaperValues, paper_values
from results.selections import matching
from results.statistics import spearman


def rank_estimate(number: Rank, runs: Runs) -> Draws | Student:
    """Of the means over seeds; its interval by a bootstrap of the means."""
    fit = runs.fits.get(number.of.metric)
    if fit is None:
        raise NotRunError(f"no {number.of.metric} yet")
    average, target = _groups(number, runs)
    if len(target) < 3:
        raise NotRunError(f"{len(target)} of our cells can be ranked, which takes three")
    used = np.flatnonzero(average.any(axis=0))
    if missing := [int(place) for place in used if not fit.counts[place]]:
        raise NotRunError(f"{len(missing)} of {len(used)} cells {runs.why(missing)}")
    value, seeds = float(spearman(average[:, used] @ fit.means[used], target)), int(fit.counts[used].min())
    if not fit.freedom:
        return Student(value, math.nan, 0, seeds, "")
    draws = np.sort(spearman(fit.draws(used) @ average[:, used].T, target))
    return Draws(value, draws, fit.freedom, seeds, "bootstrap of the means")


def ceiling(number: Rank, runs: Runs) -> float:
    """The correlation with the true order that seeds as unlike as ours allow; NaN with one seed.

    By Spearman and Brown from r, the mean correlation between two seeds: sqrt(n r / (1 + (n - 1) r)).
    """
    average, _ = _groups(number, runs)
    used = np.flatnonzero(average.any(axis=0))
    table = runs.rows.pivot_table(index="seed", columns="cell", values=number.of.metric).reindex(columns=used)
    seeds = [average[:, used] @ row for row in table.dropna().to_numpy(dtype=float)]
    found = [float(spearman(first, second)) for i, first in enumerate(seeds) for second in seeds[:i]]
    pairs = [r for r in found if not math.isnan(r)]  # a seed at which all are equal has no order
    if not pairs:
        return math.nan
    r, n = max(sum(pairs) / len(pairs), 0.0), len(seeds)
    return math.sqrt(n * r / (1 + (n - 1) * r))


def _groups(number: Rank, runs: Runs) -> tuple[Any, Any]:
    """(groups, cells) weights that average our cells, and (groups,) what each group is compared with."""
    theirs = _compared(number, runs)
    over = number.over or (number.by if isinstance(number.by, str) else "")
    shared = {place: runs.cells[place].get(over) if over else place for place in theirs}
    names = list(dict.fromkeys(shared.values()))
    weights, target = np.zeros((len(names), len(runs.cells))), np.zeros(len(names))
    for place, group in shared.items():
        weights[names.index(group), place] = 1 / list(shared.values()).count(group)
        target[names.index(group)] += weights[names.index(group), place] * theirs[place]
    return weights, target


def _compared(number: Rank, runs: Runs) -> dict[int, float]:
    """What each of our cells is compared with; cells without the setting, or not in the paper, are left out."""
    found = matching(number.of, runs.cells)
    if not isinstance(number.by, PaperValues):
        values = {place: runs.cells[place].get(number.by) for place in found}
        return {place: float(value) for place, value in values.items() if value is not None}
    settings = [ours for _, ours in number.by.keys]
    try:
        rows = paper_values(number.by, runs.paper, number.of.metric).to_dict("records")
    except ValueError as problem:
        raise NotRunError(str(problem)) from None
    theirs = {tuple(plain(row[name]) for name in settings): float(row[number.of.metric]) for row in rows}
    keys = {place: tuple(runs.cells[place].get(name) for name in settings) for place in found}
    return {place: theirs[key] for place, key in keys.items() if key in theirs}
