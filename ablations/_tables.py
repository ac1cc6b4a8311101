"""A study's plan as rows of its table, and what the table and the records say is done."""

import json
from collections.abc import Sequence
from pathlib import Path

from ablations._execute import Context, fingerprint, is_finished, probe_path
from ablations._identity import settings
from ablations._plan import Run
from ablations._study import Study
from results.plots import about_figure
from results.records import last_end
from results.tables import read_table, write_plan


def table_path(results: Path, study: str, scale: str) -> Path:
    """Where the table of a study at a scale lies."""
    return results / "tables" / f"{study}.{scale}.parquet"


def write_study_plan(path: Path, study: Study, context: Context) -> None:
    """Write the plan; what is measured stays."""
    runs, base = context.plan(study), settings(study.base_at(context.scale))
    data = sorted({fingerprint(run.experiment, context.data) for run in runs})
    _check_data(path, data)
    about = {
        "study": study.name,
        "scale": context.scale,
        "question": study.question,
        "paper": study.paper,
        "base": base,
        "data": data,
    }
    cells = len({repr({**settings(run.experiment), "seed": 0}) for run in runs if run.arm == "cell"})
    probes = [probe_path(Path(), probe).stem for probe in study.probes]
    rows = [
        {"run": run.id, "arm": run.arm, "seed": getattr(run.experiment, "seed", 0), "probes": probes}
        | settings(run.experiment)
        for run in runs
    ]
    write_plan(path, rows, {**about, "cells": cells, "figure": about_figure(study.figure)})


def _check_data(path: Path, data: list[str]) -> None:
    before = read_table(path).attrs["study"].get("data") if path.exists() else None
    if before not in (None, data):
        raise ValueError(f"{path} was made from other images ({before}, now {data}); --results DIR keeps them apart")


def seeds_of(path: Path, runs: Sequence[Run], asked: int | None) -> int | None:
    """How many seeds the table is to have: those `asked` for, or more, since what was planned once stays."""
    if not path.exists():
        return asked
    table = read_table(path)
    before = int(table.loc[table["arm"] == "cell", "seed"].nunique())
    now = len({getattr(run.experiment, "seed", 0) for run in runs if run.arm == "cell"})
    return before if before > now else asked


def states(path: Path, results: Path, study: Study, runs: Sequence[Run]) -> dict[str, str]:
    """For each run "done", "failed" or "to do"; a row that the repository ships with all its probes is done."""
    shipped = _shipped(path, {probe_path(Path(), probe).stem for probe in study.probes})
    return {run.id: _state(run.id, results, study, shipped) for run in runs}


def _shipped(path: Path, probes: set[str]) -> set[str]:
    if not path.exists():
        return set()
    table = read_table(path)
    rows = zip(table["run"], table["status"], table["probes"], strict=True)
    return {run for run, status, measured in rows if status == "done" and probes <= set(json.loads(measured))}


def _state(run: str, results: Path, study: Study, shipped: set[str]) -> str:
    if run in shipped or is_finished(results, run, study.probes):
        return "done"
    end = last_end(results / "runs" / run)
    return "failed" if end and end["outcome"] == "failed" else "to do"
