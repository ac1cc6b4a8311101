"""What is to be done: a function over items, and the items that nobody has done yet."""

import json
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from slurm import stop
from slurm.attempts import Attempt, claim
from slurm.hard_links import check_links
from slurm.history import AttemptState, history


@dataclass(frozen=True, kw_only=True)
class Job:
    """A function over items, each with its folder `root / item`.

    `function(item, attempt, context)` is module-level, or its name as "module:function"; when `attempt.stopping()` it
    saves and raises Stopped. `finished(item)` reads the item's record, which alone says what is done.
    `preload` names modules that every child finds loaded, `environment` the variables set before that (the first job of
    a process decides both). `lease` is in seconds. `retry_failed` gives each failed item one more attempt;
    after `max_attempts` that were lost in a row without progress an item has failed.
    `processes` call the function on each item together: RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT tell each which
    one it is. The first one speaks for the item: it alone says how it ends, unless it cannot.
    """

    root: Path
    items: tuple[str, ...]
    function: str | Callable[[str, Attempt, Any], None]
    finished: Callable[[str], bool]
    context: Mapping[str, Any] = field(default_factory=dict)
    preload: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    lease: float = 60.0
    retry_failed: bool = False
    max_attempts: int = 5
    processes: int = 1

    def __post_init__(self) -> None:
        if not isinstance(self.function, str):
            object.__setattr__(self, "function", f"{self.function.__module__}:{self.function.__qualname__}")
        if "<" in str(self.function) or ":" not in str(self.function):
            raise ValueError(f"function takes a module-level function or 'module:function', not {self.function!r}")
        for item in self.items:
            path = PurePosixPath(item)
            if not path.parts or path.is_absolute() or ".." in path.parts:
                raise ValueError(f"an item takes the name of a folder inside {self.root}, not {item!r}")
            _refuse_symlinks(self.root / item)
        if len(set(self.items)) < len(self.items):
            raise ValueError("items takes each item once")
        if self.processes < 1:
            raise ValueError(f"processes takes 1 or more, not {self.processes}")
        json.dumps(self.context)


def _refuse_symlinks(folder: Path) -> None:
    """Raise ValueError for a link that what is written for an item would follow out of its folder."""
    for path in (folder, *folder.glob("*")):
        if path.is_symlink():
            raise ValueError(f"{path} is a symbolic link, and what is written there would lie elsewhere: remove it")


@dataclass(frozen=True)
class Event:
    """What a worker tells: an item "started", "ended" as `state` says, or is running "elsewhere"."""

    what: Literal["started", "ended", "elsewhere"]
    item: str
    state: AttemptState | None = None


@dataclass(frozen=True)
class Summary:
    """How many items were done, failed and stopped here; skipped, because they were finished, failed or running
    elsewhere; and left, because the worker was asked to stop. A lost item is tried again and counts as it then ends."""

    done: int
    failed: int
    stopped: int
    skipped: int
    left: int


class Backlog:
    """The items of a job that this worker has not settled yet."""

    def __init__(self, job: Job, tell: Callable[[Event], None]):
        self.job, self.tell = job, tell
        self.queue = deque(job.items)
        self.elsewhere: dict[str, float] = {}  # item -> when its worker was last seen as we first looked
        self.unsure: set[str] = set()  # those whose worker was not seen again since
        self._next_look = 0.0
        job.root.mkdir(parents=True, exist_ok=True)
        check_links(job.root)

    def take(self) -> tuple[str, Attempt] | None:
        """Claim the next item; None if there is none to claim now. Raises FileNotFoundError where the root is gone."""
        self.job.root.stat()
        if not self.queue and time.monotonic() >= self._next_look:
            self._look_again()
        while self.queue and not stop.RECEIVED:
            item = self.queue.popleft()
            if self.job.finished(item):
                continue
            attempt = claim(self.job.root / item, self.job.lease, self.job.max_attempts)
            if attempt is None:
                self._note(item)
            elif self.job.finished(item):  # by another worker, between the look and the claim
                attempt.end("done", message="was finished by the attempt before")
            else:
                return item, attempt
        return None

    def is_over(self) -> bool:
        """Whether nothing is left to claim, now or after the lease of a worker that may be dead."""
        return not self.queue and not self.unsure

    def _note(self, item: str) -> None:
        latest = history(self.job.root / item, self.job.lease)[-1]
        if latest.state != "failed":
            self.elsewhere[item] = latest.last_seen
            self.unsure.add(item)
            self.tell(Event("elsewhere", item))

    def _look_again(self) -> None:
        self._next_look = time.monotonic() + self.job.lease / 4
        for item, first_seen in tuple(self.elsewhere.items()):
            past = history(self.job.root / item, self.job.lease)
            running = bool(past) and past[-1].state == "running"
            if not running:
                del self.elsewhere[item]
                self.queue.append(item)
            if not running or past[-1].last_seen > first_seen:
                self.unsure.discard(item)
