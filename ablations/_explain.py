"""One run in words: what it is, where its files lie, how its attempts ended, and why it would run again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ablations._again import again
from ablations._here import planned_here
from ablations._identity import settings
from ablations._journal import checkpoints
from ablations._known import TableRow, facts_of, probes_of, rows_of_run
from ablations._scale import SCALES
from core.experiment import Experiment
from results.damage import Damaged
from results.facts import Facts, differing
from results.records import is_whole, read, record_paths, state
from slurm.history import AttemptState, attempt_folder, history, standing

Line = tuple[str, str]
"""What is told, and what is said of it."""


def explain(results: Path, run: str, file: str | None, data: str | None) -> Iterator[Line]:
    """The lines about one run that `results` knows by a record or a table."""
    rows = rows_of_run(results, run)
    folder = results / "runs" / run
    facts = facts_of(results, run, rows) or (rows[0].facts if rows else None)
    for entry in rows:
        yield "planned by", f"{entry}: {entry.row['arm']}, seed {entry.row['seed']}"
    if facts is not None:
        yield "settings", said_settings(facts, rows)
    paths = record_paths(folder, probes_of(results, run, rows))
    for name, path in zip(("record", *["probe"] * len(paths)), paths, strict=False):
        yield name, _record(path, run)
    past = history(folder)
    for attempt in past:
        yield f"attempt {attempt.number}", _attempt(attempt, folder)
    yield "checkpoint", ", ".join(map(str, checkpoints(folder))) or "none"
    yield "state", _state(folder, paths, rows, past)
    for entry in rows:
        yield "again", f"{entry}: {_again(entry, results, file, data)}"
    if not rows:
        yield "again", "no table here has it, so no study that was planned here would run it"


def _again(entry: TableRow, results: Path, file: str | None, data: str | None) -> str:
    try:
        return again(entry, planned_here(entry, results, file, data), results)
    except ValueError as problem:
        return f"unknown: {problem}"


def said_settings(facts: Facts, rows: list[TableRow]) -> str:
    """What differs from the baseline of the scale of the first row, or else from the defaults.

    A study with settings of its own, other than an Experiment's, has a baseline of its own.
    """
    scale, base = (rows[0].about["scale"], rows[0].about["base"]) if rows else (None, settings(Experiment()))
    of = f"the baseline of scale {scale}" if rows else "the defaults"
    if scale in SCALES and base.keys() >= {"encoder", "augment", "loss"}:  # an Experiment's, if of another version
        base = settings(SCALES[scale])  # not the study's, which --set may have moved
    names = [name for name in differing(facts.settings, base) if name != "seed" and name in facts.settings]
    said = " ".join(f"{name}={facts.settings[name]}" for name in names)
    return f"{said or 'none'} (what differs from {of})"


def _record(path: Path, run: str) -> str:
    try:
        record = read(path)
    except Damaged as problem:
        return str(problem)
    if record is None:
        return f"none; it would be {path}"
    if record.get("run") != run:
        return f"{path} is the record of run {record.get('run')}"
    return f"{path}{'' if path.exists() else ', folded into the archive'}: {', '.join(_about(record))}"


def _about(record: dict[str, Any]) -> Iterator[str]:
    about = record.get("provenance", {})
    if "probe" in record:
        yield " ".join(str(cell) if name == "probe" else f"{name}={cell}" for name, cell in record["probe"].items())
        if about:
            yield f"measured on {about.get('host')}, source {about.get('source')}"
        return
    yield f"trained {about.get('started')} in {about.get('seconds') or 0:.0f} s on {about.get('host')}"
    yield f"commit {str(about.get('commit'))[:7]}{' with changes' if about.get('dirty') else ''}"
    yield f"source {about.get('source')}"


def _attempt(attempt: AttemptState, folder: Path) -> str:
    log = attempt_folder(folder, attempt.number) / "log.txt"
    kind = f" ({attempt.kind})" if attempt.kind and attempt.kind != attempt.state else ""
    job = f", job {attempt.job}" if attempt.job else ""
    said = f"{attempt.state}{kind} after {attempt.last_seen - attempt.started:.0f} s on {attempt.host}{job}"
    told = f": {attempt.message}" if attempt.message else ""
    return f"{said}{told}; {log if log.exists() else 'no log of its own'}"


def _state(folder: Path, paths: list[Path], rows: list[TableRow], past: list[AttemptState]) -> str:
    if state(folder, map(is_whole, paths)) == "done":
        return "done, by its records here"
    if any(entry.row.get("status") == "done" for entry in rows):
        return "done, by the row of a table: its records are not all here"
    return standing(past[-1] if past else None)
