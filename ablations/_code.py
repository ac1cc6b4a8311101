"""The identity of one's own code: a function or class by its syntax, with what it uses of its own file."""

import ast
import hashlib
import inspect
import json
import sys
import textwrap
from types import ModuleType
from typing import Any

from ablations._code_values import Values, is_definition
from ablations._siblings import ROOMS


def code_hash(definition: Any) -> str:
    """16 hex digits for a function or class and the functions, classes and values of its file that it names.

    Comments and layout do not count, nor does the version of Python. What comes from another file or a library counts
    by its name alone: provenance holds the hash of all that a study imports.
    """
    found = _Found()
    found.collect(definition)
    return hashlib.sha256(json.dumps(found.written, sort_keys=True).encode()).hexdigest()[:16]


class _Found:
    """What is met on the way from one definition: each definition and each value that one names, by its name."""

    def __init__(self) -> None:
        self.written: dict[str, Any] = {}
        self._met: dict[int, Any] = {}

    def collect(self, definition: Any) -> None:
        if id(definition) in self._met:
            return
        self._met[id(definition)] = definition
        name = f"{definition.__module__}.{definition.__qualname__}"
        while name in self.written:  # a second lambda, or a function that was defined again
            name += "'"
        tree, module = _syntax(definition), sys.modules.get(definition.__module__)
        self.written[name] = _plain(tree)
        if tree is None or module is None or not _is_own(module):
            return
        values = Values(module.__name__, self.collect)
        if around := values.around(definition):
            self.written[f"{name} has"] = around
        named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        for used in sorted(one for one in named & vars(module).keys() if not one.startswith("__")):
            value, place = vars(module)[used], f"{module.__name__}.{used}"
            if is_definition(value) and value.__module__ == module.__name__:
                self.collect(value)
            elif place not in self.written:
                self.written[place] = values.written(value)


def _is_own(module: ModuleType) -> bool:
    top, file = module.__name__.split(".")[0], getattr(module, "__file__", None) or ""
    return top not in ROOMS and top not in sys.stdlib_module_names and "-packages" not in file


def _syntax(definition: Any) -> ast.AST | None:
    try:
        text = textwrap.dedent(inspect.getsource(definition))
    except (OSError, TypeError):
        return None  # built in, or made by a program
    try:
        return ast.parse(text)
    except SyntaxError:  # a lambda's line inside a longer expression
        return ast.Constant(text.strip())


def _plain(node: Any) -> Any:
    """A syntax tree as JSON, without the empty fields that Python's versions add."""
    if isinstance(node, ast.AST):
        parts = {name: _plain(part) for name, part in ast.iter_fields(node) if part not in (None, [])}
        return [type(node).__name__, parts]
    return [_plain(part) for part in node] if isinstance(node, list) else repr(node)
