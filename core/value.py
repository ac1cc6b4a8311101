"""Values: frozen dataclasses whose fields are canonical, so that one setting written in two ways is one setting.

A field is checked and converted by its declared type when the value is made: a float field holds floats, bool is only
bool, sequences are tuples, NaN is refused. Identity (ablations) stands on this.
"""

import dataclasses
import math
import types
from collections.abc import Callable
from functools import cache
from typing import Any, Literal, TypeVar, Union, dataclass_transform, get_args, get_origin, get_type_hints

T = TypeVar("T")

_VALUES: dict[type, Callable[[Any], None]] = {}
"""The classes made by `value`, each with its own checks."""


@dataclass_transform(frozen_default=True)
def value(cls: type[T]) -> type[T]:
    """Make `cls` a frozen dataclass whose fields are canonical; its own `__post_init__` then checks ranges."""
    checks = cls.__dict__.get("__post_init__", lambda self: None)

    def __post_init__(self: Any) -> None:  # noqa: N807 (a method, attached below)
        vars(self).update(_canonical_fields(self))
        checks(self)

    cls.__post_init__ = __post_init__  # type: ignore[attr-defined]
    made = dataclasses.dataclass(frozen=True)(cls)
    _VALUES[made] = checks
    return made


def replace(instance: T, **given: Any) -> T:
    """As `dataclasses.replace`; the fields of a value that are not given are canonical already, and left alone."""
    kind: Any = type(instance)
    if kind not in _VALUES or not given.keys() <= (declared := declared_types(kind)).keys():
        return dataclasses.replace(instance, **given)  # type: ignore[type-var] # whose error names what is misspelt
    made: T = object.__new__(kind)
    names = [name for name in declared if name in given]  # in this order, so that of two errors the same one is raised
    new = {name: canonical(given[name], declared[name], f"{kind.__name__}.{name}") for name in names}
    vars(made).update({**vars(instance), **new})
    _VALUES[kind](made)
    return made


def is_value(instance: Any) -> bool:
    """Whether it is an instance of a class made by `value`: frozen, its fields canonical."""
    return type(instance) in _VALUES


def canonical_fields(instance: Any) -> dict[str, Any]:
    """The fields of a dataclass, each in the one form that its declared type has.

    Raises TypeError or ValueError, naming the field, the value and what would be right.
    """
    kind: Any = type(instance)
    if kind in _VALUES:  # made canonical, and frozen since
        return {name: getattr(instance, name) for name in declared_types(kind)}
    return _canonical_fields(instance)


def _canonical_fields(instance: Any) -> dict[str, Any]:
    kind: Any = type(instance)
    return {
        name: canonical(getattr(instance, name), declared, f"{kind.__name__}.{name}")
        for name, declared in declared_types(kind).items()
    }


@cache
def declared_types(kind: type) -> dict[str, Any]:
    """The declared type of each field of a dataclass."""
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def canonical(given: Any, declared: Any, name: str) -> Any:
    """`given` in the form that the type `declared` has; `name` is for the message."""
    if (type(given) is declared and declared is not float) or (declared is Any and type(given) in _VALUES):
        return given  # what follows would find nothing to change
    given = plain(given)
    origin, arguments = get_origin(declared), get_args(declared)
    if origin in (Union, types.UnionType):
        return _one_of(given, arguments, name)
    if origin is Literal:
        same = any(type(given) is type(choice) and given == choice for choice in arguments)  # True == 1 == 1.0
        check(same, f"{name} takes one of {', '.join(map(repr, arguments))}, not {given!r}")
        return given
    if origin is tuple:
        return _tuple(given, arguments, name)
    if declared in (bool, int, float, str, types.NoneType):
        return _scalar(given, declared, name)
    if origin is Callable:
        check(callable(given), f"{name} takes a function or a value that can be called, not {given!r}", TypeError)
    if isinstance(given, types.FunctionType):
        importable = given.__name__ != "<lambda>" and given.__closure__ is None and "<locals>" not in given.__qualname__
        check(importable, f"{name} takes a module-level function: a lambda or closure has no name to be found by")
    elif isinstance(declared, type) and declared is not Any:
        check(isinstance(given, declared), f"{name} takes a {declared.__name__}, not {given!r}", TypeError)
    return given


def plain(given: Any) -> Any:
    """A scalar of numpy or torch as Python's own; anything else as it is."""
    return given.item() if hasattr(given, "item") and getattr(given, "shape", None) == () else given


def check(holds: bool, message: str, error: type[Exception] = ValueError) -> None:
    """Raise `error(message)` unless `holds`."""
    if not holds:
        raise error(message)


def _one_of(given: Any, choices: tuple[Any, ...], name: str) -> Any:
    problems: list[Exception] = []
    if given is None and types.NoneType in choices:
        return None
    for choice in choices:
        try:
            return canonical(given, choice, name)
        except (TypeError, ValueError) as problem:
            problems.append(problem)
    first = str(problems[0])
    raise type(problems[0])(first.replace(", not ", ", or None, not ", 1) if types.NoneType in choices else first)


def _tuple(given: Any, arguments: tuple[Any, ...], name: str) -> tuple[Any, ...]:
    check(isinstance(given, list | tuple | range), f"{name} takes a sequence, not {given!r}", TypeError)
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        arguments = (arguments[0],) * len(given)
    check(len(given) == len(arguments), f"{name} takes {len(arguments)} values, not {given!r}")
    return tuple(canonical(item, declared, name) for item, declared in zip(given, arguments, strict=True))


def _scalar(given: Any, declared: Callable[[Any], Any], name: str) -> Any:
    if declared is float and type(given) in (int, float):
        check(not math.isnan(given), f"{name} takes a number, not NaN")
        return float(given) + 0.0  # -0.0 is 0.0
    check(type(given) is declared, f"{name} takes {_NAMES[declared]}, not {given!r}", TypeError)
    return given


_NAMES: dict[Any, str] = {bool: "True or False", int: "a whole number", float: "a number", str: "text"}
_NAMES[types.NoneType] = "None"
