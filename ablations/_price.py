"""What a run costs, from the records of those that have run."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from statistics import mean
from typing import Any

from ablations._identity import settings
from ablations._plan import Run
from results.records import Damaged, read

DECIDES = ("dataset", "images", "image_size", "views", "encoder", "encoder.depth", "encoder.width", "epochs")
"""The settings that decide how long a run takes, but for small change."""


def mean_seconds(results: Path, runs: Sequence[Run], partition: str | None) -> float | None:
    """The mean seconds of training of the finished runs on this partition that are like these; None without any."""
    wanted = {_kind(settings(run.experiment)) for run in runs}
    taken = []
    for path in sorted((results / "runs").glob("*/record.json")):
        with suppress(Damaged):
            record = read(path) or {"settings": {}, "provenance": {}}
            there = record["provenance"].get("partition") == partition
            if there and _kind(record["settings"]) in wanted:
                taken.append(float(record["provenance"]["seconds"]))
    return mean(taken) if taken else None


def _kind(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row.get(name) for name in DECIDES)
