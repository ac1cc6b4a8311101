"""What is recorded of one run, the same from its records as from a table's row, and in what two runs differ."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PLAN = ("run", "arm", "seed", "probes", "status", "failure", "seconds")
"""Columns of a table that are neither settings nor measured."""
PROVENANCE, PREDICTIONS = "provenance.", "predictions."
"""How such columns of a table begin."""
LIKE = ("source", "cpu", "threads", "processes", "device", "versions.", "probes")
"""What decides the bits of a run beside its settings and images: provenance with these names."""


def spoken(name: str) -> str:
    """A metric or a setting as a reader sees it: "linear top-1"."""
    return name.replace("_", " ").replace("top1", "top-1").replace("top5", "top-5")


@dataclass(frozen=True)
class Facts:
    """settings: one flat row. measured: metrics, "history" (a list of rows), "predictions.<name>" (class numbers).

    provenance: commit, source, cpu, threads, device, "versions.torch", ..., one flat row; "probes", as probed_elsewhere
    says it. None of them holds a None.
    """

    run: str
    settings: Mapping[str, Any]
    measured: Mapping[str, Any]
    provenance: Mapping[str, Any]


def of_records(training: Mapping[str, Any], probes: Sequence[Mapping[str, Any]] = ()) -> Facts:
    """What the record of a run's training and those of its probes say."""
    measured: dict[str, Any] = {"history": training.get("history", [])}
    for record in (training, *probes):
        measured |= measured_of(record)
    provenance = {**flat(training.get("provenance", {})), "probes": probed_elsewhere(training, probes)}
    return Facts(training["run"], _known(training.get("settings", {})), _known(measured), _known(provenance))


def measured_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """The metrics of one record, and its predictions as a table's columns name them."""
    predictions = {f"{PREDICTIONS}{name}": classes for name, classes in record.get("predictions", {}).items()}
    return {**record.get("metrics", {}), **predictions}


def flat(provenance: Mapping[str, Any]) -> dict[str, Any]:
    """A record's provenance as one row: "versions.torch"."""
    others = {name: cell for name, cell in provenance.items() if name != "versions"}
    return others | {f"versions.{name}": text for name, text in provenance.get("versions", {}).items()}


def probed_elsewhere(training: Mapping[str, Any], probes: Sequence[Mapping[str, Any]]) -> str | None:
    """What decides bits and was another where probes measured: "cpu AMD EPYC, AVX512; source 8f3a"; None if nothing.

    Records of probes tell it since 2026-11-28; those before tell nothing.
    """
    trained, told = flat(training.get("provenance", {})), dict[str, None]()
    for probed in (flat(record["provenance"]) for record in probes if "provenance" in record):
        apart = (name for name in differing(trained, probed) if name.startswith(LIKE))
        told |= dict.fromkeys(f"{name} {probed.get(name)}" for name in apart)
    return "; ".join(told) or None


def of_row(row: Mapping[str, Any], base: Mapping[str, Any]) -> Facts:
    """What a table's row says, as read_rows gives it; `base` is the study's, which knows the names of the settings."""
    settings = {name: cell for name, cell in row.items() if is_setting(name, base)}
    others = {name: cell for name, cell in row.items() if name not in settings and name not in PLAN}
    provenance = {name.removeprefix(PROVENANCE): cell for name, cell in others.items() if name.startswith(PROVENANCE)}
    measured = {name: cell for name, cell in others.items() if not name.startswith(PROVENANCE)}
    measured |= {name: cell.tolist() for name, cell in measured.items() if hasattr(cell, "tolist")}
    if measured.get("history") is not None:
        measured["history"] = json.loads(measured["history"])
    return Facts(row["run"], _known(settings), _known(measured), _known(provenance))


def is_setting(column: str, base: Collection[str]) -> bool:
    """Whether this column of a table holds a setting: a field of the base experiment, or one of a part."""
    return column.partition(".")[0] in base


def is_accuracy(metric: str) -> bool:
    """Whether a metric, or the paper's value, of this name counts right answers, in percent."""
    return not {"top1", "top5", "acc", "accuracy"}.isdisjoint(metric.split("_"))


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """The names under which two of these mappings hold unlike values; what is absent is unlike all."""
    return [name for name in {**one, **other} if written(one.get(name)) != written(other.get(name))]


def unlike(one: Facts, other: Facts) -> list[str]:
    """The provenance that decides bits and differs: source, versions, processor, threads, device."""
    return [name for name in differing(one.provenance, other.provenance) if name.startswith(LIKE)]


def _known(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: cell for name, cell in row.items() if cell is not None}


def written(cell: Any) -> Any:
    """A cell so that 16, 16.0 and "16" are one: the type of a column depends on what else is in it."""
    if isinstance(cell, list | tuple):
        return json.dumps(cell, sort_keys=True)
    try:
        number = float(str(cell))
    except ValueError:
        return str(cell)
    return number if number == number else str(cell)
