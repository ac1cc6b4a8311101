"""`run --set` writes a derived study, a few lines in scratch/, so that no setting lives in a shell history alone."""

import ast
import builtins
import hashlib
import re
from collections.abc import Sequence
from importlib import import_module
from inspect import isclass
from pathlib import Path
from typing import Any

from ablations._find import load_study
from results.nearest import nearest

MODULES = ("augmentations", "encoders", "heads", "losses", "optimizer")
"""The modules of core whose names a value may use."""


SCRATCH = Path("scratch")


def write_derived(study: str, assignments: Sequence[tuple[str, str]], scale: str) -> Path:
    """Write the study with these settings (values are Python expressions, a bare word is text); the file's path.

    Raises ValueError or TypeError, and leaves no file, where the settings do not fit the study at this scale; one that
    another scale made stays.
    """
    values = {name: _expression(value) for name, value in assignments}
    imports = sorted({line for value in values.values() for line in _imports(value)})
    fixed = ", ".join(f"{name!r}: {value}" for name, value in values.items())
    said = " ".join(f"{name}={value}" for name, value in assignments)
    lines = [
        f'"""{Path(study).stem} with {said}."""'.replace("\\", ""),
        "",
        "from ablations import derive, load_study",
        *imports,
        "",
        f"STUDY = derive(load_study({_found(study)!r}), **{{{fixed}}})",
    ]
    told = f"{_found(study)} {said}" if study.endswith(".py") else said
    SCRATCH.mkdir(exist_ok=True)
    path = SCRATCH / f"{Path(study).stem}_{hashlib.sha256(told.encode()).hexdigest()[:6]}.py"
    is_new = not path.exists()
    path.write_text("\n".join(lines) + "\n")
    try:
        load_study(str(path)).base_at(scale)
    except (ValueError, TypeError):
        if is_new:
            path.unlink()
        raise
    return path


def value_of(text: str) -> Any:
    """What `--set SETTING=text` stands for, as a derived study has it. Raises ValueError where it cannot be made."""
    expression = _expression(text)
    known = {name: vars(import_module(f"core.{home}"))[name] for name in _names(expression) if (home := _home(name))}
    try:
        return eval(expression, known)  # what a person typed; in a derived study it is a line of its file
    except Exception as problem:
        raise ValueError(f"--set {text}: {problem}") from problem


def _found(study: str) -> str:
    return str(Path(study).resolve()) if study.endswith(".py") else study


def _expression(text: str) -> str:
    """The text, if it is a Python expression of numbers, text and core's names; quoted, if it is one like my-pets."""
    try:
        names = _names(text)
    except SyntaxError:
        raise ValueError(f"--set takes a Python value, not {text!r}; text takes quotes, as in \"'a b'\"") from None
    unknown = [name for name in names if not hasattr(builtins, name) and not _home(name)]
    if not unknown:
        return text
    if re.fullmatch(r"\w[\w.-]*", text):
        return repr(text)
    known = [name for module in MODULES for name in vars(import_module(f"core.{module}")) if _home(name)]
    raise ValueError(f"--set {text}: core has no {unknown[0]}{nearest(unknown[0], known)}")


def _imports(expression: str) -> list[str]:
    return [f"from core.{home} import {name}" for name in _names(expression) if (home := _home(name))]


def _names(expression: str) -> list[str]:
    return [node.id for node in ast.walk(ast.parse(expression, mode="eval")) if isinstance(node, ast.Name)]


def _home(name: str) -> str | None:
    """The module of core from which a study imports the class of this name."""
    found = {module: vars(import_module(f"core.{module}")).get(name) for module in MODULES}
    return next((one for one, kind in found.items() if isclass(kind) and kind.__module__.startswith("core.")), None)
