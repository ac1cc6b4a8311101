"""Who a run is: its settings as one flat row, its changes from the defaults, and its id, a hash of the changes.

Equal values written in different ways are one run. A new field with a default keeps every old id. A part whose meaning
changes raises its class attribute `version`. One's own functions and classes are known by name and source: edit them
and it is another run.
"""

import dataclasses
import hashlib
import inspect
import json
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

from ablations._code import code_hash
from core.value import canonical, canonical_fields, declared_types, is_value

_OWN = {"part", "version", "source"}
_source = cache(code_hash)  # a function does not change once it is imported

_PLAIN = (bool, int, float, str, type(None))
Scalar = bool | int | float | str | list[Any] | None


def settings(instance: Any) -> dict[str, Scalar]:
    """All settings of a dataclass as one flat row: {"loss": "NTXent", "loss.temperature": 0.5, ...}."""
    row: dict[str, Scalar] = {}
    for name, setting in canonical_fields(instance).items():
        if isinstance(setting, _PLAIN):
            row[name] = setting
        else:
            row |= _kept(_columns, setting, name)
    return row


def changes(instance: Any) -> dict[str, Any]:
    """What differs from the defaults of the instance's class, each part compared with that part's own defaults."""
    described = _describe(instance)
    return {name: change for name, change in described.items() if name not in _OWN}


def run_id(experiment: Any, *also: Any) -> str:
    """12 hex digits for the experiment and whatever else decides its result: the data's fingerprint, the method."""
    described = json.dumps([_describe(experiment), [_describe(item) for item in also]], sort_keys=True)
    return hashlib.sha256(described.encode()).hexdigest()[:12]


def _columns(setting: Any, name: str) -> dict[str, Scalar]:
    """The part of the row that one setting is: itself as `name`, and what it is made of."""
    if isinstance(setting, _PLAIN):
        return {name: setting}
    if isinstance(setting, type) and dataclasses.is_dataclass(setting):
        raise TypeError(f"{name} takes a value, not {setting!r}: write () after the name")
    if dataclasses.is_dataclass(setting):
        inside = {f"{name}.{inner}": scalar for inner, scalar in settings(setting).items()}
        return {name: type(setting).__name__} | inside
    if isinstance(setting, tuple) and all(isinstance(item, _PLAIN) for item in setting):
        return {name: list(setting)}
    if isinstance(setting, tuple):
        row: dict[str, Scalar] = {name: " + ".join(map(_name, setting))}
        for place, item in enumerate(setting):
            row |= _columns(item, f"{name}.{place}")
        return row
    if inspect.isfunction(setting) or isinstance(setting, type):
        return {name: _name(setting)}
    raise _refused(setting)


def _name(part: Any) -> str:
    name: str = part.__qualname__ if inspect.isfunction(part) or isinstance(part, type) else type(part).__name__
    return name


def _describe(setting: Any) -> Any:
    """A value as JSON, in the one form it has."""
    if isinstance(setting, _PLAIN):
        return setting
    if isinstance(setting, tuple):
        return [_describe(item) for item in setting]
    if dataclasses.is_dataclass(setting) and not isinstance(setting, type):
        return _kept(_describe_part, setting)
    if inspect.isfunction(setting) or isinstance(setting, type):
        return {"function": f"{setting.__module__}.{setting.__qualname__}", "source": _source(setting)}
    raise _refused(setting)


def _refused(setting: Any) -> TypeError:
    kinds = "a plain value, a tuple, a frozen dataclass or a module-level function"
    return TypeError(f"a setting is {kinds}, not {setting!r}")


def _describe_part(part: Any) -> dict[str, Any]:
    kind: Any = type(part)
    described: dict[str, Any] = {"part": kind.__name__}
    if getattr(kind, "version", 1) != 1:
        described["version"] = kind.version
    if kind.__module__.split(".")[0] != "core":
        described["part"] = f"{kind.__module__}.{kind.__qualname__}"
        described["source"] = _source(kind)
    defaults = _defaults(kind)
    for name, setting in canonical_fields(part).items():
        change = _describe(setting)
        if not _is_same(change, defaults[name]):
            described[name] = change
    return described


@cache
def _defaults(kind: type) -> dict[str, Any]:
    if taken := sorted(_OWN & {field.name for field in dataclasses.fields(kind)}):
        raise TypeError(f"{kind.__name__}.{taken[0]}: a setting cannot have this name, which identity uses itself")
    declared = declared_types(kind)
    return {field.name: _describe_default(field, declared[field.name]) for field in dataclasses.fields(kind)}


def _describe_default(field: "dataclasses.Field[Any]", declared: Any) -> Any:
    given = field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
    if given is dataclasses.MISSING:
        return ["required"]
    with suppress(TypeError, ValueError):  # one that the type does not allow is no value's
        given = canonical(given, declared, field.name)
    return _describe(given)


def _is_same(change: Any, default: Any) -> bool:
    """Whether these are one as JSON, where True is not 1."""
    if type(change) is not type(default) or change != default:
        return False
    return isinstance(change, _PLAIN) or json.dumps(change, sort_keys=True) == json.dumps(default, sort_keys=True)


def _kept(make: Callable[..., Any], part: Any, *also: Any) -> Any:
    """`make(part, *also)`, kept if it is a value: the parts of ten thousand experiments are the same few."""
    if not is_value(part):
        return make(part, *also)
    key = make, id(part), *also
    if key not in _KEPT:
        _KEPT[key] = part, make(part, *also)  # the part, too: then its id stays its own
    return _KEPT[key][1]


_KEPT: dict[tuple[Any, ...], tuple[Any, Any]] = {}
