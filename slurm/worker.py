"""The worker: claims items, gives each to a fresh child, writes down how it ended. The same on SLURM and here."""

import math
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import connection

from slurm import stop
from slurm.attempts import Attempt
from slurm.child import Child
from slurm.ends import finish, is_over
from slurm.failures import writing
from slurm.heartbeat import heartbeat
from slurm.job import Backlog, Event, Job, Summary
from slurm.tasks import Task, start_all

_POLL = 0.2  # seconds between looks at the signals


@dataclass(frozen=True)
class Closing:
    """Times by time.monotonic(): to begin nothing more, to ask the children to save, and to kill them."""

    last_start: float = math.inf
    stop: float = math.inf
    kill: float = math.inf


def work(
    job: Job,
    slots: int | Callable[[Mapping[int, Child]], int] = 1,
    devices: tuple[str, ...] = (),
    on_event: Callable[[Event], None] | None = None,
    closing: Closing = Closing(),
    tasks: Sequence[Task] = (),
) -> Summary:
    """Work on the job's items, `slots` at a time, until none is left that nobody works on; in the main thread only.

    Where `slots` is a function, it is asked before each start, with the running children by slot; see `packing`.
    Each process sees one of the `devices` as its only GPU, in turns. The first process of an item runs here, its others
    in `tasks`, the other tasks of this job, or here where there are none. A stop signal is passed on to the children,
    which save and end in order; the second Ctrl-C kills them. An item that another worker holds is waited for until
    that worker has shown that it lives: one lease at most. An item whose child was killed is tried again after the
    others.
    Raises Unwritable where the job's folder cannot be written: full, read-only, gone.
    """
    backlog = Backlog(job, on_event or (lambda event: None))
    running, ended, told = dict[int, Child](), Counter[str](), 0
    with stop.listening() as signals, heartbeat(job.lease) as beating, writing(job.root):
        try:
            while True:
                may_begin = not signals and time.monotonic() <= closing.last_start
                if may_begin:
                    _fill(backlog, slots(running) if callable(slots) else slots, devices, running, beating, tasks)
                if not running and (not may_begin or backlog.is_over()):
                    break
                if not signals:
                    _ask_to_stop(closing, tasks)
                told = _pass_on(signals, running, told, closing.kill)
                _settle(backlog, running, signals, beating, ended)
        finally:
            for child in running.values():  # only after an error of the worker itself; bounded, see child
                child.leash.close()
            for child in running.values():
                child.process.join()
        return summary(job, ended, len(backlog.queue))


def _ask_to_stop(closing: Closing, tasks: Sequence[Task]) -> None:
    """As a signal would: where the time is over, or a task is gone. Who comes after this worker has all tasks again."""
    if time.monotonic() > closing.stop:
        stop.ask(signal.SIGXCPU)
    elif any(task.gone for task in tasks):
        stop.ask()


def summary(job: Job, ended: Mapping[str, int], left: int) -> Summary:
    """The summary of a worker whose attempts `ended` in these states."""
    done, failed, stopped = (ended.get(state, 0) for state in ("done", "failed", "stopped"))
    return Summary(done, failed, stopped, len(job.items) - done - failed - stopped - left, left)


def _fill(
    backlog: Backlog,
    slots: int,
    devices: tuple[str, ...],
    running: dict[int, Child],
    beating: set[Attempt],
    tasks: Sequence[Task],
) -> None:
    """Give each free slot an item."""
    for slot in sorted(set(range(slots)) - set(running))[: max(0, slots - len(running))]:
        claimed = None if stop.RECEIVED else backlog.take()
        if claimed is None:
            return
        beating.add(claimed[1])
        first = slot * backlog.job.processes % max(len(devices), 1)
        running[slot] = start_all(backlog.job, *claimed, (*devices[first:], *devices[:first]), tasks)
        backlog.tell(Event("started", claimed[0]))


def _pass_on(signals: list[int], running: Mapping[int, Child], told: int, kill: float) -> int:
    """Tell the children, once each: 1 to stop, 2 (at the second Ctrl-C or at `kill`) to die. Returns what they know."""
    level = 2 if signals.count(signal.SIGINT) > 1 or time.monotonic() > kill else min(len(signals), 1)
    if level > told:
        for process in (process for child in running.values() for process in (child.process, *child.others)):
            process.kill() if level == 2 else process.terminate()
    return level


def _settle(
    backlog: Backlog, running: dict[int, Child], signals: list[int], beating: set[Attempt], ended: Counter[str]
) -> None:
    """Let go of the children that have ended, after a short wait for one."""
    for slot in _over(running):
        child = running.pop(slot)
        state = finish(backlog.job, child, signals)
        beating.discard(child.attempt)
        ended[state.state] += 1
        if state.state == "lost":
            backlog.queue.append(child.item)
        backlog.tell(Event("ended", child.item, state))


def _over(running: Mapping[int, Child]) -> list[int]:
    """The slots whose children are over, after a short wait for one."""
    processes = [process for child in running.values() for process in (child.process, *child.others)]
    connection.wait([process.sentinel for process in processes if process.exitcode is None], _POLL)
    return [slot for slot, child in running.items() if is_over(child)]
