"""The verdicts on a table's claims, the same wherever they are told.

Those that only a study's own file can judge are not lost where it is not typed.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from results.contrasts import UNKNOWN
from results.damage import Damaged
from results.tables import read_table
from results.verdicts import Verdict, read_verdicts, verdicts

BEFORE = "judged before: report takes its file"

Told = tuple[pd.DataFrame, Sequence[Verdict]]
"""A table, as read_table gives it, and the verdicts on its claims."""


def told(path: Path, results: Path) -> Told:
    """The table at `path` with the verdicts on its claims."""
    table = read_table(path)
    return table, judged(table, results)


def judged(table: pd.DataFrame, results: Path) -> list[Verdict]:
    """As results.verdicts; where a claim's function is not known here, all that <results>/claims.parquet has of it."""
    found = verdicts(table)
    if not any(one.note.endswith(UNKNOWN) for one in found):
        return found
    kept = _kept(results / "claims.parquet", found[0])
    if [one.claim for one in kept] != [one.claim for one in found] or any(one.note.endswith(UNKNOWN) for one in kept):
        return found
    notes = [one.note.removesuffix(BEFORE).rstrip("; ") for one in kept]
    return [replace(one, note="; ".join(filter(None, (note, BEFORE)))) for one, note in zip(kept, notes, strict=True)]


def _kept(path: Path, like: Verdict) -> list[Verdict]:
    """The verdicts in the file on this one's study at its scale; none where it is not there, or damaged."""
    try:
        return [one for one in read_verdicts(path) if (one.study, one.scale) == (like.study, like.scale)]
    except (Damaged, FileNotFoundError, TypeError):
        return []
