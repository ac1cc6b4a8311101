"""A study's plan as rows of its table, and what the table and the records say is done."""

import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ablations._choices import Choice, awaited, notes, settled
from ablations._claims import claims_of
from ablations._context import Context
from ablations._identity import settings
from ablations._images import fingerprint, probe_ids
from ablations._plan import Run
from ablations._study import Study
from ablations._tune import WAITING, without
from results.plots import about_figure
from results.records import State, is_whole, record_paths, state
from results.tables import about, read_rows, write_plan


def write_study_plan(path: Path, study: Study, context: Context) -> None:
    """Write the plan; what is measured stays."""
    choices, base = context.choices(study), settings(study.base_at(context.scale))
    runs = _shown(study, context.every(study), choices)
    data = _fingerprints([run.experiment for run in runs], context.data)
    _check_data(path, data)
    _check_question(path, study.question, {run.id for run in runs if run.arm == "cell"})
    told = {
        "study": study.name,
        "scale": context.scale,
        "question": study.question,
        "paper": study.paper,
        "base": base,
        "data": data,
    }
    fixed = _untuned(study, runs)
    claims = claims_of(study, context.scale, fixed, context.data)
    if study.tune:
        claims["varied"] += [name for name in study.tune.over if name not in claims["varied"]]
        told["notes"] = notes(study.tune, choices)
    write_plan(path, planned_rows(runs, study, context), {**told, "figure": about_figure(study.figure), **claims})


def planned_rows(runs: Sequence[Run], study: Study, context: Context) -> list[dict[str, Any]]:
    """What a table says of runs that nobody has trained yet."""
    probes = probe_ids(study, context.scale, context.data)
    return [
        {"run": run.id, "arm": run.arm, "seed": getattr(run.experiment, "seed", 0), "probes": probes, **run.settings}
        for run in runs
    ]


def check_claims_of(study: Study, context: Context) -> None:
    """Raise ValueError if a claim names what no planned run has, as the plan does when it is written."""
    claims_of(study, context.scale, _untuned(study, context.every(study)), context.data)


def _untuned(study: Study, runs: Sequence[Run]) -> Sequence[Run]:
    """The runs without the settings that tuning chooses, of which no claim can say what they will be."""
    if study.tune is None:
        return runs
    return [replace(run, settings=without(run.settings, *study.tune.over)) for run in runs]


def _shown(study: Study, runs: Sequence[Run], choices: Sequence[Choice]) -> Sequence[Run]:
    """What the table shows of all runs: a cell that waits for tuning without an id to be trained by, in its place."""
    if not choices:
        return runs
    waiting = {run.id: f"{WAITING}{place}" for place, run in enumerate(awaited(choices), 1)}
    kept = {(run.arm, run.id) for run in settled(runs, choices)}
    cells = _untuned(study, [run for run in runs if run.arm == "cell" and run.id in waiting])
    later = {run.id: replace(run, id=waiting[run.id]) for run in cells}
    found = [run if (run.arm, run.id) in kept else later.get(run.id) for run in runs]
    return [run for run in found if run is not None]


def _fingerprints(experiments: Sequence[Any], folder: str | None) -> list[str]:
    """Those of all images; asked once for each data set."""
    one_each = {(getattr(one, "dataset", None), getattr(one, "image_size", None)): one for one in experiments}
    return sorted({fingerprint(one, folder) for one in one_each.values()})


def _check_data(path: Path, data: list[str]) -> None:
    before = about(path).get("data") if path.exists() else None
    if not set(before or ()) <= set(data):  # more images than before are no other ones
        raise ValueError(f"{path} was made from other images ({before}, now {data}); --results DIR keeps them apart")


def _check_question(path: Path, question: str, cells: Collection[str]) -> None:
    """Another question without a cell in common is another study, whose file has this one's name."""
    before = about(path).get("question") if path.exists() else None
    if before in (None, question) or any(row["run"] in cells for row in read_rows(path, ("run",))):
        return
    raise ValueError(
        f"{path} is of another study of this name ({' '.join(before.split())!r}): rename this one's file, "
        f"or --results DIR keeps them apart"
    )


def seeds_of(path: Path, runs: Sequence[Run], asked: int | None) -> int | None:
    """How many seeds the table is to have: those `asked` for, or more, since what was planned once stays."""
    if not path.exists():
        return asked
    before = {row["seed"] for row in read_rows(path, ("arm", "seed")) if row["arm"] == "cell"}
    now = {getattr(run.experiment, "seed", 0) for run in runs if run.arm == "cell"}
    return len(before) if before > now else asked  # more seeds than these, not others


def states(path: Path, results: Path, probes: Sequence[str], runs: Sequence[Run]) -> dict[str, State]:
    """For each run "done", "failed" or "to do"; a row that the repository ships with all these probes is done."""
    shipped = _shipped(path, set(probes))
    return {run.id: "done" if run.id in shipped else _recorded(results / "runs" / run.id, probes) for run in runs}


def _recorded(folder: Path, probes: Sequence[str]) -> State:
    return state(folder, map(is_whole, record_paths(folder, probes)))


def _shipped(path: Path, probes: set[str]) -> set[str]:
    rows = read_rows(path, ("run", "status", "probes")) if path.exists() else []
    return {row["run"] for row in rows if row["status"] == "done" and probes <= set(json.loads(row["probes"]))}
