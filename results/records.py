"""Records: one JSON file a run or a probe, written once, checked whenever it is read.

A run lives in `<results>/runs/<run id>/`: `record.json` (training), `probes/<probe id>.json`, and
`attempts/0001/end.json`, ... with how each ended attempt ended.
"""

import contextlib
import hashlib
import json
import math
import os
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from results.archive import archived, folded
from results.damage import Damaged

CHECKSUM = "sha256"
RECORD = "record.json"
UNPLANNED = "no longer planned"
"""The arm of a finished run that its study's grid has no more: no figure shows it, no table forgets it."""


State = Literal["done", "failed", "to do"]


def publish(record: Mapping[str, Any], path: Path) -> bool:
    """Write `record` to `path` unless one is there already, or folded away; True if the one there is ours.

    Floats come back bit for bit; NaN and infinities, which JSON lacks, become null. Tuples come back as lists.
    """
    if CHECKSUM in record:
        raise ValueError(f"{path}: a record's {CHECKSUM!r} is computed here, not given: {record[CHECKSUM]!r}")
    if archived(path) is not None and is_whole(path):
        return False
    body = as_read(record)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with temporary.open("x", encoding="ascii") as file:
            file.write(json.dumps({**body, CHECKSUM: checksum(body)}, allow_nan=False))
            file.flush()
            os.fsync(file.fileno())
        return _first(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def read(path: Path) -> dict[str, Any] | None:
    """The record at `path` without its checksum, None if there is none.

    Raises Damaged if it is not what was published, and OSError if it cannot be read just now: that says nothing of it.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        if (kept := archived(path)) is None:
            return None
        text = kept
    except IsADirectoryError as problem:
        raise Damaged(path, problem) from problem
    try:
        record = json.loads(text)
        whole = isinstance(record, dict) and _is_checksum(record.pop(CHECKSUM, None), text, record)
    except (ValueError, RecursionError) as problem:
        raise Damaged(path, problem) from problem
    if not whole:
        raise Damaged(path, "its checksum is not that of its content")
    return record  # type: ignore[no-any-return]


def whole(path: Path) -> dict[str, Any] | None:
    """The record at `path`; None without one that can be trusted."""
    try:
        return read(path)
    except Damaged:
        return None


def is_whole(path: Path) -> bool:
    """Whether there is a record at `path` that can be trusted."""
    return whole(path) is not None


def is_finished(runs: Path, probes: Iterable[str], run: str) -> bool:
    """Whether the run, a folder in `runs`, has its record and those of these probes; a damaged one does not count."""
    return all(map(is_whole, record_paths(runs / run, probes)))


def record_paths(run: Path, probes: Iterable[str]) -> list[Path]:
    """Where the records of the run in this folder lie: that of its training, then those of its probes, by their ids."""
    return [run / RECORD, *(run / "probes" / f"{probe}.json" for probe in probes)]


def training_records(runs: Path) -> list[Path]:
    """Where the records of training lie below `runs`, be they files or folded away."""
    kept = (runs / name for name in folded(runs) if Path(name).name == RECORD)
    return sorted({*runs.glob(f"*/{RECORD}"), *kept})


def state(run: Path, present: Iterable[bool]) -> State:
    """What became of the run in this folder: done if all its records are `present`, or else what its last attempt says.

    A failed run is only tried again when asked for; any other that is not done is to do, be it running or not.
    """
    if all(present):
        return "done"
    end = last_end(run)
    return "failed" if end is not None and end.get("outcome") == "failed" else "to do"


def last_end(run: Path) -> dict[str, Any] | None:
    """How the last attempt in the run's folder ended: its end.json, None if it has none (it may be running)."""
    attempts = sorted((run / "attempts").glob("[0-9]*"), key=lambda attempt: (len(attempt.name), attempt.name))
    if not attempts:
        return None
    with contextlib.suppress(OSError, ValueError, RecursionError):
        end = json.loads((attempts[-1] / "end.json").read_bytes())
        return end if isinstance(end, dict) else None
    return None


def checksum(body: Mapping[str, Any]) -> str:
    """SHA-256 of the JSON of `body`, as it stands in the file before its checksum."""
    return hashlib.sha256(json.dumps(body, allow_nan=False).encode("ascii")).hexdigest()


def _is_checksum(said: object, text: bytes, body: Mapping[str, Any]) -> bool:
    """Whether it is that of the body, read from this text, or, as records had before, of its canonical JSON."""
    written = text.rpartition(b', "' + CHECKSUM.encode() + b'": ')[0] + b"}"
    if hashlib.sha256(written).hexdigest() == said:  # to write the body again takes longer than to read it
        return True
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest() == said


def as_read(content: Any) -> Any:
    """`content` as JSON gives it back, so that the checksum is the same before and after."""
    if isinstance(content, Mapping):
        return {str(name): as_read(part) for name, part in content.items()}
    if isinstance(content, list | tuple):
        return [as_read(part) for part in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content


def _first(temporary: Path, path: Path) -> bool:
    try:
        os.link(temporary, path)
    except FileExistsError:
        # A network file system may repeat a link that succeeded: the file itself says whose it is.
        return temporary.samefile(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return True
