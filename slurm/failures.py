"""What kind of failure an exception is, and what is said of it."""

import errno
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

UNWRITABLE = {
    errno.ENOSPC: "disk full",
    errno.EDQUOT: "disk full",
    errno.EROFS: "read-only",
    errno.ENOENT: "folder gone",
    errno.ESTALE: "folder gone",
}
"""Where a folder cannot be written, no item is at fault: the worker ends, and the same call goes on later."""
_OUT_OF_MEMORY = ("out of memory", "not enough memory", "can't allocate memory", "cannot allocate memory", "bad_alloc")


def classify(error: BaseException | None, folder: Path | None = None) -> str:
    """The kind of a failure: its own `kind` attribute, or what it or its cause looks like.

    folder: where the item's attempt was to be written down.
    """
    if folder is not None and not folder.is_dir():
        return "folder gone"
    for cause in _causes(error):
        text = str(cause).lower()
        if isinstance(kind := getattr(cause, "kind", None), str):
            return kind
        if isinstance(cause, MemoryError) or any(words in text for words in _OUT_OF_MEMORY):
            return "out of memory"
        if isinstance(cause, FloatingPointError):
            return "not a number"
        if isinstance(cause, OSError) and cause.errno in UNWRITABLE.keys() - {errno.ENOENT}:
            return UNWRITABLE[cause.errno or 0]
    return "error"


def said(error: BaseException) -> str:
    """The exception in one line, with the notes of it and its causes: where it was, what may help."""
    notes = [note for cause in _causes(error) for note in getattr(cause, "__notes__", ())]
    return "; ".join([f"{type(error).__name__}: {error}", *notes])


def killed(number: int) -> str:
    """What a signal that ended a child means."""
    hints = {signal.SIGKILL: ": often the out-of-memory killer", signal.SIGXCPU: ": it took all the CPU time it may"}
    return f"killed by signal {number} ({signal.Signals(number).name}){hints.get(signal.Signals(number), '')}"


class Unwritable(OSError):  # noqa: N818 -- it is a state of a folder, and reads so
    """A folder cannot be written now: the worker ends, and the same call goes on when it can."""

    def __init__(self, folder: Path, problem: object) -> None:
        super().__init__(f"{folder} cannot be written ({problem}); once it can, the same command goes on from here")


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """An OSError of this block that says that nothing can be written becomes Unwritable."""
    try:
        yield
    except OSError as problem:
        if problem.errno in UNWRITABLE:
            raise Unwritable(folder, problem) from problem
        raise


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
