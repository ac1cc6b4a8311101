"""What became of each run of a study, from its table, its records and its leases; imports no torch."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from ablations._tune import WAITING
from results.archive import archived
from results.cell_names import cell_names
from results.records import UNPLANNED, record_paths, state
from results.table_files import table_names, table_path
from results.tables import about, read_rows
from slurm.history import AttemptState, history, standing
from slurm.names import job_name
from slurm.queue import Worker, queue

WAITS = "waits for tuning"
WORDS = ("done", "running", "queued", "to do", WAITS, "stopped", "lost", "failed")
"""queued: not running, but the study has workers; stopped: asked to; lost: killed, or its lease ran out. A run that is
stopped or lost goes on from its checkpoint when somebody takes it up. One that waits for tuning has no id to be trained
by yet."""
COLUMNS = ("run", "arm", "seed", "status", "probes", "epochs", "seconds")
"""What of a table's row is needed beside what varies: all of it would be slow to read where there are many runs."""


@dataclass(frozen=True)
class RunStatus:
    """One run: its `word` of WORDS, its settings as a table's row, and its latest attempt if there was one.

    cell: the settings that vary in its study, in words. ended: when its records were written, in seconds since 1970, if
    the table does not know of them yet.
    """

    run: str
    word: str
    row: dict[str, Any]
    attempt: AttemptState | None
    cell: str
    ended: float | None = None

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
    """One study at one scale.

    `seconds` is the mean time of its finished runs, None before there is one; `workers` are those that SLURM shows.
    """

    study: str
    scale: str
    runs: tuple[RunStatus, ...]
    seconds: float | None
    workers: tuple[Worker, ...]

    @property
    def counts(self) -> Counter[str]:
        """How many runs have each word."""
        return Counter(run.word for run in self.runs)


def study_statuses(results: Path, study: str | None = None) -> Iterator[StudyStatus]:
    """Each table in results/tables, or the study's alone. Raises ValueError if there is none."""
    named = table_names(results, [study] if study else ())
    names = {worker_name(results, *one): one for one in named}
    workers = queue(names, results / "slurm").workers if (results / "slurm").exists() else ()
    for name, scale in named:
        path = table_path(results, name, scale)
        varied = [setting for setting in about(path).get("varied", ()) if setting not in COLUMNS]
        table = read_rows(path, (*COLUMNS, *varied))
        mine = tuple(worker for worker in workers if names[worker.name] == (name, scale))
        rows = [row for row in table if row["arm"] != UNPLANNED]
        taken = [row["seconds"] for row in rows if row["status"] == "done" and row["arm"] == "cell"]
        cells = cell_names([row["arm"] for row in rows], {one: [row.get(one) for row in rows] for one in varied})
        runs = tuple(
            _run_status(row, f"{cell}, seed {row.get('seed', 0)}", results / "runs" / row["run"], bool(mine))
            for row, cell in zip(rows, cells, strict=True)
        )
        yield StudyStatus(name, scale, runs, mean(taken) if taken else None, mine)


def worker_name(results: Path, study: str, scale: str) -> str:
    """The name of the study's jobs on SLURM."""
    return job_name(f"{study}.{scale}", results.resolve() / "runs")


def _run_status(row: dict[str, Any], cell: str, folder: Path, has_workers: bool) -> RunStatus:
    """A row that is done stays so; elsewhere the records decide, then the latest attempt."""
    if row["run"].startswith(WAITING):
        return RunStatus(row["run"], WAITS, row, None, cell)
    records = record_paths(folder, json.loads(row["probes"]))
    if row["status"] == "done":
        return RunStatus(row["run"], "done", row, None, cell)
    if state(folder, (path.exists() or bool(archived(path)) for path in records)) == "done":
        written = max((path.stat().st_mtime for path in records if path.exists()), default=None)
        return RunStatus(row["run"], "done", row, None, cell, written)
    latest = next(reversed(history(folder)), None)
    word = standing(latest)
    if has_workers and word in ("to do", "stopped", "lost"):
        word = "queued"
    return RunStatus(row["run"], word, row, latest, cell)
