"""Verdict: a row of claims.parquet."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa

from results import checked_parquet

HOLDS, FAILS, UNDECIDED, NOT_RUN, NOT_HERE = "holds", "fails", "undecided", "not run", "not at this scale"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One claim at one scale; numbers are NaN where there is none.

    low, high: over seeds, at `level`. distance: how far from the margin a true effect must lie for these seeds to
    see in four of five studies that the claim holds; beyond: that it fails. images: standard error over test
    images. ceiling: of a rank correlation. part: of a claim about all of several numbers, how many there are and
    which one counts, the smallest or the largest in size. unit: what the numbers count in, "points" of accuracy if
    nothing else.
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
    beyond: float = math.nan
    images: float = math.nan
    ceiling: float = math.nan
    unit: str = ""
    part: str = ""


def write_verdicts(found: Sequence[Verdict], path: Path) -> None:
    """One row a claim and scale, as parquet."""
    rows = pd.DataFrame([asdict(verdict) for verdict in found])
    checked_parquet.write(pa.Table.from_pandas(rows, preserve_index=False), path)


def read_verdicts(path: Path) -> list[Verdict]:
    """What write_verdicts wrote. Raises Damaged."""
    checked_parquet.check(path)
    return [Verdict(**row) for row in pd.read_parquet(path).to_dict("records")]  # type: ignore[arg-type]
