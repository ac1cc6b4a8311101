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
from ablations._images import probe_ids
from ablations._known import Place
from ablations._launch import train_here, train_local
from ablations._options import Options
from ablations._plan import Run
from ablations._source import provenance
from results.agreement import Agreement, agreement
from results.facts import Facts, of_row
from results.records import UNPLANNED, last_end
from results.table_files import table_path
from results.tables import fill, read_rows, write_plan


@dataclass(frozen=True)
class Audited:
    """A row and what became of it: `agreement` where it was trained again, else `why` it was not."""

    place: Place
    agreement: Agreement | None
    why: str = ""


def draw(rows: Sequence[Place], number: int, seed: int) -> list[Place]:
    """So many planned rows that are done, drawn by the seed; a run in two arms counts once. ValueError without any."""
    planned = [place for place in rows if place.row.get("arm") != UNPLANNED]
    done = {place.row["run"]: place for place in planned if place.row.get("status") == "done"}
    if not done:
        raise ValueError(f"{rows[0].table} has no row that is done, so there is nothing to audit")
    drawn = random.Random(seed).sample(sorted(done), min(number, len(done)))
    return [done[run] for run in drawn]


def audit(drawn: Sequence[Place], here: Here, options: argparse.Namespace) -> list[Audited] | None:
    """Each of these rows, trained again by the code here; None if that was stopped, and will go on where it was."""
    study, scale = here.study.name, here.context.scale
    folder = options.results / ".audit" / f"{study}.{scale}.{provenance(here.study)['source']}-{options.seed}"
    runs = [here.runs[place.row["run"]] for place in drawn if place.row["run"] in here.runs]
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
    told = [_settle(place, here, found.get(place.row["run"]), base, folder) for place in drawn]
    shutil.rmtree(folder, ignore_errors=True)  # or the next audit would find its runs done
    return told


def _plan(path: Path, runs: Sequence[Run], here: Here) -> None:
    probes = probe_ids(here.study, here.context.scale, here.context.data)
    rows = [
        {"run": run.id, "arm": run.arm, "seed": getattr(run.experiment, "seed", 0), "probes": probes, **run.settings}
        for run in runs
    ]
    write_plan(path, rows, {"study": here.study.name, "scale": here.context.scale})


def _settle(place: Place, here: Here, found: Facts | None, base: Mapping[str, Any], folder: Path) -> Audited:
    if place.row["run"] not in here.runs:
        return Audited(place, None, _unplanned(place, here))
    if found is None:
        end = last_end(folder / "runs" / place.row["run"]) or {}
        return Audited(place, None, f"failed here ({end.get('kind')}): {end.get('message')}")
    return Audited(place, agreement(of_row(place.row, base), found))


def _unplanned(place: Place, here: Here) -> str:
    run, unlike = here.nearest(place)
    if unlike:
        return f"not planned by the code here; the nearest run, {run.id}, has another {', '.join(unlike)}"
    return f"of other code or other images: with the same settings it is run {run.id} here"
