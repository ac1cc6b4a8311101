"""The journal of a run: its newest checkpoint, and how it goes; of several processes the first one reads and writes."""

import json
import time
from pathlib import Path
from typing import Any

from ablations import _checkpoint
from core import ranks
from results.damage import Damaged, set_aside
from slurm.attempts import Attempt, Stopped

EVERY = 180.0
"""Seconds between checkpoints inside a long epoch."""


class FileJournal:
    """Keeps the state of one attempt at a run in the run's folder, in a file of that attempt's own.

    So one that wakes up after it was superseded can replace nothing of its successor's. `seconds` is the training time
    so far, that of earlier attempts included up to their last checkpoint. Several processes agree at each step on
    whether to save and to stop, whichever of them was asked to.
    """

    def __init__(self, folder: Path, attempt: Attempt) -> None:
        self._folder, self._attempt = folder, attempt
        self._checkpoint = folder / f"checkpoint.{attempt.number:04d}.pt"
        self._began = self._saved = time.monotonic()
        self._before, self._told = 0.0, ""

    @property
    def seconds(self) -> float:
        return self._before + time.monotonic() - self._began

    def load(self) -> Any:
        """Raises ValueError for a checkpoint of another number of processes, which would go on to other numbers."""
        kept = ranks.from_first(newest(self._folder) if ranks.rank() == 0 else None)
        if kept is None:
            return None
        wrote, here = kept.get("processes", 1), ranks.number()
        if wrote != here and not (self._folder / "record.json").exists():  # which says that training is over
            raise ValueError(
                f"the checkpoint in {self._folder} is of {wrote} processes, and this run has {here}: "
                f"go on with --processes {wrote}, or remove the checkpoint"
            )
        self._before = kept["seconds"]
        return kept["state"]

    def save(self, state: Any) -> None:
        if ranks.rank() == 0:
            self._write(state)
        self._saved = time.monotonic()
        if ranks.any_of(self._attempt.stopping()):
            raise Stopped("saved")

    def _write(self, state: Any) -> None:
        kept = {"state": state, "seconds": self.seconds, "processes": ranks.number()}
        _checkpoint.write(self._checkpoint, kept, self._attempt.guard)
        for path in (*checkpoints(self._folder), *self._folder.glob(".checkpoint.*")):
            if path.name.removeprefix(".") < self._checkpoint.name:
                path.unlink(missing_ok=True)
        self.further()

    def further(self) -> None:
        """Something is kept, whatever ends the attempt next: that, and no row that was told, is progress."""
        self._attempt.progress(self._told)

    def due(self) -> bool:
        return ranks.any_of(self._attempt.stopping() or time.monotonic() - self._saved > EVERY)

    def tell(self, row: Any) -> None:
        if ranks.rank() > 0:
            return
        self._told = json.dumps(row)
        print(self._told)


def checkpoints(folder: Path) -> list[Path]:
    """The checkpoints in a run's folder, that of the latest attempt last; there is one, but for accidents."""
    return sorted(folder.glob("checkpoint.*.pt"))


def newest(folder: Path) -> Any:
    """The newest whole checkpoint of a run, {"state", "seconds", "processes"}, or None; damaged ones are set aside."""
    for path in reversed(checkpoints(folder)):
        try:
            return _checkpoint.read(path)
        except Damaged as problem:
            print(f"{problem}; set aside as {set_aside(path)}")
    return None
