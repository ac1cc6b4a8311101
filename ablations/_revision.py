"""A study and its packages as a commit has them: a checkout in the results folder, and what there is found where."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ablations._siblings import HOME, ROOMS
from ablations._study import Study


@dataclass(frozen=True)
class Version:
    """name: as people read it. path: where Python looks first. study: its name or file there. results: of its runs."""

    name: str
    path: tuple[Path, ...]
    study: str
    results: Path


def version_at(revision: str, study: Study, source: Path, results: Path) -> Version:
    """The study in the version of the commit; a file that the commit lacks is taken from `source`, today's copy.

    Raises ValueError if there is no git repository, no such commit, or no such study in it.
    """
    top = _repository([Path(file).parent for file in study.files] + [HOME])
    commit = _git(top, "rev-parse", "--verify", f"{revision}^{{commit}}", wrong=f"has no commit {revision!r}")
    name = commit[:7] if commit.startswith(revision) else f"{revision} ({commit[:7]})"
    clone = _clone(top, commit, results.resolve() / "source" / commit[:16])

    def moved(path: Path) -> Path:
        place = clone / path.relative_to(top) if path.is_relative_to(top) else path
        return place if place.exists() else path

    home, files = moved(HOME), [moved(Path(file)) for file in study.files]
    lacking = [file for file in files if not file.is_relative_to(clone)]
    has_packages = home.is_relative_to(clone)
    shipped = home / "ablations" / "studies" / f"{study.name}.py"
    is_there = (home / "ablations" / "run.py").is_file() and (study.files or shipped.is_file())
    if not is_there or (len(lacking) == len(files) and not has_packages):
        raise ValueError(f"{name} of {top} has no study {study.name!r}, or no packages to run it")
    for missing in (*(file.name for file in lacking), *(() if has_packages else ("packages",))):
        print(f"{name} has no {missing}: as today in both versions")
    own = [str(source / file.name if file in lacking else file) for file in files] or [study.name]
    today = f"-{_own_digest(source) if has_packages else source.name}" if lacking or not has_packages else ""
    folder = results / "against" / f"{commit[:16]}{today}"  # another, where what is taken as today becomes another
    return Version(name, (home, moved(Path.cwd())), own[0], folder)


def _repository(folders: Sequence[Path]) -> Path:
    """The git repository of the first of these folders that lies in one."""
    for folder in folders:
        found = subprocess.run(["git", "rev-parse", "--show-toplevel"], cwd=folder, capture_output=True, text=True)
        if found.returncode == 0:
            return Path(found.stdout.strip()).resolve()
    raise ValueError(f"--against compares with a commit, and {folders[0]} lies in no git repository")


def _clone(top: Path, commit: str, place: Path) -> Path:
    """A checkout that knows by git which commit it is; in the repository itself nothing is written.

    It is made anew each time: what lies in a results folder may have been changed, and is about to be run.
    """
    temporary = place.with_name(f".{place.name}-{os.getpid()}")
    place.parent.mkdir(parents=True, exist_ok=True)
    _git(top, "clone", "--quiet", "--shared", "--no-checkout", ".", str(temporary), wrong="cannot be cloned")
    _git(temporary, "checkout", "--quiet", "--detach", commit, wrong="cannot be checked out")
    before = temporary.with_name(f"{temporary.name}-before")
    with suppress(FileNotFoundError):
        place.rename(before)
    with suppress(OSError):  # another process was quicker
        temporary.rename(place)
    for left in (temporary, before):
        shutil.rmtree(left, ignore_errors=True)
    return place


def _git(folder: Path, *words: str, wrong: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise ValueError(f"--against: {folder} {wrong} ({done.stderr.strip()})")
    return done.stdout.strip()


def _own_digest(source: Path) -> str:
    """Of the study's own files in a copy of the source."""
    own = (path for path in sorted(source.rglob("*.py")) if path.relative_to(source).parts[0] not in ROOMS)
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in own)).hexdigest()[:8]
