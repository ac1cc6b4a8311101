"""The leases of a worker's attempts, renewed while it lives."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from slurm.attempts import Attempt


@contextmanager
def heartbeat(lease: float) -> Iterator[set[Attempt]]:
    """A set of attempts whose leases are renewed, by a thread, for the length of the block."""
    attempts: set[Attempt] = set()
    over = threading.Event()

    def beat() -> None:
        while not over.wait(lease / 4):
            for attempt in tuple(attempts):
                with suppress(OSError):  # a disk that answers again within the lease has done no harm
                    attempt.renew()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield attempts
    finally:
        over.set()
        thread.join()
