"""What another results folder offers: its records, checked before anything of them is believed.

Only regular files with the names that records have are read, JSON and parquet; symbolic links are not followed.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from results import checked_parquet
from results.archive import NAME, folded
from results.damage import Damaged
from results.records import read
from results.strange import strange_record

ID = re.compile(r"[0-9a-f]{12,64}")
PATH = re.compile(rf"({ID.pattern})/(?:record|probes/({ID.pattern}))\.json")
PROBE = re.compile(rf"{ID.pattern}\.json")


@dataclass
class Offer:
    """The records of one run: that of its training, None without, and those of its probes, by their ids."""

    run: str
    training: dict[str, Any] | None = None
    probes: dict[str, dict[str, Any]] = field(default_factory=dict)


def offers(other: Path, settings: Collection[str]) -> tuple[list[Offer], list[str]]:
    """The records in `other`/runs that are whole, a run each, and in words what is refused.

    No metric may have the name of one of the `settings` of the tables here, or of the run's own: it would replace it.
    """
    runs, refused, found = other / "runs", list[str](), dict[str, Offer]()
    names = {path.relative_to(runs).as_posix(): path for path in _files(runs, refused)}
    for name in sorted({*names, *_archived(runs, refused)}):
        if (match := PATH.fullmatch(name)) is None:
            refused.append(f"{runs / name}: no record has such a name")
            continue
        run, probe = match.groups()
        try:
            record = _checked(runs / name, run, runs)
        except Damaged as problem:
            refused.append(str(problem))
            continue
        offer = found.setdefault(run, Offer(run))
        if probe is None:
            offer.training = record
        else:
            offer.probes[probe] = record
    return [_sound(offer, runs, settings, refused) for offer in found.values()], refused


def _files(runs: Path, refused: list[str]) -> Iterator[Path]:
    """The files that have the place and the name of a record."""
    for folder in _entries(runs, refused):
        if folder.is_dir() and not ID.fullmatch(folder.name) and not folder.name.startswith("."):
            refused.append(f"{folder}: no run has such an id")
        elif ID.fullmatch(folder.name):
            inside = _entries(folder, refused, "record.json", "probes")
            yield from (path for path in inside if path.name == "record.json")
            probes = [path for path in inside if path.name == "probes"]
            yield from (path for place in probes for path in _entries(place, refused) if PROBE.fullmatch(path.name))


def _entries(folder: Path, refused: list[str], *names: str) -> list[Path]:
    """What lies in a folder, of these names if any are given, but for symbolic links."""
    if folder.is_symlink():
        refused.append(f"{folder}: a symbolic link, which is not followed")
        return []
    found = [path for path in sorted(folder.iterdir()) if path.name in names or not names] if folder.is_dir() else []
    refused += [f"{path}: a symbolic link, which is not followed" for path in found if path.is_symlink()]
    return [path for path in found if not path.is_symlink()]


def _archived(runs: Path, refused: list[str]) -> list[str]:
    """The names in the archive, if it is a whole one."""
    archive = runs / NAME
    if runs.is_symlink() or archive.is_symlink() or not archive.exists():
        return []  # links are named where the folder is listed
    try:
        checked_parquet.check(archive)
        schema = pq.read_schema(archive)
        if {name: str(schema.field(name).type) for name in schema.names} != {"path": "string", "record": "binary"}:
            raise Damaged(archive, "it is no archive of records")
    except ValueError as problem:
        refused.append(str(problem))
        return []
    return [name for name in folded(runs) if name]


def _checked(path: Path, run: str, runs: Path) -> dict[str, Any]:
    """The record at `path`, or in the archive for it; Damaged unless it is one of this run."""
    if any(place.is_symlink() for place in (path, *path.parents) if runs in place.parents):
        raise Damaged(path, "a symbolic link, which is not followed, lies in its place")
    if path.exists() and not path.is_file():
        raise Damaged(path, "it is no file")
    record = read(path)
    if record is None:
        raise Damaged(path, "it is gone")
    if record.get("run") != run:
        raise Damaged(path, f"it is the record of run {record.get('run')!r}")
    return record


def _sound(offer: Offer, runs: Path, settings: Collection[str], refused: list[str]) -> Offer:
    """The offer without the records that are no run's, and without probes that stand against its training."""
    training = offer.training or {}
    own = training.get("settings", {})
    taken = {*settings, *(own if isinstance(own, dict) else ())}
    if training and (problem := strange_record("training", training, taken)):
        refused.append(f"{runs / offer.run}/record.json: {problem}")
        training = {}
    sound = dict[str, dict[str, Any]]()
    for probe, record in offer.probes.items():
        if problem := strange_record("probe", record, {*taken, *training.get("metrics", {})}):
            refused.append(f"{runs / offer.run}/probes/{probe}.json: {problem}")
        else:
            sound[probe] = record
    return Offer(offer.run, training or None, sound)
