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

BLOCKS, BLOCK = 64, 1 << 16


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
        checksums = {name: _checksum(private / f"{name}.npy") for name in arrays}
        (private / "meta.json").write_text(json.dumps({"info": info, "checksums": checksums}))


def read(entry: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]] | None:
    """The info and the arrays of `entry`, memory-mapped (writes to them stay private), or None where there is no entry.

    An entry whose sizes or checksums are wrong is set aside as *.damaged, and None is returned.
    """
    if not entry.is_dir():
        return None
    try:
        meta = json.loads((entry / "meta.json").read_text())
        wrong = [name for name, checksum in meta["checksums"].items() if _checksum(entry / f"{name}.npy") != checksum]
        if not wrong:
            return meta["info"], {name: np.load(entry / f"{name}.npy", mmap_mode="c") for name in meta["checksums"]}
    except (OSError, ValueError, KeyError, TypeError):
        pass  # truncated or missing files: damaged as well
    with suppress(OSError):  # another process has set it aside, or this one may not
        entry.rename(entry.with_name(f"{entry.name}-{secrets.token_hex(6)}.damaged"))
    return None


def _checksum(path: Path) -> str:
    """Of the file's size and of 64 blocks of 64 KiB spread over it: all of a small file, a sample of a large one.

    All of CIFAR-10 would take as long as its decoding saves a short run; truncation and zeroed pages are seen by this.
    """
    size = path.stat().st_size
    digest = hashlib.blake2b(str(size).encode(), digest_size=16)
    with path.open("rb") as file:
        for block in range(BLOCKS):
            file.seek(max(0, size - BLOCK) * block // (BLOCKS - 1))
            digest.update(file.read(BLOCK))
    return digest.hexdigest()
