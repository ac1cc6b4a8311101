"""Names that a table gives to files: words, none of which leads out of its folder."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from results.damage import Damaged

_WORD = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")


def check_names(table: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Raise Damaged if a row of the table has a run or a probe whose files would not lie in the folder of the runs."""
    names = {row["run"] for row in rows if "run" in row}
    try:
        for probes in {row["probes"] for row in rows if "probes" in row}:
            names |= set(json.loads(probes))
        wrong = [name for name in names if not _WORD.fullmatch(name)]
    except (TypeError, ValueError, RecursionError) as problem:
        raise Damaged(table, f"its runs and probes have no names ({problem})") from problem
    if wrong:
        raise Damaged(table, f"a run or a probe is named by letters, digits and ._-, not {min(wrong)!r}")
