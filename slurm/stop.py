"""Asked to stop: a signal only sets a flag, and who works looks at it where its state can be saved."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR2)
RECEIVED: list[int] = []  # the signals of this process, oldest first; any of them means: save, and leave in order


def ask(number: int = signal.SIGTERM, frame: FrameType | None = None) -> None:
    """Ask this process to stop, as a signal would."""
    RECEIVED.append(number)


def listen() -> None:
    """From now on a stop signal only sets the flag; one that is ignored (nohup) stays so."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, ask)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


@contextmanager
def listening() -> Iterator[list[int]]:
    """`listen` for the length of a block, which gets the signals received; the main thread only.

    Inside another such block it changes nothing, so that no signal is lost between the two.
    """
    before = {number: signal.getsignal(number) for number in SIGNALS}
    if ask in before.values():
        yield RECEIVED
        return
    RECEIVED.clear()
    listen()
    try:
        yield RECEIVED
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)
        RECEIVED.clear()


@contextmanager
def blocked() -> Iterator[None]:
    """Processes started in this block begin with the stop signals blocked, until they `listen`."""
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
