"""Why a record or a row from elsewhere cannot be one of ours: a table that took it would be spoiled."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal

from results.facts import PLAN, PREDICTIONS, PROVENANCE, is_setting, measured_of

CLASSES = 1 << 16
"""Class numbers are below it."""
PARTS = dict.fromkeys(("settings", "metrics", "provenance", "predictions", "probe"), (dict,))
KINDS: dict[str, tuple[type, ...]] = {**PARTS, "history": (list,), "seconds": (int, float)}
NEEDS = {"training": ("settings", "metrics", "history", "provenance"), "probe": ("metrics", "seconds")}
"""What a record has in any case, by what it is of."""


def strange_record(
    of: Literal["training", "probe"], record: Mapping[str, Any], settings: Collection[str]
) -> str | None:
    """What is wrong with a record whose metrics must not have the names of these settings; None if nothing is."""
    if lacking := [name for name in NEEDS[of] if name not in record]:
        return f"it lacks {', '.join(lacking)}"
    for name, kinds in KINDS.items():
        if name in record and not (isinstance(record[name], kinds) and type(record[name]) is not bool):
            return f"its {name} are not what a record has"
    provenance = dict(record.get("provenance", {}))
    versions = provenance.pop("versions", {})
    about = [*record.get("settings", {}).values(), *record.get("probe", {}).values()]
    cells = [item for cell in about for item in (cell if isinstance(cell, list) else [cell])]
    if not isinstance(versions, dict) or not are_plain([*cells, *provenance.values(), *versions.values()]):
        return "its settings or its provenance are no plain values"
    if of == "training" and not isinstance(provenance.get("seconds"), int | float):
        return "its seconds are no number"
    history = {"history": record["history"]} if "history" in record else {}
    if "history" in record.get("metrics", {}):
        return "it has a metric named 'history', which is no metric's name"
    return strange({**measured_of(record), **history}, settings)


def strange(measured: Mapping[str, Any], settings: Collection[str]) -> str | None:
    """Why these are no metrics, history and predictions of a run with these settings; None if they are."""
    parts = {name.partition(".")[0] for name in settings}
    for name, cell in measured.items():
        if name in PLAN or is_setting(name, parts) or name.startswith(PROVENANCE) or not name:
            return f"it has a metric named {name!r}, which is no metric's name"
        if not _is_measured(name, cell):
            return f"its {name!r} is not what a run measures"
    return None


def are_plain(cells: Iterable[Any]) -> bool:
    """Whether each is a scalar that a table can hold."""
    return all(
        cell is None or isinstance(cell, float | str) or (isinstance(cell, int) and abs(cell) < 1 << 63)
        for cell in cells
    )


def _is_measured(name: str, cell: Any) -> bool:
    if name == "history":
        return isinstance(cell, list) and all(isinstance(row, dict) and are_plain(row.values()) for row in cell)
    if name.startswith(PREDICTIONS):
        return isinstance(cell, list) and all(type(label) is int and 0 <= label < CLASSES for label in cell)
    return are_plain([cell]) and not isinstance(cell, str)
