"""What the records say of a table's row: status, metrics, predictions, history and provenance."""

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from results.damage import Damaged, set_aside
from results.facts import PROVENANCE, flat, measured_of, probed_elsewhere
from results.records import last_end, read, record_paths, state

ALWAYS = ("commit", "dirty", "source", "cpu", "threads", "device", "started", "seconds")  # of provenance: no host
SELDOM = ("processes",)  # what a record has of it where it is not as always

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
    if elsewhere or f"{PROVENANCE}probes" in row:
        found[f"{PROVENANCE}probes"] = elsewhere
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
    provenance = flat(record.get("provenance", {}))
    facts = {name: provenance.get(name) for name in ALWAYS}
    facts |= {name: cell for name, cell in provenance.items() if name in SELDOM or name.startswith("versions.")}
    told = {f"{PROVENANCE}{name}": cell for name, cell in facts.items()}
    return {"history": json.dumps(record.get("history", []))} | told


def _metrics(run: str, settings: Row, records: Sequence[Row]) -> Row:
    """Metrics and predictions of the training and its probes, and the seconds that they took together."""
    row: Row = {}
    for record in records:
        new = measured_of(record)
        if twice := sorted((settings.keys() | row.keys()) & new.keys()):
            raise ValueError(f"run {run}: {twice[0]!r} is reported twice; each probe's metrics need names of their own")
        row |= new
    seconds = [record.get("seconds", record.get("provenance", {}).get("seconds")) for record in records]
    return row | {"seconds": float(sum(part for part in seconds if part is not None))} if records else row
