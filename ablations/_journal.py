"""The journal of a run: its one checkpoint, written by rename, and how it goes."""

import json
import os
import time
from pathlib import Path
from typing import Any

import torch

from slurm.attempts import Attempt, Stopped

EVERY = 180.0
"""Seconds between checkpoints inside a long epoch."""


class FileJournal:
    """Keeps the state of one attempt at a run in the run's folder; only the latest attempt may write.

    `seconds` is the training time so far, that of earlier attempts included up to their last checkpoint.
    """

    def __init__(self, folder: Path, attempt: Attempt) -> None:
        self._checkpoint, self._attempt = folder / "checkpoint.pt", attempt
        self._began = self._saved = time.monotonic()
        self._before = 0.0

    @property
    def seconds(self) -> float:
        return self._before + time.monotonic() - self._began

    def load(self) -> Any:
        if not self._checkpoint.exists():
            return None
        try:
            kept = torch.load(self._checkpoint, map_location="cpu", weights_only=True)
        except Exception as problem:  # torch names no type for a damaged file
            damaged = self._checkpoint.with_suffix(".damaged")
            self._checkpoint.replace(damaged)
            print(f"{self._checkpoint} is damaged ({problem}); set aside as {damaged.name}, starting over")
            return None
        self._before = kept["seconds"]
        return kept["state"]

    def save(self, state: Any) -> None:
        self._attempt.guard()
        temporary = self._checkpoint.with_name(f".checkpoint-{self._attempt.number}")
        with temporary.open("wb") as file:
            torch.save({"state": state, "seconds": self.seconds}, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._checkpoint)
        self._saved = time.monotonic()
        if self._attempt.stopping():
            raise Stopped("saved")

    def due(self) -> bool:
        return self._attempt.stopping() or time.monotonic() - self._saved > EVERY

    def tell(self, row: Any) -> None:
        print(json.dumps(row))
        self._attempt.progress(json.dumps(row))
