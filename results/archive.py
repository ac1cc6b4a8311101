"""Finished records folded into one file, `<results>/runs/records.parquet`: inodes are a quota too."""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from results import checked_parquet
from results.damage import Damaged, set_aside

NAME = "records.parquet"


def fold(runs: Path, records: Iterable[Path]) -> None:
    """Add these record files below `runs` to its archive, as they are; the files stay.

    The archive is replaced at once, so that a reader sees the old one or the new one. Raises Damaged, and changes
    nothing, where the old one is.
    """
    archive = runs / NAME
    if archive.exists():
        checked_parquet.check(archive)
    kept = _records(archive) | {str(path.relative_to(runs)): path.read_bytes() for path in records}
    checked_parquet.write(pa.table({"path": list(kept), "record": pa.array(kept.values(), pa.binary())}), archive)


def archived(path: Path) -> bytes | None:
    """The record that lay at `path`, <runs>/<run>/record.json or <runs>/<run>/probes/<probe>.json, if it was folded.

    None where the archive is damaged; who writes tables sets it aside.
    """
    for runs in path.parents[1:3]:
        if (runs / NAME).exists():
            return _records(runs / NAME).get(str(path.relative_to(runs)))
    return None


def folded(runs: Path) -> list[str]:
    """The records that the archive of `runs` holds, by their paths below it: <run>/record.json, ..."""
    return list(_records(runs / NAME))


def set_aside_damaged(runs: Path) -> Path | None:
    """Set the archive aside if it is damaged: where it lay, None if nothing is wrong."""
    try:
        checked_parquet.check(runs / NAME)
    except FileNotFoundError:
        return None
    except Damaged as problem:
        set_aside(problem.path)
        return problem.path
    return None


def _records(archive: Path) -> dict[str, bytes]:
    return _read(archive, checked_parquet.stamp(archive)) if archive.exists() else {}


@lru_cache(maxsize=4)
def _read(archive: Path, stamp: tuple[int, ...]) -> dict[str, bytes]:
    try:
        checked_parquet.check(archive)
    except Damaged:
        return {}
    table = pq.read_table(archive)
    return dict(zip(table["path"].to_pylist(), table["record"].to_pylist(), strict=True))
