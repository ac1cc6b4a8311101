"""Finished records folded into one file, `<results>/runs/records.parquet`: inodes are a quota too."""

import os
import uuid
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

NAME = "records.parquet"


def fold(runs: Path, records: Iterable[Path]) -> None:
    """Add these record files below `runs` to its archive, as they are; the files stay.

    The archive is replaced at once, so that a reader sees the old one or the new one.
    """
    kept = dict(_read(runs / NAME, _stamp(runs / NAME))) if (runs / NAME).exists() else {}
    kept |= {str(path.relative_to(runs)): path.read_bytes() for path in records}
    temporary = runs / f".{NAME}.{uuid.uuid4().hex}"
    table = pa.table({"path": list(kept), "record": pa.array(kept.values(), pa.binary())})
    with temporary.open("xb") as file:
        pq.write_table(table, file, compression="zstd")
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(runs / NAME)


def archived(path: Path) -> bytes | None:
    """The record that lay at `path`, <runs>/<run>/record.json or <runs>/<run>/probes/<probe>.json, if it was folded."""
    for runs in path.parents[1:3]:
        archive = runs / NAME
        if archive.exists():
            return _read(archive, _stamp(archive)).get(str(path.relative_to(runs)))
    return None


def _stamp(archive: Path) -> tuple[int, int]:
    status = archive.stat()
    return status.st_mtime_ns, status.st_ino


@lru_cache(maxsize=4)
def _read(archive: Path, stamp: tuple[int, int]) -> dict[str, bytes]:
    table = pq.read_table(archive)
    return dict(zip(table["path"].to_pylist(), table["record"].to_pylist(), strict=True))
