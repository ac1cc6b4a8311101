"""The workers that SLURM knows of, from squeue alone: right without accounting."""

import json
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from slurm.commands import SlurmError, ask
from slurm.resources import seconds

FORMAT = "%i|%A|%j|%u|%T|%N|%L|%k|%r"
FRESH = 30.0  # seconds for which an answer of squeue is kept


@dataclass(frozen=True)
class Worker:
    """One worker as squeue shows it.

    `id` is 12_3 or 12; `job` the plain number that attempts note as their job; `state` SLURM's word in small letters;
    `seconds_left` None unless it runs within a time limit; `comment` a mark of its submission; `reason` why it waits.
    """

    id: str
    job: str
    name: str
    user: str
    state: str
    node: str
    seconds_left: float | None
    comment: str
    reason: str

    def __str__(self) -> str:
        if self.state == "pending":
            return f"pending ({self.reason})"
        if self.state != "running":
            return self.state
        left = "" if self.seconds_left is None else f", {_clock(self.seconds_left)} left"
        return f"running on {self.node}{left}"


@dataclass(frozen=True)
class Queue:
    """The workers, as squeue showed them at `asked` (seconds since 1970); None: it was never asked here."""

    workers: tuple[Worker, ...] = ()
    asked: float | None = None


def queue(names: Iterable[str], folder: Path) -> Queue:
    """The workers of these names; squeue is asked every 30 s at most, and what it said is kept in `folder`.

    Where there is no squeue, or it does not answer, this is what it said last.
    """
    wanted, path = set(names), folder / "squeue.json"
    kept, known = _kept(path)
    if known >= wanted and kept.asked is not None and 0 <= time.time() - kept.asked < FRESH:
        return _only(kept, wanted)
    try:
        fresh = Queue(workers(wanted), time.time())
    except SlurmError:
        return _only(kept, wanted)
    _keep(path, fresh, wanted)
    return fresh


def workers(names: Iterable[str]) -> tuple[Worker, ...]:
    """The workers of these names, from squeue now; raises SlurmError."""
    wanted = ",".join(sorted(names))
    lines = (
        ask("squeue", "--noheader", "--array", f"--name={wanted}", f"--format={FORMAT}").splitlines() if wanted else []
    )
    return tuple(_worker(line) for line in lines)


def _worker(line: str) -> Worker:
    identity, job, name, user, state, node, left, comment, reason = line.split("|", 8)
    remains = seconds(left) if state == "RUNNING" and left[0].isdigit() else None
    return Worker(identity, job, name, user, state.lower(), node, remains, comment, reason)


def _only(found: Queue, names: set[str]) -> Queue:
    return Queue(tuple(worker for worker in found.workers if worker.name in names), found.asked)


def _kept(path: Path) -> tuple[Queue, set[str]]:
    try:
        kept = json.loads(path.read_text())
        return Queue(tuple(Worker(**worker) for worker in kept["workers"]), float(kept["asked"])), set(kept["names"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return Queue(), set()


def _keep(path: Path, found: Queue, names: set[str]) -> None:
    content = {"asked": found.asked, "names": sorted(names), "workers": [asdict(worker) for worker in found.workers]}
    temporary = path.with_name(f".{path.name}-{os.getpid()}")
    with suppress(OSError):  # a folder that only others can write
        temporary.write_text(json.dumps(content))
        temporary.replace(path)


def _clock(duration: float) -> str:
    minutes, second = divmod(int(duration), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}"
