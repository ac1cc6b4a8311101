"""Parquet files with a checksum of all their bytes: written as a whole or not at all, checked before they are read.

The checksum lies between data and footer, where no reader of parquet looks. A file without one, as others write it, is
taken if it can be read.
"""

import hashlib
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from results.damage import Damaged
from results.whole_files import write_whole

MARK = b"sha256 of all else:"
_TAIL = 8  # bytes: the footer's length and the magic


def write(table: pa.Table, path: Path) -> None:
    """Replace the file at `path` by this table, at once: readers see the old one or the new one."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    content = memoryview(sink.getvalue())
    data, footer = content[: _footer(content)], content[_footer(content) :]
    write_whole(path, data, MARK, _digest(data, footer), footer)


def check(path: Path) -> None:
    """Raise Damaged unless the file is what was written; FileNotFoundError if there is none."""
    if problem := _problem(path, stamp(path)):
        raise Damaged(path, problem)


def stamp(path: Path) -> tuple[int, ...]:
    """What tells one version of a file from another."""
    status = path.stat()
    return status.st_mtime_ns, status.st_ino, status.st_size


@lru_cache(maxsize=64)
def _problem(path: Path, stamp: tuple[int, ...]) -> str:
    """What is wrong with the file, "" if nothing; looked at once a version. Raises OSError if it cannot be read now."""
    try:
        content = memoryview(path.read_bytes())
    except IsADirectoryError as problem:
        return str(problem)
    try:
        end = _footer(content)
        start = end - len(MARK) - hashlib.sha256().digest_size
        if start < 0 or content[start : start + len(MARK)] != MARK:
            with pq.ParquetFile(pa.BufferReader(content)) as file:  # pq.read_table would import pandas
                file.read()
        elif content[start + len(MARK) : end] != _digest(content[:start], content[end:]):
            return "its checksum is not that of its content"
    except (OSError, ValueError, pa.ArrowException) as problem:  # pyarrow's OSError too is of the content
        return str(problem)
    return ""


def _footer(content: memoryview) -> int:
    """Where the footer begins."""
    return len(content) - _TAIL - int.from_bytes(content[-_TAIL:-4], "little")


def _digest(*parts: memoryview) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.digest()
