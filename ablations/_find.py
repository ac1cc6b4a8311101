"""Finding studies: by name under ablations/studies/, or by the path of one's own file."""

import dataclasses
import difflib
import importlib
import importlib.util
import sys
from pathlib import Path

from ablations._study import Study

STUDIES = Path(__file__).parent / "studies"


class StudyError(ValueError):
    """A study that cannot be found or read; the message is one line that says what would be right."""


def study_names() -> list[str]:
    """The names of the studies that the package ships."""
    return sorted(path.stem for path in STUDIES.glob("*.py") if not path.stem.startswith("_"))


def load_study(name: str) -> Study:
    """The study with this name, or in this file (a path that ends in .py). Raises StudyError."""
    module = _import_file(Path(name)) if name.endswith(".py") else _import_shipped(name)
    study = getattr(sys.modules[module], "STUDY", None)
    if not isinstance(study, Study):
        raise StudyError(f"{name} defines no STUDY = Study(...)")
    return dataclasses.replace(study, name=module.rpartition(".")[2])


def _import_shipped(name: str) -> str:
    names = study_names()
    if name not in names:
        close = difflib.get_close_matches(name, names, 1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(names)}"
        raise StudyError(f"there is no study {name!r}: {hint} (a study of one's own is a path that ends in .py)")
    module = f"{__package__}.studies.{name}"
    importlib.import_module(module)
    return module


def _import_file(path: Path) -> str:
    if not path.is_file():
        raise StudyError(f"there is no file {path}")
    if not path.stem.isidentifier():
        raise StudyError(f"a study's file is named like a Python name, with letters, digits and _, not {path.name}")
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.append(folder)  # so that a study can import its neighbors
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
    except (TypeError, ValueError, ImportError, SyntaxError, NameError, AttributeError) as problem:
        raise StudyError(f"{path}: {problem}") from problem
    return path.stem
