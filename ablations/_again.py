"""Why a run would be trained again by the study that a table's row is of, or why it would not."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ablations._here import Here
from ablations._identity import changes
from ablations._images import fingerprint, probe_ids
from ablations._known import TableRow, rows_of
from ablations._plan import Run
from ablations._tables import states
from results.facts import differing
from results.records import last_end, record_paths, whole


def again(entry: TableRow, here: Here, results: Path) -> str:
    """One sentence or two on what `python -m ablations.run` would do with this run of the row's study."""
    run = here.runs.get(entry.row["run"])
    if run is None:
        return _unplanned(entry, here)
    if run.id not in {planned.id for planned in here.context.plan(here.study)}:
        return "it would not run again: the study's tuning has not chosen its settings"
    probes = here.study.probes_at(here.context.scale)
    ids = probe_ids(here.study, here.context.scale, here.context.data)
    state = states(entry.table, results, ids, [run])[run.id]
    if state == "done":
        return "it would not run again"
    folder = results / "runs" / run.id
    if state == "failed":
        kind = (last_end(folder) or {}).get("kind") or "error"
        return f"it would not run again by itself: it failed ({kind}), and --retry-failed tries once more"
    lacking = _lacking(entry, folder, dict(zip(ids, probes, strict=True)))
    return f"it would run again: {'; '.join((*lacking, *_like(entry, run)))}"


def _lacking(entry: TableRow, folder: Path, probes: Mapping[str, Any]) -> Iterator[str]:
    training, *measured = record_paths(folder, probes)
    if whole(training) is None:
        yield f"{training} is damaged" if training.exists() else "it has no record"
        lacking = [path.stem for path in measured if path.stem not in entry.probes]
        if entry.row.get("status") == "done" and lacking:
            before, now = ", ".join(entry.probes), ", ".join(lacking)
            yield f"its row is done by the probes {before}, and the study now measures by {now}"
        return
    others = {path.stem for path in (folder / "probes").glob("*.json")} - {path.stem for path in measured}
    for probe, path in zip(probes.values(), measured, strict=True):
        if whole(path) is None:
            wrong = "is damaged" if path.exists() else "is missing"
            older = _of_kind(folder, others, type(probe).__name__) if not path.exists() else []
            also = f" (there is {', '.join(older)}, of another version or other settings)" if older else ""
            yield f"the record {path.stem} of its probe {type(probe).__name__} {wrong}{also}"


def _of_kind(folder: Path, ids: set[str], kind: str) -> list[str]:
    found = {probe: whole(folder / "probes" / f"{probe}.json") for probe in sorted(ids)}
    return [probe for probe, record in found.items() if record and record.get("probe", {}).get("probe") == kind]


def _like(entry: TableRow, run: Run) -> Iterator[str]:
    """A finished run of other images or code that has all settings of this one."""
    for other in rows_of(entry.table):
        same = other.row["run"] != run.id and other.row.get("status") == "done"
        if same and not differing(other.facts.settings, run.settings):
            yield f"run {other.row['run']} has the same settings, and is of other images or other code: {_own(run)}"
            return


def _unplanned(entry: TableRow, here: Here) -> str:
    """Why the study has no such id here, by the run of its plan that is nearest."""
    run, unlike = here.nearest(entry)
    said = f"the code here does not plan it; the nearest run of {entry} is {run.id}"
    if unlike:
        row = entry.row
        pairs = ", ".join(f"{name} {run.settings.get(name)} instead of {row.get(name)}" for name in unlike)
        return f"{said}, with {pairs}"
    now = fingerprint(run.experiment, here.context.data)
    if entry.data and now not in entry.data:
        return f"{said}, with the same settings on other images: {now} instead of {', '.join(entry.data)}"
    images = "the same images" if entry.data else f"images {now} (the table does not say which it had)"
    return f"{said}, with the same settings and {images}, but other code: {_own(run)}"


def _own(run: Run) -> str:
    """The parts of the experiment that are one's own code, by name."""
    found = [f"{name} ({written})" for name, part in changes(run.experiment).items() for written in _written(part)]
    if found:
        return f"the parts of your own are {', '.join(found)}"
    return "none of its parts is your own code; one of core's may have another version"


def _written(described: Any) -> Iterator[str]:
    if isinstance(described, dict):
        if "source" in described:
            yield str(described.get("function") or described.get("part"))
        described = list(described.values())
    if isinstance(described, list):
        for part in described:
            yield from _written(part)
