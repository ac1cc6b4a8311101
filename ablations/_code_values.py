"""What one's own code uses beside code: numbers, arrays, parts, objects, as JSON that every process writes alike."""

import functools
import inspect
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass
from types import MappingProxyType, ModuleType, SimpleNamespace
from typing import Any

_SCALARS = bool | int | float | complex | str | bytes | None


def is_definition(value: Any) -> bool:
    """Whether it is a function or a class, whose source Python can show."""
    return inspect.isfunction(value) or isinstance(value, type)


@dataclass
class Values:
    """Writes values of one module; `collect` is given the functions and classes of it that they lead to.

    No place in memory, no path and no weight that chance initializes is written: they differ from process to process.
    """

    module: str
    collect: Callable[[Any], None]
    _met: dict[int, Any] = field(default_factory=dict)

    def around(self, definition: Any) -> Any:
        """What a function has beside its source: its attributes, and what the function around it left in it."""
        if not inspect.isfunction(definition) or definition.__globals__.get("__name__") != self.module:
            return None  # a library's, around a function whose source Python shows in its place
        inside = inspect.getclosurevars(definition).nonlocals if definition.__closure__ else {}
        kept = {name: value for name, value in vars(definition).items() if name != "__wrapped__"}
        return self.written({**inside, **kept}) if inside or kept else None

    def written(self, value: Any) -> Any:
        """The value as JSON; of what cannot be told, the name of its kind."""
        if isinstance(value, _SCALARS):
            return repr(value)
        if isinstance(value, ModuleType):
            return value.__name__
        if is_definition(value):
            return self._definition(value)
        if is_dataclass(value):
            parts = {part.name: getattr(value, part.name) for part in fields(value)}
            return [self.written(type(value)), self.written(parts)]
        if isinstance(value, dict | MappingProxyType):  # not os.environ, which is each process's own
            return [[self.written(part) for part in pair] for pair in value.items()]
        if isinstance(value, set | frozenset):
            return sorted(json.dumps(self.written(part)) for part in value)
        if isinstance(value, list | tuple):
            return [self.written(part) for part in value]
        return self._object(value)

    def _definition(self, value: Any) -> str:
        if value.__module__ == self.module:
            self.collect(value)
            return f"{value.__module__}.{value.__qualname__}"
        return _name(value)

    def _object(self, value: Any) -> Any:
        if hasattr(value, "__wrapped__"):  # by functools.cache, say
            return [_name(type(value)), self.written(value.__wrapped__)]
        if isinstance(value, functools.partial):
            return [self.written(part) for part in (value.func, value.args, value.keywords)]
        if inspect.ismethod(value):
            return [self.written(part) for part in (value.__func__, value.__self__)]
        if getattr(value, "requires_grad", False):
            return ["learned", list(value.shape)]
        if hasattr(value, "tolist"):
            return self.written(value.tolist())
        if isinstance(value, slice | range | re.Pattern) or type(value).__module__ == "torch":  # a dtype, a device
            return repr(value)
        if callable(value) and hasattr(value, "__name__"):  # built in
            return _name(value)
        return self._instance(value)

    def _instance(self, value: Any) -> Any:
        """An object by its class, and by what it holds: all of it if the class is of this file, else what is plain."""
        kind, held = type(value), getattr(value, "__dict__", {})
        if id(value) in self._met or isinstance(value, os.PathLike):
            return _name(kind)
        self._met[id(value)] = value
        if kind.__module__ != self.module and not isinstance(value, SimpleNamespace):
            # A library's object may hold what changes from process to process; a torch module, others.
            held = {name: part for name, part in held.items() if _is_setting(name, part)}
        return [self.written(kind), self.written(held)]


def _is_setting(name: str, part: Any) -> bool:
    if name.startswith("_"):
        return name == "_modules"
    parts = part.values() if isinstance(part, dict) else part if isinstance(part, list | tuple) else None
    # numbers in a library's list may be weights that chance initialized
    return isinstance(part, _SCALARS) or (parts is not None and not any(hasattr(one, "tolist") for one in parts))


def _name(definition: Any) -> str:
    """Its package and its name in it: where in the package it lies may change with the version."""
    package = (getattr(definition, "__module__", None) or "").partition(".")[0]
    return f"{package}:{getattr(definition, '__qualname__', None) or definition.__name__}"
