"""Where the tasks of a SLURM job meet: the first listens, and says so in a file that the others wait for.

The file lies in their submission's folder, which is this user's alone, and holds the key that the first one takes.
"""

import json
import queue
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any

from slurm import stop
from slurm.attempts import Stopped

PATIENCE = 600.0
"""Seconds that tasks wait for each other at the start: Python may come slowly over a network."""
_POLL = 0.2


def await_others(meeting: Path, host: str, number: int) -> list[Connection]:
    """Links to the `number` other tasks, in order, once all have come to `host`, which is here.

    Raises TimeoutError where one does not come, and Stopped if asked to stop meanwhile.
    """
    key, links = secrets.token_bytes(32), queue.SimpleQueue[Connection]()
    with Listener(("", 0), backlog=number, authkey=key) as listener:
        temporary = meeting.with_name(f"{meeting.name}.new")
        temporary.touch(mode=0o600)
        temporary.write_text(json.dumps({"host": host, "port": listener.address[1], "key": key.hex()}))
        temporary.replace(meeting)

        threading.Thread(target=_accept, args=(listener, links, number), daemon=True).start()
        come = [_wait_for(lambda: None if links.empty() else links.get(), "the other tasks") for _ in range(number)]
    meeting.unlink()
    return [link for _, link in sorted(((link.recv(), link) for link in come), key=lambda one: int(one[0]))]


def go_to_first(meeting: Path, rank: int) -> Connection:
    """A link to the first task, as number `rank`. Raises as `await_others` does."""
    found = _wait_for(lambda: _read(meeting), "the first task")
    link = Client((found["host"], found["port"]), authkey=bytes.fromhex(found["key"]))
    link.send(rank)
    return link


def _accept(listener: Listener, links: "queue.SimpleQueue[Connection]", number: int) -> None:
    while number:
        with suppress(AuthenticationError, EOFError, ConnectionError):  # somebody else has tried this port
            links.put(listener.accept())
            number -= 1


def _read(meeting: Path) -> Any:
    names = [path.name for path in meeting.parent.iterdir()]  # NFS remembers for a while that a name was not there
    return json.loads(meeting.read_text()) if meeting.name in names else None


def _wait_for(come: Callable[[], Any], whom: str) -> Any:
    end = time.monotonic() + PATIENCE
    while (found := come()) is None:
        if stop.RECEIVED:
            raise Stopped(f"before {whom} came")
        if time.monotonic() > end:
            raise TimeoutError(f"{whom} of this job did not come within {PATIENCE:.0f} s")
        time.sleep(_POLL)
    return found
