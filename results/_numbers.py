"""From a claim's number and a study's runs to an estimate."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from results._cell_means import OWN_SEEDS, UNLIKE, of_seeds
from results._estimates import Student
from results._joint_estimates import Estimate, Extreme, Tally
from results._ranks import rank_estimate
from results._runs import NotRunError, Runs, by_seed, chosen_cells, numbers
from results.contrasts import DECLARED, UNKNOWN, AllOf, Contrast, Count, Function, Rank


def estimate(number: Any, within: bool, runs: Runs) -> Estimate:
    """The number's estimate. Raises NotRunError if a cell that it needs has no finished run."""
    if isinstance(number, AllOf):
        return Extreme(tuple(_contrast(part, runs) for part in number.parts), largest=within)
    if isinstance(number, Count):
        return Tally(tuple(_contrast(part, runs) for part in number.parts))
    if isinstance(number, Contrast):
        return _contrast(number, runs)
    return rank_estimate(number, runs) if isinstance(number, Rank) else _function(number, runs)


def _contrast(contrast: Contrast, runs: Runs) -> Student:
    """By the study's fit where cells of one metric and of like errors are compared; else from one number a seed."""
    terms = [term for _, term in contrast.terms]
    if missing := [term.metric for term in terms if term.metric not in runs.fits]:
        raise NotRunError(f"no {missing[0]} yet")
    is_pooled = len({term.metric for term in terms}) == 1 and all(term.arm == "cell" for term in terms)
    if not is_pooled or abs(sum(weight for weight, _ in contrast.terms)) > 1e-9:
        return _of_seeds(contrast, runs, OWN_SEEDS)
    fit = runs.fits[terms[0].metric]
    if fit.unlike:
        return _of_seeds(contrast, runs, UNLIKE)
    weights = np.zeros(len(runs.cells))
    for weight, term in contrast.terms:
        found = chosen_cells(term, runs)
        weights[found] += weight / max(len(found), 1)
    if not weights.any():
        raise NotRunError("it compares cells with themselves")
    if (fitted := fit.contrast(weights)) is None:
        absent = [int(index) for index in np.flatnonzero(weights) if not fit.counts[index]]
        raise NotRunError(f"some of its cells {runs.why(absent)}" if absent else "its cells have no seed in common yet")
    return fitted


def _of_seeds(contrast: Contrast, runs: Runs, basis: str) -> Student:
    groups = [(weight, term, by_seed(runs, term)) for weight, term in contrast.terms]
    seeds = set.intersection(*(set(found) for _, _, found in groups))
    found_numbers = [
        sum(weight * float(numbers(found[seed][term.metric]).mean()) for weight, term, found in groups)
        for seed in sorted(seeds)
    ]
    return _student(found_numbers, basis)


def _student(numbers: Sequence[float], basis: str = OWN_SEEDS) -> Student:
    measured = [number for number in numbers if not math.isnan(number)]
    if not measured:
        raise NotRunError("no seed has all of its runs yet")
    return of_seeds(measured, basis)


def _function(number: Function, runs: Runs) -> Student:
    """Of the seeds at which every cell is done. Raises NotRunError, too, for a function that no study here declares."""
    if (function := DECLARED.get(number.path)) is None:
        raise NotRunError(f"{number.path} {UNKNOWN}")
    seeds = [rows for _, rows in runs.rows.groupby("seed") if rows["cell"].nunique() == len(runs.cells)]
    try:
        return _student([float(function(rows)) for rows in seeds])
    except (LookupError, ArithmeticError, AttributeError, TypeError, ValueError) as problem:
        raise NotRunError(f"{number.path}: {type(problem).__name__}: {problem}") from problem
