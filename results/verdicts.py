"""Verdicts: what a study's runs say about its claims, from its table alone.

Each study may be wrong about any of its claims with 5% at most. That error is split over four looks, after 3, 5, 8 and
12 seeds, whether all are used or not: so more seeds may be asked for where a verdict is open. What a look has is Holm's
over the claims of the study, run or not, and each interval is drawn at its claim's own level. Before the first look,
where a cell has fewer seeds, nothing is decided.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from results import checked_parquet
from results._contrasts import AllOf, Contrast, Rank, unit
from results._joint_estimates import Estimate, Extreme, reach
from results._numbers import estimate
from results._ranks import ceiling
from results._runs import NotRunError, Runs, runs_of
from results._test_images import image_error
from results.claims import Claim, claims_from
from results.paper import read_paper
from results.statistics import holm

ERROR = 0.05
LOOKS = (3, 5, 8, 12)
HOLDS, FAILS, UNDECIDED, NOT_RUN, NOT_HERE = "holds", "fails", "undecided", "not run", "not at this scale"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One claim at one scale; numbers are NaN where there is none.

    low, high: over seeds, at `level`. distance: how far beyond the margin a true effect must lie for these seeds to see
    it in four of five studies. images: standard error over test images. ceiling: of a rank correlation.
    unit: what the numbers count in, "points" of accuracy if nothing else.
    """

    study: str
    scale: str
    claim: str
    text: str
    kind: str
    margin: float
    paper: float
    verdict: str
    note: str = ""
    effect: float = math.nan
    low: float = math.nan
    high: float = math.nan
    level: float = math.nan
    seeds: int = 0
    freedom: float = 0.0
    basis: str = ""
    distance: float = math.nan
    images: float = math.nan
    ceiling: float = math.nan
    unit: str = ""


def verdicts(table: pd.DataFrame, paper: pd.DataFrame | None = None) -> list[Verdict]:
    """A verdict for each claim that the table's study declares, in their order; `table` is what read_table gives."""
    about = table.attrs["study"]
    claims = claims_from(about.get("claims", ()))
    if not claims:
        return []
    here = [claim for claim in claims if claim.is_at(about["scale"])]
    runs = runs_of(table, here, read_paper() if paper is None else paper)
    found = {claim.name: _estimate(claim, runs) for claim in here}
    errors = holm([_p(claim, found[claim.name]) for claim in here], ERROR / len(LOOKS))
    allowed = {claim.name: error for claim, error in zip(here, errors, strict=True)}
    return [_verdict(claim, found.get(claim.name), allowed.get(claim.name), runs, about) for claim in claims]


def is_decided(found: Sequence[Verdict]) -> bool:
    """Whether more seeds would tell nothing more: no claim is undecided or waits for its runs."""
    return all(verdict.verdict in (HOLDS, FAILS, NOT_HERE) for verdict in found)


def write_verdicts(found: Sequence[Verdict], path: Path) -> None:
    """One row a claim and scale, as parquet."""
    rows = pd.DataFrame([asdict(verdict) for verdict in found])
    checked_parquet.write(pa.Table.from_pandas(rows, preserve_index=False), path)


def read_verdicts(path: Path) -> list[Verdict]:
    """What write_verdicts wrote. Raises Damaged."""
    checked_parquet.check(path)
    return [Verdict(**row) for row in pd.read_parquet(path).to_dict("records")]  # type: ignore[arg-type]


def _estimate(claim: Claim, runs: Runs) -> Estimate | str:
    try:
        return estimate(claim.number, claim.within is not None, runs)
    except NotRunError as missing:
        return str(missing)


def _p(claim: Claim, found: Estimate | str) -> float:
    if isinstance(found, str) or found.seeds < LOOKS[0]:
        return 1.0
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
    said |= {"level": 1 - error, **_images(claim, found, runs, about)}
    if not found.freedom or found.seeds < LOOKS[0]:
        return Verdict(**said, verdict=UNDECIDED, note=f"n={found.seeds}")
    low, high = found.interval(1 - error)
    said |= {"low": low, "high": high, "distance": reach(found, 1 - error)}
    return Verdict(**said, verdict=_word(claim, low, high))


def _word(claim: Claim, low: float, high: float) -> str:
    """Both sides are read off the interval, so that picture and verdict agree."""
    inside, outside = low > claim.margin, high < claim.margin
    if claim.within is not None:
        inside, outside = (-claim.margin < low and high < claim.margin), (low > claim.margin or high < -claim.margin)
    return HOLDS if inside else FAILS if outside else UNDECIDED


def _images(claim: Claim, found: Estimate, runs: Runs, about: dict[str, Any]) -> dict[str, float]:
    number = claim.number
    if isinstance(number, Rank):
        return {"ceiling": ceiling(number, runs)}
    if isinstance(number, AllOf) and isinstance(found, Extreme):
        number = number.parts[found.first]
    if not isinstance(number, Contrast):
        return {}
    return {"images": image_error(number, runs, about.get("labels", {}))}
