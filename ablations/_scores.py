"""What the tuning runs of a study have measured, as its table and the records tell."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ablations._images import probe_ids
from ablations._study import Study
from results.damage import Damaged
from results.records import last_end, read, record_paths, state
from results.table_files import table_path
from results.tables import read_rows

Score = float | str
"""Of a tuning run: its metric, minus infinity where it diverged; or in words why there is none."""
DIVERGED = ("not a number", "diverged")
"""The kinds of failure that are an answer: such a candidate is the worst. Any other is to be tried again, or mended."""


def scores(study: Study, scale: str, results: Path, folder: str | None) -> Callable[[str], Score]:
    """What tells a tuning run's score by its id: the study's table where the run is done there, else its records."""
    assert study.tune is not None
    probes, metric = probe_ids(study, scale, folder), study.tune.metric
    table = table_path(results, study.name, scale)
    rows = read_rows(table, ("run", "status", "probes", metric)) if table.exists() else []
    done = [row for row in rows if row["status"] == "done" and set(probes) <= set(json.loads(row["probes"]))]
    known = {row["run"]: row for row in done}

    def score(run: str) -> Score:
        return _number(known[run], metric) if run in known else _recorded(results / "runs" / run, probes, metric)

    return score


def _recorded(folder: Path, probes: Sequence[str], metric: str) -> Score:
    try:
        records = [read(path) for path in record_paths(folder, probes)]
    except Damaged:
        return "to do"
    if all(records):
        return _number({name: number for one in records if one for name, number in one["metrics"].items()}, metric)
    if state(folder, [False]) != "failed":
        return "to do"
    kind = (last_end(folder) or {}).get("kind", "error")
    return -math.inf if kind in DIVERGED else f"failed ({kind})"


def _number(metrics: Mapping[str, Any], metric: str) -> Score:
    number = metrics.get(metric)
    return f"done without {metric}" if number is None else float(number)
