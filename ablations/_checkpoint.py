"""A checkpoint file: a state as torch writes it, behind its checksum, since torch takes flipped bits as they are."""

import hashlib
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from results.damage import Damaged

_SIZE = hashlib.sha256().digest_size


def write(path: Path, state: Any, may_replace: Callable[[], None]) -> None:
    """Replace the checkpoint at `path` at once, after `may_replace`, which raises if it must not be.

    Raises TypeError for a state that could not be read again, where it is the first at this path.
    """
    content = io.BytesIO()
    torch.save(state, content)
    if not path.exists():
        _check_is_read(content.getbuffer())
    temporary = path.with_name(f".{path.name}")
    try:
        with temporary.open("wb") as file:
            file.writelines((hashlib.sha256(content.getbuffer()).digest(), content.getbuffer()))
            file.flush()
            os.fsync(file.fileno())
        may_replace()
        try:
            temporary.replace(path)
        except FileNotFoundError:  # swept away by a successor since?
            may_replace()
            raise
    finally:
        temporary.unlink(missing_ok=True)


def read(path: Path) -> Any:
    """The state at `path`; raises Damaged, and OSError where it cannot be read just now.

    Tensors come to the CPU, and nothing in the file can run.
    """
    try:
        content = memoryview(path.read_bytes())
    except IsADirectoryError as problem:
        raise Damaged(path, problem) from problem
    if hashlib.sha256(content[_SIZE:]).digest() != content[:_SIZE]:
        raise Damaged(path, "its checksum is not that of its content")
    try:
        return _loaded(content[_SIZE:])
    except Exception as problem:  # torch names no type for what it cannot read
        raise Damaged(path, problem) from problem


def _loaded(content: memoryview) -> Any:
    return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)


def _check_is_read(content: memoryview) -> None:
    try:
        _loaded(content)
    except Exception as problem:
        raise TypeError(
            "a state takes tensors, numbers, text, and lists, tuples, sets and dictionaries of them; this one could "
            "not be read again (of an array, torch.from_numpy makes a tensor)"
        ) from problem
