"""The journals of a run: of its training, on one process or several, and of each probe, which the first one does alone.

A journal keeps its newest checkpoint, a file of the attempt's own: one that wakes up after it was superseded can
replace nothing of its successor's.
"""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ablations import _checkpoint
from core import ranks
from core.value import plain
from results.damage import Damaged, set_aside
from slurm.attempts import Attempt, Stopped

EVERY = 180.0
"""Seconds between checkpoints inside a long epoch."""
TRAINING = "checkpoint"
"""How the checkpoints of training are named, checkpoint.0001.pt; those of a probe have its id."""


class FileJournal:
    """Keeps the state of something in `stem`.0001.pt, where the attempt is the first; later ones go on from there.

    `seconds` is its time so far, that of earlier attempts included up to their last checkpoint. `told` is the row that
    was told last.
    """

    def __init__(self, stem: Path, attempt: Attempt, told: str = "") -> None:
        self._stem, self._attempt, self._told = stem, attempt, told
        self._checkpoint = stem.with_name(f"{stem.name}.{attempt.number:04d}.pt")
        self._began = self._saved = time.monotonic()
        self._before = 0.0

    @property
    def seconds(self) -> float:
        return self._before + time.monotonic() - self._began

    def load(self) -> Any:
        return self._go_on(newest(self._stem))

    def save(self, state: Any) -> None:
        self._write(state)
        if self._attempt.stopping():
            raise Stopped("saved")

    def due(self) -> bool:
        return self._attempt.stopping() or time.monotonic() - self._saved > EVERY

    def tell(self, row: Any) -> None:
        self._told = json.dumps(numbers(row))
        print(self._told)

    def further(self) -> None:
        """Something is kept, whatever ends the attempt next: that, and no row that was told, is progress."""
        self._attempt.progress(self._told)

    def drop(self) -> None:
        """Nothing has to go on from the checkpoints any more."""
        for path in self._files():
            path.unlink(missing_ok=True)

    def _go_on(self, kept: Any) -> Any:
        if kept is None:
            return None
        self._before, self._told = kept["seconds"], kept.get("told", self._told)
        return kept["state"]

    def _write(self, state: Any) -> None:
        kept = {"state": state, "seconds": self.seconds, "told": self._told, "processes": ranks.world_size()}
        _checkpoint.write(self._checkpoint, kept, self._attempt.guard)
        for path in self._files():
            if path.name.removeprefix(".") < self._checkpoint.name:
                path.unlink(missing_ok=True)
        self._saved = time.monotonic()
        self.further()

    def _files(self) -> list[Path]:
        """The checkpoints of all attempts, and what was being written of them."""
        return [*_checkpoints(self._stem), *self._stem.parent.glob(f".{self._stem.name}.*.pt")]


class RunJournal(FileJournal):
    """That of a run's training in `folder`, checkpoint.0001.pt; of several processes the first one reads and writes.

    They agree at each step on whether to save and to stop, whichever of them was asked to.
    """

    def __init__(self, folder: Path, attempt: Attempt) -> None:
        super().__init__(folder / TRAINING, attempt)
        self._folder = folder

    def probe(self, name: str) -> FileJournal:
        """That of a probe of this run, beside its record. Raises FileNotFoundError where the run's folder is gone."""
        (self._folder / "probes").mkdir(exist_ok=True)
        return FileJournal(self._folder / "probes" / name, self._attempt, self._told)

    def load(self) -> Any:
        """Raises ValueError for a checkpoint of another number of processes, which would go on to other numbers."""
        kept = ranks.broadcast(newest(self._stem) if ranks.rank() == 0 else None)
        if kept is None:
            return None
        wrote, here = kept.get("processes", 1), ranks.world_size()
        if wrote != here and not (self._folder / "record.json").exists():  # which says that training is over
            raise ValueError(
                f"the checkpoint in {self._folder} is of {wrote} processes, and this run has {here}: "
                f"go on with --processes {wrote}, or remove the checkpoint"
            )
        return self._go_on(kept)

    def save(self, state: Any) -> None:
        if ranks.rank() == 0:
            self._write(state)
        self._saved = time.monotonic()
        if ranks.any_of(self._attempt.stopping()):
            raise Stopped("saved")

    def due(self) -> bool:
        return ranks.any_of(super().due())

    def tell(self, row: Any) -> None:
        if ranks.rank() == 0:
            super().tell(row)


def checkpoints(folder: Path) -> list[Path]:
    """Those of training in a run's folder, that of the latest attempt last; there is one, but for accidents."""
    return _checkpoints(folder / TRAINING)


def newest(stem: Path) -> Any:
    """The newest whole checkpoint, {"state", "seconds", "told", "processes"}, or None; damaged ones are set aside."""
    for path in reversed(_checkpoints(stem)):
        try:
            return _checkpoint.read(path)
        except Damaged as problem:
            print(f"{problem}; set aside as {set_aside(path)}")
    return None


def _checkpoints(stem: Path) -> list[Path]:
    return sorted(stem.parent.glob(f"{stem.name}.*.pt"))


def numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    """The metrics, those of numpy and torch as Python's own. Raises TypeError for what is no number."""
    if not isinstance(metrics, Mapping):
        raise TypeError(f"metrics are a dictionary, such as {{'accuracy': 50.0}}, not {metrics!r}")
    found = {name: plain(metric) for name, metric in metrics.items()}
    for name, number in found.items():
        if not (isinstance(name, str) and isinstance(number, int | float)):
            raise TypeError(f"the metric {name!r} takes a number, not {number!r}")
    return found
