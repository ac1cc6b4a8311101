"""The identity of one's own code: a function or class by its syntax, with what it uses of its own file."""

import ast
import hashlib
import inspect
import json
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from types import ModuleType
from typing import Any

OURS = ("ablations", "core", "results", "slurm")


def code_hash(definition: Any) -> str:
    """16 hex digits for a function or class and the functions, classes and values of its file that it names.

    Values are numbers, text, parts, arrays, and lists, tuples, sets and mappings of such. Comments and layout do not
    count, nor does the version of Python. Other files do not either: provenance holds the hash of all that a study
    imports.
    """
    found: dict[str, Any] = {}
    _collect(definition, found)
    return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()[:16]


def _collect(definition: Any, found: dict[str, Any]) -> None:
    name = f"{definition.__module__}.{definition.__qualname__}"
    if name in found:
        return
    tree, module = _syntax(definition), sys.modules.get(definition.__module__)
    found[name] = _plain(tree)
    if tree is None or module is None or not _is_own(module):
        return
    named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for used in sorted(name for name in named & vars(module).keys() if not name.startswith("__")):
        value = vars(module)[used]
        if _is_definition(value):
            _collect_own(value, module.__name__, found)
        elif (written := _written(value, module.__name__, found)) is not None:
            found[f"{module.__name__}.{used}"] = written


def _collect_own(definition: Any, module: str, found: dict[str, Any]) -> None:
    if definition.__module__ == module:
        _collect(definition, found)


def _written(value: Any, module: str, found: dict[str, Any]) -> Any:
    """A value as JSON, without a place in memory in it, and its definitions of this module into `found`; else None."""
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        return repr(value)
    if _is_definition(value):
        _collect_own(value, module, found)
        return f"{value.__module__}.{value.__qualname__}"
    if is_dataclass(value):
        parts = {part.name: getattr(value, part.name) for part in fields(value)}
        return [_written(each, module, found) for each in (type(value), parts)]
    if isinstance(value, Mapping):
        return [[_written(part, module, found) for part in pair] for pair in value.items()]
    if isinstance(value, set | frozenset):
        return sorted(json.dumps(_written(part, module, found)) for part in value)
    if isinstance(value, list | tuple):
        return [_written(part, module, found) for part in value]
    return _written(value.tolist(), module, found) if hasattr(value, "tolist") else None


def _is_definition(value: Any) -> bool:
    return inspect.isfunction(value) or isinstance(value, type)


def _is_own(module: ModuleType) -> bool:
    top, file = module.__name__.split(".")[0], getattr(module, "__file__", None) or ""
    return top not in OURS and top not in sys.stdlib_module_names and "-packages" not in file


def _syntax(definition: Any) -> ast.AST | None:
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(definition)))
    except (OSError, TypeError):
        return None  # built in, or made by a program


def _plain(node: Any) -> Any:
    """A syntax tree as JSON, without the empty fields that Python's versions add."""
    if isinstance(node, ast.AST):
        parts = {name: _plain(part) for name, part in ast.iter_fields(node) if part not in (None, [])}
        return [type(node).__name__, parts]
    return [_plain(part) for part in node] if isinstance(node, list) else repr(node)
