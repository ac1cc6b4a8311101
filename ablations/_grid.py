"""Grids: an eager tuple of changes, each a mapping from setting to value, and the four ways to combine them.

A dotted name changes a field of a part: `vary(**{"loss.temperature": [0.1, 0.5]})`.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Any

from core.value import replace
from results.nearest import nearest_or_all

Change = Mapping[str, Any]
Parts = dict[tuple[int, str, int], Any]
"""Changed parts, by the id() of the part, the setting's name, and the id() of its value."""


@dataclass(frozen=True)
class Grid:
    """`*` crosses two grids, `+` joins them; a comprehension is a way out: `Grid(tuple({...} for ...))`."""

    changes: tuple[Change, ...]

    def __mul__(self, other: "Grid") -> "Grid":
        if not isinstance(other, Grid):
            return NotImplemented
        return Grid(tuple(_merge(mine, theirs) for mine in self.changes for theirs in other.changes))

    def __add__(self, other: "Grid") -> "Grid":
        if not isinstance(other, Grid):
            return NotImplemented
        return Grid(self.changes + other.changes)

    def __iter__(self) -> Iterator[Change]:
        return iter(self.changes)

    def __len__(self) -> int:
        return len(self.changes)


def vary(**axes: Iterable[Any]) -> Grid:
    """Every combination of the axes' values: `vary(head=[Linear(), MLP()], seed=range(3))`, 6 changes."""
    values = {name: _axis(name, given) for name, given in axes.items()}
    return Grid(tuple(dict(zip(values, point, strict=True)) for point in itertools.product(*values.values())))


def paired(**axes: Iterable[Any]) -> Grid:
    """The axes side by side, which must be equally long: `paired(width=[1, 2], batch_size=[512, 256])`, 2 changes."""
    values = {name: _axis(name, given) for name, given in axes.items()}
    lengths = {name: len(given) for name, given in values.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"paired takes axes of one length, not {lengths}")
    return Grid(tuple(dict(zip(values, point, strict=True)) for point in zip(*values.values(), strict=True)))


def apply_all(base: Any, changes: Sequence[Change]) -> Iterator[Any]:
    """`base` with each of the changes, one at a time; those that change a part alike share it."""
    made: Parts = {}  # the changes outlive it, so that no id() in it becomes another's
    return (apply(base, change, made) for change in changes)


def apply(base: Any, change: Change, made: Parts | None = None) -> Any:
    """`base` with the change; a misspelt setting is a TypeError that names the right ones.

    made: the parts that earlier changes made, and where this one's go.
    """
    made = {} if made is None else made
    _check_names(base, (name.partition(".")[0] for name in change))
    given = {name: setting for name, setting in change.items() if "." not in name}
    for name, setting in change.items():
        part, dot, rest = name.partition(".")
        if dot:
            inner = given.get(part, getattr(base, part))
            if not is_dataclass(inner):
                raise TypeError(f"{name}: {part} is {inner!r} here, which has no settings of its own")
            key = id(inner), rest, id(setting)
            if key not in made:
                made[key] = apply(inner, {rest: setting}, made)
            given[part] = made[key]
    return replace(base, **given)


def _axis(name: str, given: Iterable[Any]) -> list[Any]:
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise TypeError(f"the axis {name} takes a list of values, not {given!r}")
    return list(given)


def _merge(mine: Change, theirs: Change) -> Change:
    both = sorted(set(mine) & set(theirs))
    if both:
        raise ValueError(f"two grids that are crossed both set {', '.join(both)}")
    return {**mine, **theirs}


def _check_names(instance: Any, names: Iterable[str]) -> None:
    kind: Any = type(instance)
    known = _names(kind)
    for name in names:
        if name not in known:
            raise TypeError(f"{kind.__name__} has no setting {name!r}{nearest_or_all(name, known, 'it has')}")


@cache  # ten thousand experiments are of one kind
def _names(kind: Any) -> list[str]:
    return [field.name for field in fields(kind)]
