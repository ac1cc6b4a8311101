"""A cache of arrays in folders: written once, however many processes start together; memory-mapped ever after."""

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


@contextmanager
def published(target: Path) -> Iterator[Path]:
    """A private folder that becomes `target` when the block ends well, unless another process's has by then.

    Raises OSError where the folder of `target` cannot be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    private = target.with_name(f".{target.name}-{secrets.token_hex(6)}")
    private.mkdir()
    try:
        yield private
        try:
            private.rename(target)
        except OSError:
            if not target.is_dir():
                raise
    finally:
        shutil.rmtree(private, ignore_errors=True)


def write(entry: Path, info: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write `arrays` and `info`, which JSON can hold, to the folder `entry`; nothing where it cannot be written."""
    with suppress(OSError), published(entry) as private:
        for name, array in arrays.items():
            with (private / f"{name}.npy").open("wb") as file:
                np.save(file, array)
                file.flush()
                os.fsync(file.fileno())  # a crash after the rename must not leave a file of zeros
        meta = {"info": info, "sha256": {name: _checksum(private / f"{name}.npy") for name in arrays}}
        (private / "meta.json").write_text(json.dumps([meta, _digest(meta)]))


def read(entry: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]] | None:
    """The info and the arrays of `entry`, memory-mapped (writes to them stay private), or None where there is no entry.

    An entry that is not what was written, to the last bit, is set aside as *.damaged, and None is returned. Raises
    OSError for one that cannot be read just now.
    """
    if not entry.exists():
        return None
    try:
        meta, digest = json.loads((entry / "meta.json").read_bytes())
        files = {name: entry / f"{name}.npy" for name in meta["sha256"]}
        if digest == _digest(meta) and {name: _checksum(file) for name, file in files.items()} == meta["sha256"]:
            return meta["info"], {
                name: np.load(file, mmap_mode="c", allow_pickle=False) for name, file in files.items()
            }
    except (FileNotFoundError, IsADirectoryError, ValueError, TypeError, KeyError, RecursionError):
        pass  # truncated, other or missing files: damaged as well
    with suppress(OSError):  # another process has set it aside, or this one may not
        entry.rename(entry.with_name(f"{entry.name}-{secrets.token_hex(6)}.damaged"))
    return None


def _digest(meta: Any) -> str:
    return hashlib.sha256(json.dumps(meta, sort_keys=True).encode()).hexdigest()


def _checksum(path: Path) -> str:
    """Of all bytes: of CIFAR-10 in a tenth of a second."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
