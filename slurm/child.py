"""One item in a fresh process, or in several: a crash, a leak or a full GPU ends with it.

The child writes its own end where it can, the worker where it could not; see `ends`.
"""

import faulthandler
import importlib
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, Protocol

from slurm import stop
from slurm.attempts import Attempt, Outcome, Stopped, Superseded
from slurm.environment import environment_with
from slurm.failures import UNWRITABLE, classify, said
from slurm.job import Job

CANNOT_WRITE = os.EX_IOERR
"""The exit code of a child that could not write what it had to."""
DEFERENCE = 1.0
"""Seconds that another process of an item waits before it says what ended it, so that the first one may."""
WITNESS = 5.0
"""Seconds that a process which has lost another one waits before it says so, so that one that knows why may."""


class Process(Protocol):
    """A process of an item, be it of this worker or of another task of its job."""

    @property
    def exitcode(self) -> int | None: ...
    @property
    def sentinel(self) -> Any:
        """What `connection.wait` takes."""

    def terminate(self) -> None: ...
    def kill(self) -> None: ...
    def join(self, timeout: float | None = None) -> None: ...


@dataclass(frozen=True)
class Child:
    """A running child; it stops when the worker's end of the `leash` closes, be it by the worker's death.

    `others` are those that work on the item beside the `process`, the first of them being process 1.
    """

    item: str
    attempt: Attempt
    process: ForkServerProcess
    leash: Connection
    others: tuple[Process, ...] = ()


def start(job: Job, item: str, attempt: Attempt, *environments: Mapping[str, str]) -> Child:
    """Start a process on an item for each of these environments, which come on top of the job's."""
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__, *job.preload])
    held, leash = context.Pipe(duplex=False)
    common = job.function, item, attempt, job.context
    each = [({**job.environment, **environment}, held, job.lease) for environment in environments]
    first, *others = [context.Process(target=_main, args=(*common, *own)) for own in each]
    resource_tracker.ensure_running()  # or it would unblock the signals again
    with stop.blocked(), environment_with(job.environment):  # for the forkserver, which the first start brings up
        for process in (first, *others):
            process.start()
    held.close()
    return Child(item, attempt, first, leash, tuple(others))


def attempt_item(
    function: str, item: str, attempt: Attempt, context: Mapping[str, Any], rank: int = 0
) -> BaseException | None:
    """Call the function on the item; what it raised, which is then written down as the attempt's end.

    Where the folder cannot be written, the item has not failed but stopped; raises OSError where not even that can.
    The first end stands: a process that is not the first, by its `rank`, lets that one speak.
    """
    try:
        resolve(function)(item, attempt, context)
    except (Stopped, KeyboardInterrupt) as error:
        attempt.end("stopped", message=str(error))
        return error
    except Superseded as error:
        attempt.end("superseded", message=str(error))
        return error
    except BaseException as error:
        time.sleep(WITNESS if isinstance(error, ConnectionError) else DEFERENCE if rank else 0.0)
        kind = classify(error, attempt.folder)
        outcome: Outcome = "stopped" if kind in UNWRITABLE.values() else "failed"
        message = f"process {rank}: {said(error)}" if rank else said(error)
        attempt.end(outcome, kind, message, "".join(traceback.format_exception(error)))
        return error
    return None


def resolve(function: str) -> Callable[[str, Attempt, Any], None]:
    """The function with the name "module:function"."""
    module, _, name = function.partition(":")
    found: Callable[[str, Attempt, Any], None] = getattr(importlib.import_module(module), name)
    return found


def _main(
    function: str,
    item: str,
    attempt: Attempt,
    context: Mapping[str, Any],
    environment: Mapping[str, str],
    held: Connection,
    lease: float,
) -> None:
    stop.listen()
    rank = int(environment.get("RANK", 0))
    _redirect(attempt.folder / (f"log.{rank}.txt" if rank else "log.txt"))
    os.environ.update(environment)
    threading.Thread(target=_stop_with_worker, args=(held, min(30.0, lease / 2)), daemon=True).start()
    try:
        error = attempt_item(function, item, attempt, context, rank)
    except OSError as problem:
        error = problem
    if error is not None and not isinstance(error, Stopped | Superseded):
        with suppress(OSError):
            traceback.print_exception(error)
    sys.exit(0 if error is None else CANNOT_WRITE if classify(error, attempt.folder) in UNWRITABLE.values() else 1)


def _redirect(path: Path) -> None:
    """Send all output, that of native code too, to the attempt's log, line by line so that a crash loses none."""
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(log, stream.fileno())
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    os.close(log)
    faulthandler.enable()


def _stop_with_worker(held: Connection, grace: float) -> None:
    """Ask this process to stop when the worker is gone, and end it if it has not, well before its lease runs out."""
    try:
        held.recv_bytes()
    except (EOFError, OSError):
        stop.ask()
        time.sleep(grace)
        os._exit(1)
