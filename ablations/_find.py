"""Finding studies: by name under ablations/studies/, or by the path of one's own file.

Names are checked before torch is imported, so that a mistyped one is answered at once.
"""

import dataclasses
import difflib
import importlib
import importlib.util
import os
import re
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from results.nearest import nearest_or_all

if TYPE_CHECKING:
    from ablations._study import Study

HERE = Path(__file__).parent
STUDIES = HERE / "studies"
COMMIT = HERE.parent / "commit.json"
"""Lies beside the rooms in a copy of the source, and only there."""


class StudyError(ValueError):
    """A study that cannot be found or read; the message is one line that says what would be right."""


def study_names() -> list[str]:
    """The names of the studies that the package ships."""
    return sorted(path.stem for path in STUDIES.glob("*.py") if not path.stem.startswith("_"))


def check_name(name: str) -> None:
    """Raise StudyError unless there is a study of this name, or a file at this path."""
    if name.endswith(".py"):
        _check_file(Path(name))
    elif name not in study_names():
        close = [f"{name}.py"] if Path(f"{name}.py").is_file() else difflib.get_close_matches(name, study_names(), 1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(study_names())}"
        raise StudyError(f"there is no study {name!r}: {hint} (a study of one's own is a path that ends in .py)")


def load_study(name: str | os.PathLike[str]) -> "Study":
    """The study with this name, or in this file (a path that ends in .py). Raises StudyError."""
    name = os.fspath(name)
    check_name(name)
    from ablations._study import Study

    own = _queued(Path(name)) if name.endswith(".py") else None
    module = own.stem if own else f"{__package__}.studies.{name}"
    if own:
        _import_file(own)
    else:
        importlib.import_module(module)
    study = getattr(sys.modules[module], "STUDY", None)
    if not isinstance(study, Study):
        sys.modules.pop(module)
        raise StudyError(f"{name} defines no STUDY = Study(...)")
    files = (str(own.resolve()), *study.files) if own else study.files
    return dataclasses.replace(study, name=module.rpartition(".")[2], files=files)


def _check_file(path: Path) -> None:
    if not _queued(path).is_file():
        files = [other.name for other in path.parent.glob("*.py") if other.is_file()]
        near = difflib.get_close_matches(path.name, files, 1)
        raise StudyError(f"there is no file {path}{f': did you mean {path.with_name(near[0])}?' if near else ''}")
    if path.stem in study_names() and not _is_shipped(path.resolve()):
        raise StudyError(f"{path}: a study that is shipped has this name, and its table; name the file otherwise")
    if not (path.stem.isidentifier() and path.stem.isascii()):
        raise StudyError(f"a study's file is named like a Python name, with a to z, digits and _, not {path.name}")


def _is_shipped(path: Path) -> bool:
    """Whether it is one of the package's own studies, or of a copy of the package."""
    return path.parent.name == STUDIES.name and (path.parent.parent / Path(__file__).name).is_file()


def _queued(path: Path) -> Path:
    """In a copy of the source, the study's file there: nobody edits what is queued."""
    copied = COMMIT.with_name(path.name)
    return copied if COMMIT.exists() and copied.is_file() else path


def _import_file(path: Path) -> None:
    taken = sys.modules.get(path.stem)
    if path.stem in sys.stdlib_module_names or (taken and not hasattr(taken, "STUDY")):
        raise StudyError(f"{path}: a Python module is named {path.stem} already; name the study's file otherwise")
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.append(folder)  # so that a study can import its neighbors
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
    except Exception as problem:
        sys.modules.pop(path.stem)
        raise in_words(problem, path) from problem


def in_words(problem: Exception, path: Path) -> StudyError:
    """What went wrong in a person's file at `path`, in one line, and in which of its lines."""
    return StudyError(f"{path}{_line(problem, path)}: {_said(problem)}")


def _line(problem: Exception, path: Path) -> str:
    """The last line of that file that had a part in the problem: ", line 7"."""
    frames = traceback.extract_tb(problem.__traceback__)
    lines = [frame.lineno for frame in frames if Path(frame.filename).resolve() == path.resolve()]
    if isinstance(problem, SyntaxError) and problem.filename and Path(problem.filename).resolve() == path.resolve():
        lines.append(problem.lineno)
    return f", line {lines[-1]}" if lines else ""


def _said(problem: Exception) -> str:
    """What the problem says; its kind too, where that is needed to understand it."""
    if isinstance(problem, SyntaxError):
        return f"{problem.msg}: {(problem.text or '').strip()}"
    said = str(problem) + _offered(problem)
    return said if isinstance(problem, StudyError | TypeError | ValueError) else f"{type(problem).__name__}: {said}"


def _offered(problem: Exception) -> str:
    """What the class in question takes, where the problem is a keyword that it does not know."""
    unknown = re.fullmatch(r"(\w+)\.__init__\(\) got an unexpected keyword argument '(\w+)'", str(problem))
    frames = list(traceback.walk_tb(problem.__traceback__))
    kind = frames[-1][0].f_globals.get(unknown[1]) if unknown else None
    if unknown is None or not dataclasses.is_dataclass(kind):
        return ""
    known = [field.name for field in dataclasses.fields(kind) if field.init]
    return nearest_or_all(unknown[2], known, "it takes")
