"""Verdicts: what a study's runs say about its claims, from its table alone.

Each study may be wrong about any of its claims with 5% at most, where the errors of its cells are alike. That error is
split over four looks, after 3, 5, 8 and 12 seeds, whether all are used or not: so more seeds may be asked for where a
verdict is open. Each look's share is divided by Holm's procedure over the claims of the study, run or not, and each
interval is drawn at its claim's own level. Before the first look, where a cell has fewer seeds, nothing is decided.

A cell's error is half its own and half the study's at three seeds, and more its own at each look: where two cells of
twelve have twice the others' error, simulated claims about them erred in 1.3% and 0.7% at 3 and 5 seeds for a nominal
0.42%, and in 7% by the study's error alone.
"""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from results._joint_estimates import Estimate, Extreme, reach
from results._numbers import estimate
from results._ranks import ceiling
from results._runs import NotRunError, Runs, runs_of
from results._test_images import image_error
from results._verdict import FAILS, HOLDS, NOT_HERE, NOT_RUN, UNDECIDED, Verdict, read_verdicts, write_verdicts
from results.claims import Claim, claims_from
from results.contrasts import AllOf, Contrast, Rank, part, unit
from results.panels import words_of
from results.paper import read_paper
from results.plots import figure_from
from results.statistics import holm

__all__ = [
    "FAILS",
    "HOLDS",
    "LOOKS",
    "NOT_HERE",
    "NOT_RUN",
    "UNDECIDED",
    "Verdict",
    "is_decided",
    "read_verdicts",
    "verdicts",
    "write_verdicts",
]

ERROR = 0.05
LOOKS = (3, 5, 8, 12)


def verdicts(table: pd.DataFrame, paper: pd.DataFrame | None = None) -> list[Verdict]:
    """A verdict for each claim that the table's study declares, in their order; `table` is what read_table gives."""
    about = table.attrs["study"]
    claims = claims_from(about.get("claims", ()))
    if not claims:
        return []
    here = [claim for claim in claims if claim.is_at(about["scale"])]
    runs = runs_of(table, here, read_paper() if paper is None else paper)
    found = {claim.name: _estimate(claim, runs) for claim in here}
    errors = holm([_p(claim, found[claim.name], runs) for claim in here], ERROR / len(LOOKS))
    allowed = {claim.name: error for claim, error in zip(here, errors, strict=True)}
    return [_verdict(claim, found.get(claim.name), allowed.get(claim.name), runs, about) for claim in claims]


def is_decided(found: Sequence[Verdict]) -> bool:
    """Whether more seeds would tell nothing more: no claim is undecided or waits for its runs."""
    return all(verdict.verdict in (HOLDS, FAILS, NOT_HERE) for verdict in found)


def _estimate(claim: Claim, runs: Runs) -> Estimate | str:
    try:
        return estimate(claim.number, claim.within is not None, runs)
    except NotRunError as missing:
        return str(missing)


def _p(claim: Claim, found: Estimate | str, runs: Runs) -> float:
    if isinstance(found, str) or found.seeds < LOOKS[0]:
        return 1.0
    if isinstance(claim.number, Rank) and found.value < claim.margin:  # decided, if so, as one that fails: see _word
        lower = claim.margin * ceiling(claim.number, runs)
        return found.p(lower, False) if found.value < lower else 1.0
    return found.p(claim.margin, claim.within is not None)


def _verdict(
    claim: Claim, found: Estimate | str | None, error: float | None, runs: Runs, about: dict[str, Any]
) -> Verdict:
    said: dict[str, Any] = {
        "study": about["study"],
        "scale": about["scale"],
        "claim": claim.name,
        "text": claim.text,
        "kind": "above" if claim.within is None else "within",
        "margin": claim.margin,
        "paper": math.nan if claim.paper is None else claim.paper,
        "unit": unit(claim.number),
    }
    if found is None or error is None:
        return Verdict(**said, verdict=NOT_HERE, note=claim.needs)
    if isinstance(found, str):
        return Verdict(**said, verdict=NOT_RUN, note=found)
    said |= {"effect": found.value, "seeds": found.seeds, "basis": found.basis, "freedom": found.freedom}
    said |= {"level": 1 - error, **_besides(claim, found, runs, about)}
    if not found.freedom or found.seeds < LOOKS[0]:
        return Verdict(**said, verdict=UNDECIDED, note=f"n={found.seeds}")
    low, high = found.interval(1 - error)
    said |= {"low": low, "high": high}
    said |= {"distance": reach(found, 1 - error), "beyond": reach(found, 1 - error, holds=False)}
    return Verdict(**said, verdict=_word(claim, low, high, said.get("ceiling", 1.0)))


def _word(claim: Claim, low: float, high: float, ceiling: float) -> str:
    """Both sides are read off the interval, so that picture and verdict agree.

    But a rank correlation cannot be seen above its ceiling: what lies below the margin times that fails, no more.
    """
    inside, outside = low > claim.margin, high < claim.margin * ceiling
    if claim.within is not None:
        inside, outside = (-claim.margin < low and high < claim.margin), (low > claim.margin or high < -claim.margin)
    return HOLDS if inside else FAILS if outside else UNDECIDED


def _besides(claim: Claim, found: Estimate, runs: Runs, about: dict[str, Any]) -> dict[str, Any]:
    """Of a verdict, what bounds its number, or which of several it is."""
    number = claim.number
    if isinstance(number, Rank):
        return {"ceiling": ceiling(number, runs)}
    which = {}
    if isinstance(number, AllOf) and isinstance(found, Extreme):
        words = words_of(figure_from(about["figure"])) if "figure" in about else {}
        which = {"part": part(number, found.first, found.largest, words)}
        number = number.parts[found.first]
    if not isinstance(number, Contrast):
        return {}
    return {"images": image_error(number, runs, about.get("labels", {})), **which}
