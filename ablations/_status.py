"""What became of each run of a study, from its table, its records and its leases; imports no torch."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from results.tables import read_table
from slurm.history import AttemptState, history

WORDS = ("done", "running", "to do", "stopped", "lost", "failed")
"""stopped: asked to, it goes on from its checkpoint; lost: died without a word, or its lease ran out; so it goes on."""


@dataclass(frozen=True)
class RunStatus:
    """One run: its `word` of WORDS, its settings as a table's row, and its latest attempt if there was one."""

    run: str
    word: str
    row: dict[str, Any]
    attempt: AttemptState | None

    @property
    def progress(self) -> dict[str, float]:
        """What the run said last: epoch, train_loss, ..."""
        try:
            said = json.loads(self.attempt.progress or "{}") if self.attempt else {}
        except ValueError:
            return {}
        return said if isinstance(said, dict) else {}

    @property
    def share(self) -> float:
        """How much of the run is behind it, 0 to 1, by its epochs."""
        epochs = self.row.get("epochs")
        known = isinstance(epochs, int) and epochs > 0
        return min(self.progress.get("epoch", 0) / epochs, 1.0) if known else 0.0  # type: ignore[operator]


@dataclass(frozen=True)
class StudyStatus:
    """One study at one scale; `seconds` is the mean time of its finished runs, None before there is one."""

    study: str
    scale: str
    runs: tuple[RunStatus, ...]
    seconds: float | None

    @property
    def counts(self) -> Counter[str]:
        """How many runs have each word."""
        return Counter(run.word for run in self.runs)

    @property
    def seconds_left(self) -> float | None:
        """Until all is done, if so many go on side by side as now; None where that is not known."""
        running = [run for run in self.runs if run.word == "running"]
        waiting = sum(run.word in ("to do", "stopped", "lost") for run in self.runs)
        if self.seconds is None or not running:
            return None
        return self.seconds * (waiting + sum(1 - run.share for run in running)) / len(running)


def study_statuses(results: Path, study: str | None = None) -> Iterator[StudyStatus]:
    """Each table in results/tables, or the study's alone. Raises ValueError if there is none."""
    paths = sorted((results / "tables").glob(f"{study or '*'}.*.parquet"))
    if not paths:
        tables = results / "tables"
        raise ValueError(f"{tables} has no table{f' of {study!r}' if study else ''}; python -m ablations.run makes one")
    for path in paths:
        table = read_table(path)
        name, scale = path.stem.rsplit(".", 1)
        rows: list[dict[Any, Any]] = table.astype(object).where(table.notna(), None).to_dict("records")
        taken = [row["seconds"] for row in rows if row["status"] == "done" and row["arm"] == "cell"]
        runs = tuple(_run_status(row, results / "runs" / row["run"]) for row in rows)
        yield StudyStatus(name, scale, runs, mean(taken) if taken else None)


def _run_status(row: dict[str, Any], folder: Path) -> RunStatus:
    """A row that is done stays so; elsewhere the records decide, then the latest attempt."""
    records = (folder / "record.json", *(folder / "probes" / f"{probe}.json" for probe in json.loads(row["probes"])))
    if row["status"] == "done" or all(record.exists() for record in records):
        return RunStatus(row["run"], "done", row, None)
    attempts = history(folder)
    if not attempts:
        return RunStatus(row["run"], "to do", row, None)
    word = {"done": "to do", "superseded": "running"}.get(attempts[-1].state, attempts[-1].state)
    return RunStatus(row["run"], word, row, attempts[-1])
