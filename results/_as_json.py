"""Frozen dataclasses as JSON and back: {"class": "Cells", **fields}; lists become tuples."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any


def to_json(value: Any) -> Any:
    """A dataclass, and those inside it, as mappings that name their class."""
    if is_dataclass(value):
        return {"class": type(value).__name__} | {
            part.name: to_json(getattr(value, part.name)) for part in fields(value)
        }
    return [to_json(part) for part in value] if isinstance(value, list | tuple) else value


def from_json(about: Any, classes: Mapping[str, Any]) -> Any:
    """What to_json described. Raises ValueError on an unknown class or field."""
    if isinstance(about, list):
        return tuple(from_json(part, classes) for part in about)
    if not isinstance(about, dict):
        return about
    kind = classes.get(about.get("class", ""))
    if kind is None:
        raise ValueError(f"a class here is one of {', '.join(classes)}, not {about.get('class')!r}")
    given = {name: from_json(part, classes) for name, part in about.items() if name != "class"}
    if unknown := given.keys() - {part.name for part in fields(kind)}:
        raise ValueError(f"{kind.__name__} has no field {', '.join(sorted(unknown))}")
    return kind(**given)
