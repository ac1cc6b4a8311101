"""What the records say of a table's row: status, metrics, predictions, history and provenance."""

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from results.damage import Damaged, set_aside
from results.facts import probed_elsewhere
from results.records import last_end, read, record_paths, state

PROVENANCE = ("commit", "dirty", "source", "versions", "cpu", "threads", "device", "started", "seconds")  # no host
SELDOM = ("processes",)  # provenance that a record has where it is not as always

Row = dict[str, Any]


def measured(row: Row, runs: Path, damaged: list[str]) -> Row:
    """What the records say of this row; nothing, if it was done and they say less."""
    folder = runs / row["run"]
    records = [_record(path, row["run"], damaged) for path in record_paths(folder, json.loads(row["probes"]))]
    word = state(folder, (record is not None for record in records))
    if row["status"] == "done" and word != "done":
        return {}
    failure = str((last_end(folder) or {}).get("kind", "error")) if word == "failed" else None
    complete = [record for record in records if record is not None]
    settings = (records[0] or {}).get("settings", {})
    found = _training(records[0]) | _metrics(row["run"], settings, complete)
    elsewhere = probed_elsewhere(records[0], complete[1:]) if records[0] else None
    if elsewhere or "provenance.probes" in row:
        found["provenance.probes"] = elsewhere
    return found | {"status": word, "failure": failure}


def _record(path: Path, run: str, damaged: list[str]) -> Row | None:
    try:
        record = read(path)
        if record is not None and record.get("run") != run:
            raise Damaged(path, f"it is the record of run {record.get('run')!r}")
    except Damaged:
        with suppress(OSError):  # what cannot be renamed is named all the same
            set_aside(path)
        damaged.append(str(path))
        return None
    return record


def _training(record: Row | None) -> Row:
    if record is None:
        return {}
    provenance = record.get("provenance", {})
    facts = {f"provenance.{name}": provenance.get(name) for name in PROVENANCE if name != "versions"}
    facts |= {f"provenance.{name}": provenance[name] for name in SELDOM if name in provenance}
    versions = {f"provenance.versions.{name}": text for name, text in provenance.get("versions", {}).items()}
    return {"history": json.dumps(record.get("history", []))} | facts | versions


def _metrics(run: str, settings: Row, records: Sequence[Row]) -> Row:
    """Metrics and predictions of the training and its probes, and the seconds that they took together."""
    row: Row = {}
    for record in records:
        new = dict(record.get("metrics", {}))
        new |= {f"predictions.{name}": classes for name, classes in record.get("predictions", {}).items()}
        if twice := sorted((settings.keys() | row.keys()) & new.keys()):
            raise ValueError(f"run {run}: {twice[0]!r} is reported twice; each probe's metrics need names of their own")
        row |= new
    seconds = [record.get("seconds", record.get("provenance", {}).get("seconds")) for record in records]
    return row | {"seconds": float(sum(part for part in seconds if part is not None))} if records else row
