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
from functools import cache
from typing import Any

from ablations._code import code_hash
from core.value import canonical_fields, is_value

_OWN = {"part", "version", "source"}
_source = cache(code_hash)  # a function does not change once it is imported

Scalar = bool | int | float | str | list[Any] | None


def settings(instance: Any) -> dict[str, Scalar]:
    """All settings of a dataclass as one flat row: {"loss": "NTXent", "loss.temperature": 0.5, ...}."""
    return _settings(instance)


def changes(instance: Any) -> dict[str, Any]:
    """What differs from the defaults of the instance's class, each part compared with that part's own defaults."""
    described = _describe(instance)
    return {name: change for name, change in described.items() if name not in _OWN}


def run_id(experiment: Any, *also: Any) -> str:
    """12 hex digits for the experiment and whatever else decides its result: the data's fingerprint, the method."""
    described = json.dumps([_describe(experiment), [_describe(item) for item in also]], sort_keys=True)
    return hashlib.sha256(described.encode()).hexdigest()[:12]


def _settings(instance: Any) -> dict[str, Scalar]:
    row: dict[str, Scalar] = {}
    for name, setting in canonical_fields(instance).items():
        _flatten(name, setting, row)
    return row


def _flatten(name: str, setting: Any, row: dict[str, Scalar]) -> None:
    if dataclasses.is_dataclass(setting):
        row[name] = type(setting).__name__
        row |= {f"{name}.{inner}": scalar for inner, scalar in _kept(setting, "settings", _settings).items()}
    elif isinstance(setting, tuple) and any(not _is_plain(item) for item in setting):
        row[name] = " + ".join(type(item).__name__ for item in setting)
        for place, inner in enumerate(setting):
            _flatten(f"{name}.{place}", inner, row)
    elif isinstance(setting, tuple):
        row[name] = list(setting)
    elif _is_plain(setting):
        row[name] = setting
    elif inspect.isfunction(setting) or isinstance(setting, type):
        row[name] = setting.__qualname__
    else:
        raise _refused(setting)


def _describe(setting: Any) -> Any:
    """A value as JSON, in the one form it has."""
    if _is_plain(setting):
        return setting
    if isinstance(setting, tuple):
        return [_describe(item) for item in setting]
    if dataclasses.is_dataclass(setting) and not isinstance(setting, type):
        return _kept(setting, "described", _describe_part)
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
    given = canonical_fields(part)
    if taken := sorted(_OWN & given.keys()):
        raise TypeError(f"{kind.__name__}.{taken[0]}: a setting cannot have this name, which identity uses itself")
    defaults = _defaults(kind)
    for name, setting in given.items():
        change = _describe(setting)
        if change != defaults[name]:
            described[name] = change
    return described


@cache
def _defaults(kind: type) -> dict[str, Any]:
    return {field.name: _describe_default(field) for field in dataclasses.fields(kind)}


def _describe_default(field: "dataclasses.Field[Any]") -> Any:
    if field.default is not dataclasses.MISSING:
        return _describe(field.default)
    return _describe(field.default_factory()) if field.default_factory is not dataclasses.MISSING else ["required"]


def _kept(part: Any, name: str, make: Callable[[Any], Any]) -> Any:
    """`make(part)`, kept if it is a value: the parts of ten thousand experiments are the same few."""
    if not is_value(part):
        return make(part)
    if (id(part), name) not in _KEPT:
        _KEPT[id(part), name] = part, make(part)  # the part, too: then its id stays its own
    return _KEPT[id(part), name][1]


_KEPT: dict[tuple[int, str], tuple[Any, Any]] = {}


def _is_plain(setting: Any) -> bool:
    return setting is None or isinstance(setting, bool | int | float | str)
