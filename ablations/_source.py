"""The copy of the code that a study's workers import, so that nobody edits what is queued, and its provenance."""

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ablations._find import COMMIT
from ablations._siblings import HOME, ROOMS
from ablations._study import Study
from results.damage import set_aside


def copy_source(results: Path, study: Study) -> tuple[Path, str]:
    """Copy the packages and the study's files into `results`/source/: the copy, and what the study is loaded by there.

    A copy that is there already is used if it is what its name, a hash, says, and else set aside and made again.
    Raises ValueError where two of the files would have one name.
    """
    files = {f"{room}/{path.relative_to(HOME / room)}": path for room in ROOMS for path in _python(HOME / room)}
    own = _own_files(study)
    copy = results.resolve() / "source" / digest({**files, **own})
    if not _is_true(copy):
        _drop(copy)
        temporary = copy.with_name(f".{copy.name}-{os.getpid()}")
        for name, path in {**files, **own}.items():
            (temporary / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, temporary / name)
        (temporary / COMMIT.name).write_text(json.dumps(_commit()))
        _settle(temporary, copy)
    return copy, str(copy / Path(study.files[0]).name) if study.files else study.name


def import_path(copy: Path) -> dict[str, str]:
    """The environment in which the fork server imports the copy: it is not told sys.path, and would look here first."""
    before = os.environ.get("PYTHONPATH")
    return {"PYTHONPATH": f"{copy}{os.pathsep}{before}" if before else str(copy), "PYTHONSAFEPATH": "1"}


def provenance(study: Study) -> dict[str, Any]:
    """Where a run comes from: commit, dirty or not, the hash of the source that decides its numbers, and versions."""
    core = {f"core/{path.relative_to(HOME / 'core')}": path for path in _python(HOME / "core")}
    source = digest({**core, **_own_files(study)})
    return {**_commit(), "source": source, "versions": _versions(), "host": platform.node()}


def _own_files(study: Study) -> dict[str, Path]:
    """The study's own files and the modules that they imported from beside them, by their names in the copy."""
    own: dict[str, Path] = {}
    for file in map(Path, study.files):
        for path in (file, *_neighbors(file.parent)):
            name = str(path.relative_to(file.parent))
            if own.setdefault(name, path) != path:
                raise ValueError(f"{own[name]} and {path} have one name, and queued runs need both; rename one")
    return own


def _neighbors(folder: Path) -> list[Path]:
    """The files of the modules that were imported from `folder`, but for our own rooms."""
    found, names = [], {path.stem for path in folder.iterdir()} - set(ROOMS)
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] not in names:
            continue
        place = folder.joinpath(*name.split("."))
        file = getattr(module, "__file__", None)
        beside = (place.with_name(f"{place.name}.py"), place / "__init__.py")
        if file and Path(file).resolve() in beside:
            found.append(Path(file).resolve())
    return found


def _python(folder: Path) -> Iterable[Path]:
    return sorted(folder.glob("*.py") if folder.name == "results" else folder.rglob("*.py"))  # not its runs and copies


def digest(files: dict[str, Path]) -> str:
    """16 hex digits of files and of the names that they have in a copy."""
    found = hashlib.sha256()
    for name in sorted(files):
        content = files[name].read_bytes()
        found.update(f"{name}\0{len(content)}\0".encode() + content)
    return found.hexdigest()[:16]


def _is_true(copy: Path) -> bool:
    """Whether the copy holds what its name is the hash of, nothing more, and no link.

    Python would run what somebody compiled into __pycache__ without a look at the source: that goes first.
    """
    for compiled in copy.rglob("__pycache__"):
        shutil.rmtree(compiled, ignore_errors=True)
    found = [path for path in copy.rglob("*") if path.is_symlink() or not path.is_dir()]
    files = {str(path.relative_to(copy)): path for path in found}
    if any(path.is_symlink() for path in (copy, *found)) or not all(path.is_file() for path in found):
        return False
    return files.pop(COMMIT.name, None) is not None and digest(files) == copy.name


def _drop(copy: Path) -> None:
    """Make room for a true copy."""
    if copy.is_symlink():
        copy.unlink()
    elif copy.exists():
        print(f"{copy} is not what was copied there; set aside as {set_aside(copy)}")


def _settle(temporary: Path, copy: Path) -> None:
    try:
        temporary.rename(copy)
    except OSError:  # another process was quicker
        shutil.rmtree(temporary)


def _commit() -> dict[str, Any]:
    """As commit.json says, which every copy of the rooms has beside them, that of the workers too; else as git does."""
    if COMMIT.exists():
        known: dict[str, Any] = json.loads(COMMIT.read_text())
        return known

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=HOME, capture_output=True, text=True, check=True).stdout.strip()

    code = [f"{room}/*.py" for room in ROOMS]  # not the tables and figures, which a study writes as it runs
    try:
        return {"commit": git("rev-parse", "HEAD"), "dirty": bool(git("status", "--porcelain", "--", *code))}
    except (OSError, subprocess.CalledProcessError):
        return {"commit": None, "dirty": None}


def _versions() -> dict[str, str]:
    return {"python": platform.python_version(), **{name: version(name) for name in ("torch", "torchvision", "numpy")}}


def processor() -> str:
    """The model of this machine's processor."""
    about = Path("/proc/cpuinfo")
    named = re.search(r"model name\s*: (.+)", about.read_text()) if about.exists() else None
    return named[1] if named else platform.machine()
