"""A study's plan as rows of its table, and what the table and the records say is done."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ablations._claims import claims_of
from ablations._execute import Context, fingerprint
from ablations._identity import run_id, settings
from ablations._plan import Run
from ablations._study import Study
from results.plots import about_figure
from results.records import State, is_whole, places, state
from results.tables import about, read_rows, write_plan


def table_path(results: Path, study: str, scale: str) -> Path:
    """Where the table of a study at a scale lies."""
    return results / "tables" / f"{study}.{scale}.parquet"


def write_study_plan(path: Path, study: Study, context: Context) -> None:
    """Write the plan; what is measured stays."""
    runs, base = context.plan(study), settings(study.base_at(context.scale))
    data = sorted({fingerprint(run.experiment, context.data) for run in runs})
    _check_data(path, data)
    told = {
        "study": study.name,
        "scale": context.scale,
        "question": study.question,
        "paper": study.paper,
        "base": base,
        "data": data,
    }
    cells = len({repr({**run.settings, "seed": 0}) for run in runs if run.arm == "cell"})
    probes = [run_id(probe) for probe in study.probes_at(context.scale)]
    rows = [
        {"run": run.id, "arm": run.arm, "seed": getattr(run.experiment, "seed", 0), "probes": probes, **run.settings}
        for run in runs
    ]
    claims = claims_of(study, context.scale, runs, context.data)
    write_plan(path, rows, {**told, "cells": cells, "figure": about_figure(study.figure), **claims})


def _check_data(path: Path, data: list[str]) -> None:
    before = about(path).get("data") if path.exists() else None
    if before not in (None, data):
        raise ValueError(f"{path} was made from other images ({before}, now {data}); --results DIR keeps them apart")


def seeds_of(path: Path, runs: Sequence[Run], asked: int | None) -> int | None:
    """How many seeds the table is to have: those `asked` for, or more, since what was planned once stays."""
    if not path.exists():
        return asked
    before = len({row["seed"] for row in read_rows(path, ("arm", "seed")) if row["arm"] == "cell"})
    now = len({getattr(run.experiment, "seed", 0) for run in runs if run.arm == "cell"})
    return before if before > now else asked


def states(path: Path, results: Path, probes: Sequence[Any], runs: Sequence[Run]) -> dict[str, State]:
    """For each run "done", "failed" or "to do"; a row that the repository ships with all its probes is done."""
    ids = [run_id(probe) for probe in probes]
    shipped = _shipped(path, set(ids))
    return {run.id: "done" if run.id in shipped else _recorded(results / "runs" / run.id, ids) for run in runs}


def _recorded(folder: Path, probes: Sequence[str]) -> State:
    return state(folder, map(is_whole, places(folder, probes)))


def _shipped(path: Path, probes: set[str]) -> set[str]:
    rows = read_rows(path, ("run", "status", "probes")) if path.exists() else []
    return {row["run"] for row in rows if row["status"] == "done" and probes <= set(json.loads(row["probes"]))}
