"""What runs cost, from the records of those that have run and from a few steps that were timed."""

import heapq
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from ablations._plan import Run
from results.damage import Damaged
from results.records import read, record_paths, training_records

DECIDES = ("dataset", "image_size", "views", "batch_size", "bn_batch", "precision")
"""The settings that decide how long a step takes, beside what `kind` takes of the parts."""
IsLike = Callable[[Mapping[str, Any]], bool]
"""Whether a machine, as the provenance of a record tells it, is like those in question."""


ESTIMATED = "by an estimate"
"""How a reason begins that nobody has measured."""


@dataclass(frozen=True)
class Cost:
    """What a kind of run takes on a machine.

    seconds: of a step, None where memory did not suffice; memory: peak bytes of "memory" and "GPU memory" (of each).
    """

    seconds: float | None
    memory: Mapping[str, int]
    by: str = "by timing a few steps"


@dataclass(frozen=True)
class Recorded:
    """What finished runs took: the seconds of an epoch by (kind, images), and those of all probes by encoder."""

    epochs: Mapping[tuple[str, Any], float]
    probes: Mapping[str, float]


@dataclass(frozen=True)
class Price:
    """What a run will take. seconds: of training, None where unknown; probes: theirs, None where no record tells.

    reason: what tells the seconds, or why nothing does. memory: peak bytes by kind of memory, as far as known.
    """

    run: Run
    seconds: float | None
    probes: float | None
    reason: str
    memory: Mapping[str, int]

    @property
    def is_measured(self) -> bool:
        """Whether records or timings of such a machine tell it."""
        return self.seconds is not None and not self.reason.startswith(ESTIMATED)


def price(run: Run, steps: int, known: Recorded, cost: Cost | str) -> Price:
    """The price of so many steps and of the probes; a record beats the timing `cost`.

    cost: of a step on a like machine, or in words why nobody knows.
    """
    epoch = known.epochs.get((kind(run.settings), run.settings.get("images")))
    seconds, reason = _training(run, steps, epoch, cost)
    memory = {} if isinstance(cost, str) else cost.memory
    return Price(run, seconds, known.probes.get(encoder_kind(run.settings)), reason, memory)


def wall(seconds: Sequence[float], at_a_time: int) -> float:
    """When the last of these ends if so many go side by side, each taking the next in order."""
    ends = [0.0] * at_a_time
    for one in seconds:
        heapq.heapreplace(ends, ends[0] + one)
    return max(ends)


def recorded(results: Path, is_like: IsLike, probes: Sequence[str] = ()) -> Recorded:
    """What records of finished runs on like machines tell: the mean of each kind, and of the probes with these ids."""
    taken, probed = defaultdict[tuple[str, Any], list[float]](list), defaultdict[str, list[float]](list)
    for path in training_records(results / "runs"):
        with suppress(Damaged):
            record = read(path)
            if record and is_like(record["provenance"]):
                row = record["settings"]
                if (seconds := _probe_seconds(path.parent, probes)) is not None:
                    probed[encoder_kind(row)].append(seconds)
                if epochs := row.get("epochs", 1):
                    taken[kind(row), row.get("images")].append(record["provenance"]["seconds"] / epochs)
    epochs_of = {of: mean(each) for of, each in taken.items()}
    return Recorded(epochs_of, {of: mean(each) for of, each in probed.items()})


def mean_seconds(results: Path, runs: Sequence[Run], partition: str | None, processes: int = 1) -> float | None:
    """The mean seconds of training of these runs, where finished ones on this partition tell; None where none does."""
    known = recorded(results, on_partition(partition, processes)).epochs
    rows = [dict[str, Any](run.settings) for run in runs]
    told = [(known.get((kind(row), row.get("images"))), row.get("epochs", 1)) for row in rows]
    taken = [epoch * epochs for epoch, epochs in told if epoch is not None]
    return mean(taken) if taken else None


def on_partition(partition: str | None, processes: int) -> IsLike:
    """Whether a run had so many processes on this partition of a cluster; on any, where SLURM is to choose."""

    def is_like(machine: Mapping[str, Any]) -> bool:
        there = machine.get("partition")
        return (there == partition if partition else bool(there)) and machine.get("processes", 1) == processes

    return is_like


def kind(row: Mapping[str, Any]) -> str:
    """The settings that decide how long a step takes, as text; of other parts than encoder and head only the names."""
    sizes = {name: row[name] for name in row if name.startswith(("encoder", "head"))}
    parts = {name: row[name] for name in row if name.startswith(("prepare", "augment", "loss", "optimizer"))}
    classes = {name: part for name, part in parts.items() if isinstance(part, str)}
    return json.dumps({**{name: row.get(name) for name in DECIDES}, **sizes, **classes}, sort_keys=True)


def encoder_kind(row: Mapping[str, Any]) -> str:
    """What decides how long probes of a run with these settings take: they see its encoder and its images alone."""
    names = [name for name in row if name in ("dataset", "image_size", "precision") or name.startswith("encoder")]
    return json.dumps({name: row[name] for name in names}, sort_keys=True)


def _training(run: Run, steps: int, epoch: float | None, cost: Cost | str) -> tuple[float | None, str]:
    """The seconds of training and what tells them, or None and why nothing does."""
    if steps == 0:
        return 0.0, "without training"
    if epoch is not None:
        return epoch * run.settings["epochs"], "by records"
    if isinstance(cost, str):
        return None, cost
    return (None, "it runs out of memory") if cost.seconds is None else (cost.seconds * steps, cost.by)


def _probe_seconds(run: Path, probes: Sequence[str]) -> float | None:
    """What the probes with these ids took on this run; None where one has no record."""
    with suppress(Damaged):
        records = [read(path) for path in record_paths(run, probes)[1:]]
        if all(records):
            return sum((record["seconds"] for record in records if record), 0.0)
    return None
