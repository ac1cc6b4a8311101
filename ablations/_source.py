"""The copy of the code that a study's workers import, so that nobody edits what is queued, and its provenance."""

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("ablations", "core", "results", "slurm")
COMMIT = "commit.json"


def copy_source(results: Path, study: str) -> tuple[Path, str]:
    """Copy the packages and the study's file into `results`/source/; the copy's folder, and the study's name in it."""
    files = {f"{room}/{path.relative_to(ROOT / room)}": path for room in ROOMS for path in _python(ROOT / room)}
    own = _neighbors(Path(study)) if study.endswith(".py") else {}
    copy = results.resolve() / "source" / _digest({**files, **own})
    if not copy.exists():
        temporary = copy.with_name(f".{copy.name}-{os.getpid()}")
        for name, path in {**files, **own}.items():
            (temporary / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, temporary / name)
        (temporary / COMMIT).write_text(json.dumps(_commit()))
        _settle(temporary, copy)
    return copy, str(copy / Path(study).name) if own else study


def provenance(study: str) -> dict[str, Any]:
    """Where a run comes from: commit, dirty or not, the hash of the source that decides its numbers, and versions."""
    recorded = ROOT / COMMIT
    own = _neighbors(Path(study)) if study.endswith(".py") else {}
    core = {f"core/{path.relative_to(ROOT / 'core')}": path for path in _python(ROOT / "core")}
    commit = json.loads(recorded.read_text()) if recorded.exists() else _commit()
    return {**commit, "source": _digest({**core, **own}), "versions": _versions(), "host": platform.node()}


def _neighbors(study: Path) -> dict[str, Path]:
    """A study's own file and what it imported from beside it, by their names relative to its folder."""
    folder = study.resolve().parent
    loaded = (
        Path(file).resolve() for module in list(sys.modules.values()) if (file := getattr(module, "__file__", None))
    )
    rooms = [ROOT / room for room in ROOMS]
    files = [study.resolve(), *(path for path in loaded if path.is_relative_to(folder) and path.suffix == ".py")]
    outside = [path for path in files if not any(path.is_relative_to(room) for room in rooms)]
    return {str(path.relative_to(folder)): path for path in outside if "site-packages" not in path.parts}


def _python(folder: Path) -> Iterable[Path]:
    return sorted(path for path in folder.rglob("*.py") if "source" not in path.relative_to(folder).parts)


def _digest(files: dict[str, Path]) -> str:
    digest = hashlib.sha256()
    for name in sorted(files):
        content = files[name].read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]


def _settle(temporary: Path, copy: Path) -> None:
    try:
        temporary.rename(copy)
    except OSError:  # another process was quicker
        shutil.rmtree(temporary)


def _commit() -> dict[str, Any]:
    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()

    try:
        return {"commit": git("rev-parse", "HEAD"), "dirty": bool(git("status", "--porcelain", "--", *ROOMS))}
    except (OSError, subprocess.CalledProcessError):
        return {"commit": None, "dirty": None}


def _versions() -> dict[str, str]:
    return {"python": platform.python_version(), **{name: version(name) for name in ("torch", "torchvision", "numpy")}}
