"""Attempts: who works on an item and how each try ended, as files that any machine with the folder can read and claim.

ITEM/attempts/0001/    made by mkdir, which only one can do: the number is the token
    claim.json         host, process and job of the worker; its time is the start
    heartbeat          touched while the worker lives; its time is the lease
    progress           what the attempt said last, once it got further than it began
    log.txt            what the item printed; log.1.txt, ... what its further processes did
    end.json           outcome, kind, message, traceback, seconds: the first end stands
    retry              a failed item may be tried once more
"""

import json
import os
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any, Literal

from slurm import stop
from slurm.history import AttemptState, attempt_folder, history, now, numbers, times

Outcome = Literal["done", "failed", "stopped", "superseded", "lost"]


class Stopped(Exception):  # noqa: N818 - an outcome, not an error
    """Raised by a function that was asked to stop and has saved its state."""


class Superseded(Exception):  # noqa: N818 - an outcome, not an error
    """A later attempt has taken the item over: this one must write nothing more."""


@dataclass(frozen=True)
class Attempt:
    """A claimed try at an item; `folder` is its own, ITEM/attempts/NNNN."""

    folder: Path
    number: int

    def is_latest(self) -> bool:
        """Whether nobody has taken the item over."""
        return numbers(self.folder.parent.parent)[-1:] == [self.number]

    def guard(self) -> None:
        """Raise Superseded unless this is the latest attempt. To be called before each save and publication.

        Raises FileNotFoundError where its folder is gone, with all others perhaps.
        """
        self.folder.stat()
        if not self.is_latest():
            raise Superseded(f"attempt {self.number} at {self.folder.parent.parent} was taken over by a later one")

    def stopping(self) -> bool:
        """Whether this process was asked to stop: save, then raise Stopped."""
        return bool(stop.RECEIVED)

    def renew(self) -> None:
        """Renew the lease; only the worker does, so that a new heartbeat means that the worker lives."""
        (self.folder / "heartbeat").touch()

    def progress(self, message: str = "") -> None:
        """Say that the item got further, and how far; a lost attempt that did is not held against the item."""
        _write(self.folder / f".progress-{os.getpid()}", message).replace(self.folder / "progress")

    def lose(self, kind: str, message: str, max_attempts: int) -> None:
        """Write down that the attempt died without saying why; the item fails after `max_attempts` of these in a row.

        Only attempts without progress count; the failure is of this `kind`.
        """
        past = [state for state in history(self.folder.parent.parent) if state.number <= self.number]
        started, last_seen = times(self.folder)
        in_vain = len(list(takewhile(self._in_vain, reversed(past))))
        if in_vain >= max_attempts:
            message = f"lost {in_vain} times in a row without progress, last: {message}"
        outcome = "failed" if in_vain >= max_attempts else "lost"
        _end(self.folder, outcome, kind, message, "", last_seen - started)

    def _in_vain(self, state: AttemptState) -> bool:
        return state.progress is None and (state.state == "lost" or state.number == self.number)

    def end(self, outcome: Outcome, kind: str | None = None, message: str = "", traceback: str = "") -> None:
        """Write down how the attempt ended, unless that was done before."""
        seconds = now(self.folder) - times(self.folder)[0]
        _end(self.folder, outcome, kind, message, traceback, seconds)


def claim(folder: Path, lease: float = 60.0, max_attempts: int = 5) -> Attempt | None:
    """The next attempt at the item in `folder`; None if it is running, has failed, or somebody else was quicker.

    An attempt whose heartbeat is older than `lease` seconds is lost, and the next one goes on from its last checkpoint.
    An item whose last `max_attempts` attempts were all lost without progress is given up: it has failed.
    """
    past = history(folder, lease)
    if past and not _claimable(folder, past, max_attempts):
        return None
    number = past[-1].number + 1 if past else 1
    attempt = Attempt(attempt_folder(folder, number), number)
    try:
        attempt.folder.mkdir(parents=True)
    except FileExistsError:
        return None
    owner = {"host": socket.gethostname(), "pid": os.getpid(), "job": os.environ.get("SLURM_JOB_ID", "")}
    _write(attempt.folder / "claim.json", json.dumps(owner))
    attempt.renew()
    return attempt


def retry(folder: Path) -> bool:
    """Allow one more attempt at the item in `folder` if its latest one failed; whether that is new."""
    past = history(folder)
    if not past or past[-1].state != "failed":
        return False
    with suppress(FileExistsError):
        (attempt_folder(folder, past[-1].number) / "retry").touch(exist_ok=False)
        return True
    return False


def is_open(folder: Path, past: Sequence[AttemptState]) -> bool:
    """Whether the item in `folder` is there to be claimed: its latest attempt, if any, neither runs nor has failed.

    One that failed and may be tried again, see `retry`, is open.
    """
    if past and past[-1].state == "failed":
        return (attempt_folder(folder, past[-1].number) / "retry").exists()
    return not past or past[-1].state != "running"


def _claimable(folder: Path, past: list[AttemptState], max_attempts: int) -> bool:
    latest = past[-1]
    if latest.state == "lost":
        silent = f"silent for longer than its lease, last on {latest.host}"
        Attempt(attempt_folder(folder, latest.number), latest.number).lose("lost", silent, max_attempts)
        return history(folder)[-1].state == "lost"  # the end that stands may be another claimer's
    return is_open(folder, past)


def _end(attempt: Path, outcome: str, kind: str | None, message: str, traceback: str, seconds: float) -> None:
    """Publish end.json by a link, which only the first can make."""
    end: dict[str, Any] = {"outcome": outcome, "kind": kind, "message": message, "traceback": traceback}
    end |= {"seconds": seconds, "pid": os.getpid(), "host": socket.gethostname()}
    written = attempt / f".end-{socket.gethostname()}-{os.getpid()}"
    try:
        _write(written, json.dumps(end))
        with suppress(FileExistsError):
            (attempt / "end.json").hardlink_to(written)
    finally:
        written.unlink(missing_ok=True)


def _write(path: Path, text: str) -> Path:
    with path.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return path
