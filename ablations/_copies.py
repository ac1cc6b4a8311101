"""The copies of the source that a results folder keeps, found by the hash that records have, and how two differ."""

from collections.abc import Mapping
from pathlib import Path

from ablations._siblings import ROOMS
from ablations._source import digest

Files = Mapping[str, Path]


def copy_by(source: str | None, results: Path) -> Files | None:
    """The files that decided the numbers of the runs with this source; None where no copy of them is here."""
    copies = map(_deciding, sorted((results / "source").glob("[0-9a-f]*/")))
    return next((files for files in copies if files and digest(dict(files)) == source), None)


def changed(one: Files, other: Files) -> list[str]:
    """The names of the files that one of the two lacks, or that are not the same."""
    common = {name for name in one if name in other and one[name].read_bytes() == other[name].read_bytes()}
    return sorted({*one, *other} - common)


def _deciding(copy: Path) -> Files:
    """The core and the study's own files in a copy; provenance hashes just these."""
    named = {str(path.relative_to(copy)): path for path in copy.rglob("*.py")}
    others = set(ROOMS) - {"core"}
    return {name: path for name, path in named.items() if name.split("/")[0] not in others}
