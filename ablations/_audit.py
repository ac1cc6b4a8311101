"""Training some rows of a table again, in a folder of its own, and comparing what comes out with what it says."""

import argparse
import random
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ablations._here import Here
from ablations._identity import settings
from ablations._known import TableRow
from ablations._launch import train_here, train_local
from ablations._options import Options
from ablations._plan import Run
from ablations._source import provenance
from ablations._tables import planned_rows
from results.agreement import Agreement, agreement
from results.facts import Facts, of_row
from results.records import UNPLANNED, last_end
from results.table_files import table_path
from results.tables import fill, read_rows, write_plan


@dataclass(frozen=True)
class Audited:
    """A row and what became of it: `agreement` where it was trained again, else `why` it was not."""

    entry: TableRow
    agreement: Agreement | None
    why: str = ""


def draw(rows: Sequence[TableRow], number: int, seed: int) -> list[TableRow]:
    """So many planned rows that are done, drawn by the seed; a run in two arms counts once. ValueError without any."""
    planned = [entry for entry in rows if entry.row.get("arm") != UNPLANNED]
    done = {entry.row["run"]: entry for entry in planned if entry.row.get("status") == "done"}
    if not done:
        raise ValueError(f"{rows[0].table} has no row that is done, so there is nothing to audit")
    drawn = random.Random(seed).sample(sorted(done), min(number, len(done)))
    return [done[run] for run in drawn]


def audit(drawn: Sequence[TableRow], here: Here, options: argparse.Namespace) -> list[Audited] | None:
    """Each of these rows, trained again by the code here; None if that was stopped, and will go on where it was."""
    study, scale = here.study.name, here.context.scale
    folder = options.results / ".audit" / f"{study}.{scale}.{provenance(here.study)['source']}-{options.seed}"
    runs = [here.runs[entry.row["run"]] for entry in drawn if entry.row["run"] in here.runs]
    base, found = settings(here.study.base_at(scale)), dict[str, Facts]()  # theirs is not asked what is a setting
    if runs:
        path = table_path(folder, study, scale)
        _plan(path, runs, here)
        train = {"debug": train_here, "local": train_local}[options.cluster]
        given = Options(**{**vars(options), "results": folder, "retry_failed": False})
        if not train(given, here.study, replace(here.context, results=str(folder.resolve())), runs):
            return None
        fill(path, folder / "runs")
        done = [row for row in read_rows(path) if row["status"] == "done"]
        found = {row["run"]: of_row(row, base) for row in done}
    told = [_settle(entry, here, found.get(entry.row["run"]), base, folder) for entry in drawn]
    shutil.rmtree(folder, ignore_errors=True)  # or the next audit would find its runs done
    return told


def _plan(path: Path, runs: Sequence[Run], here: Here) -> None:
    rows = planned_rows(runs, here.study, here.context)
    write_plan(path, rows, {"study": here.study.name, "scale": here.context.scale})


def _settle(entry: TableRow, here: Here, found: Facts | None, base: Mapping[str, Any], folder: Path) -> Audited:
    if entry.row["run"] not in here.runs:
        return Audited(entry, None, _unplanned(entry, here))
    if found is None:
        end = last_end(folder / "runs" / entry.row["run"]) or {}
        return Audited(entry, None, f"failed here ({end.get('kind')}): {end.get('message')}")
    return Audited(entry, agreement(of_row(entry.row, base), found))


def _unplanned(entry: TableRow, here: Here) -> str:
    run, unlike = here.nearest(entry)
    if unlike:
        return f"not planned by the code here; the nearest run, {run.id}, has another {', '.join(unlike)}"
    return f"of other code or other images: with the same settings it is run {run.id} here"
