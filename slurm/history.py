"""What became of an item, read from its attempts alone: right on a laptop, on a cluster, and from another machine."""

import json
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

State = Literal["running", "done", "failed", "stopped", "superseded", "lost"]


@dataclass(frozen=True)
class AttemptState:
    """One attempt as it looks now. Times are seconds since 1970 by the file system's clock.

    `lost`: it was killed (kind "killed"), or wrote no end and its lease ran out ("lost"). `progress` is what the
    attempt said last, None if it got nowhere; `job` is the SLURM job, "" elsewhere.
    """

    number: int
    state: State
    kind: str | None
    message: str
    started: float
    last_seen: float
    progress: str | None
    host: str
    pid: int
    job: str


def history(folder: Path, lease: float = 60.0) -> list[AttemptState]:
    """The attempts at the item in `folder`, oldest first."""
    present = numbers(folder)
    clock = cache(lambda: now(folder / "attempts"))

    def alive(number: int, last_seen: float) -> bool:
        return number == present[-1] and clock() - last_seen < lease

    return [_state(attempt_folder(folder, number), number, alive) for number in present]


def attempt_folder(item: Path, number: int) -> Path:
    """Where this attempt at the item in the folder `item` lies."""
    return item / "attempts" / f"{number:04d}"


def standing(latest: AttemptState | None) -> str:
    """How an item stands that has no record, by the latest attempt at it."""
    # one that is done and left no record ends a moment before that is written; one superseded has a successor
    word: str = latest.state if latest else "to do"
    return {"done": "to do", "superseded": "running"}.get(word, word)


def numbers(folder: Path) -> list[int]:
    """The numbers of the attempts at the item in `folder`, in order."""
    try:  # by listing the folder: NFS remembers for a while that a single name was not there
        return sorted(int(path.name) for path in (folder / "attempts").iterdir() if path.name.isdecimal())
    except FileNotFoundError:
        return []


def now(folder: Path) -> float:
    """The file system's time, by a new file; this machine's where the folder cannot be written."""
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            return os.fstat(probe.fileno()).st_mtime
    except OSError:
        return time.time()


def _state(folder: Path, number: int, alive: Callable[[int, float], bool]) -> AttemptState:
    claim, end = _read(folder / "claim.json") or {}, _read(folder / "end.json")
    started, last_seen = times(folder)
    if end is None:
        end = {"outcome": "running"} if alive(number, last_seen) else {"outcome": "lost", "kind": "lost"}
    elif end.get("outcome") not in get_args(State):
        end = {"outcome": "lost", "kind": "lost", "message": f"{folder / 'end.json'} is damaged"}
    return AttemptState(
        number=number,
        state=end["outcome"],
        kind=end.get("kind"),
        message=end.get("message", ""),
        started=started,
        last_seen=last_seen,
        progress=_text(folder / "progress"),
        host=claim.get("host", ""),
        pid=claim.get("pid", 0),
        job=claim.get("job", ""),
    )


def times(folder: Path) -> tuple[float, float]:
    """When the attempt in `folder` started, and when its worker was last seen."""
    made = _modified(folder) or 0.0  # a claimer may have died before it wrote a file
    return _modified(folder / "claim.json") or made, _modified(folder / "heartbeat") or made


def _text(path: Path) -> str | None:
    try:
        return path.read_text(errors="replace")
    except FileNotFoundError:
        return None
    except OSError:  # a folder in its place, or what this user may not read
        return ""


def _read(path: Path) -> dict[str, Any] | None:
    """The object in a JSON file; None without the file, {} from a damaged one."""
    text = _text(path)
    try:
        content = None if text is None else json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return content if content is None or isinstance(content, dict) else {}


def _modified(path: Path) -> float | None:
    """When `path` was last written. It is opened, since NFS then asks the server and not its cache."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        return os.fstat(descriptor).st_mtime
    finally:
        os.close(descriptor)
