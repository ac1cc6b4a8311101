"""One item in a fresh process: a crash, a leak or a full GPU ends with it.

The child writes its own end where it can, the worker where it could not; see `worker`.
"""

import errno
import faulthandler
import importlib
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from typing import Any

from slurm import stop
from slurm.attempts import Attempt, Stopped, Superseded
from slurm.environment import environment_with
from slurm.job import Job


@dataclass(frozen=True)
class Child:
    """A running child; it stops when the worker's end of the `leash` closes, be it by the worker's death."""

    item: str
    attempt: Attempt
    process: ForkServerProcess
    leash: Connection


def start(job: Job, item: str, attempt: Attempt, environment: Mapping[str, str]) -> Child:
    """Start a child on an item, with `environment` on top of the job's."""
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__, *job.preload])
    held, leash = context.Pipe(duplex=False)
    arguments = (job.function, item, attempt, job.context, {**job.environment, **environment}, held, job.lease)
    process = context.Process(target=_main, args=arguments)
    resource_tracker.ensure_running()  # or it would unblock the signals again
    with stop.blocked(), environment_with(job.environment):  # for the forkserver, which the first start brings up
        process.start()
    held.close()
    return Child(item, attempt, process, leash)


def attempt_item(function: str, item: str, attempt: Attempt, context: Mapping[str, Any]) -> BaseException | None:
    """Call the function on the item; what it raised, which is then written down as the attempt's end."""
    try:
        resolve(function)(item, attempt, context)
    except (Stopped, KeyboardInterrupt) as error:
        attempt.end("stopped", message=str(error))
        return error
    except Superseded as error:
        attempt.end("superseded", message=str(error))
        return error
    except BaseException as error:
        message = f"{type(error).__name__}: {error}"
        attempt.end("failed", classify(error), message, "".join(traceback.format_exception(error)))
        return error
    return None


def resolve(function: str) -> Callable[[str, Attempt, Any], None]:
    """The function with the name "module:function"."""
    module, _, name = function.partition(":")
    found: Callable[[str, Attempt, Any], None] = getattr(importlib.import_module(module), name)
    return found


def classify(error: BaseException | None) -> str:
    """The kind of a failure: its own `kind` attribute, or what it or its cause looks like."""
    while error is not None:
        text = str(error).lower()
        if isinstance(kind := getattr(error, "kind", None), str):
            return kind
        if isinstance(error, MemoryError) or any(words in text for words in _OUT_OF_MEMORY):
            return "out of memory"
        if isinstance(error, FloatingPointError):
            return "not a number"
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return "disk full"
        error = error.__cause__ or error.__context__
    return "error"


_OUT_OF_MEMORY = ("out of memory", "not enough memory", "can't allocate memory", "cannot allocate memory")


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
    _redirect(attempt)
    os.environ.update(environment)
    threading.Thread(target=_stop_with_worker, args=(held, min(30.0, lease / 2)), daemon=True).start()
    error = attempt_item(function, item, attempt, context)
    if error is not None and not isinstance(error, Stopped | Superseded):
        traceback.print_exception(error)
    sys.exit(0 if error is None else 1)


def _redirect(attempt: Attempt) -> None:
    """Send all output, that of native code too, to the attempt's log, line by line so that a crash loses none."""
    log = os.open(attempt.folder / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
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
