"""The worker: claims items, gives each to a fresh child, writes down how it ended. The same on SLURM and here."""

import math
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing import connection

from slurm import stop
from slurm.attempts import Attempt
from slurm.child import CANNOT_WRITE, Child, start
from slurm.failures import Unwritable, killed, writing
from slurm.heartbeat import heartbeat
from slurm.history import AttemptState, history
from slurm.job import Backlog, Event, Job, Summary

_POLL = 0.2  # seconds between looks at the signals
_PAUSE = 0.5  # seconds in which a job that is killed as a whole takes its worker too


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
) -> Summary:
    """Work on the job's items, `slots` at a time, until none is left that nobody works on; in the main thread only.

    Where `slots` is a function, it says so anew before each start, of the children under way by slot; see `packing`.
    Slot i sees `devices[i % len(devices)]` as its only GPU. A stop signal is passed on to the children, which save and
    end in order; the second Ctrl-C kills them. An item that another worker holds is waited for until that worker has
    shown that it lives: one lease at most. An item whose child was killed is tried again after the others.
    Raises Unwritable where the job's folder cannot be written: full, read-only, gone.
    """
    backlog = Backlog(job, on_event or (lambda event: None))
    running, ended, told = dict[int, Child](), Counter[str](), 0
    with stop.listening() as signals, heartbeat(job.lease) as beating, writing(job.root):
        try:
            while True:
                if not (signals or time.monotonic() > closing.last_start):
                    _fill(backlog, slots(running) if callable(slots) else slots, devices, running, beating)
                elif not running:
                    break
                if not running and backlog.is_over():
                    break
                if not signals and time.monotonic() > closing.stop:
                    stop.ask(signal.SIGXCPU)
                told = _pass_on(signals, running, told, closing.kill)
                _settle(backlog, running, signals, beating, ended)
        finally:
            for child in running.values():  # only after an error of the worker itself; bounded, see child
                child.leash.close()
            for child in running.values():
                child.process.join()
        return summary(job, ended, len(backlog.queue))


def end_returned(job: Job, item: str, attempt: Attempt) -> None:
    """End the attempt of a function that returned: done if there is a record to show for it."""
    if job.finished(item):
        attempt.end("done")
    else:
        attempt.end("failed", "unfinished", f"the function returned, but finished({item!r}) is False")


def summary(job: Job, ended: Mapping[str, int], left: int) -> Summary:
    """The summary of a worker whose attempts `ended` in these states."""
    done, failed, stopped = (ended.get(state, 0) for state in ("done", "failed", "stopped"))
    return Summary(done, failed, stopped, len(job.items) - done - failed - stopped - left, left)


def _fill(
    backlog: Backlog, slots: int, devices: tuple[str, ...], running: dict[int, Child], beating: set[Attempt]
) -> None:
    """Give each free slot an item."""
    for slot in sorted(set(range(slots)) - set(running))[: max(0, slots - len(running))]:
        claimed = None if stop.RECEIVED else backlog.take()
        if claimed is None:
            return
        beating.add(claimed[1])
        device = {"CUDA_VISIBLE_DEVICES": devices[slot % len(devices)]} if devices else {}
        running[slot] = start(backlog.job, *claimed, device)
        backlog.tell(Event("started", claimed[0], slot))


def _pass_on(signals: list[int], running: Mapping[int, Child], told: int, kill: float) -> int:
    """Tell the children, once each: 1 to stop, 2 (at the second Ctrl-C or at `kill`) to die. Returns what they know."""
    level = 2 if signals.count(signal.SIGINT) > 1 or time.monotonic() > kill else min(len(signals), 1)
    if level > told:
        for child in running.values():
            child.process.kill() if level == 2 else child.process.terminate()
    return level


def _settle(
    backlog: Backlog, running: dict[int, Child], signals: list[int], beating: set[Attempt], ended: Counter[str]
) -> None:
    """Let go of the children that have ended, after a short wait for one."""
    for slot in _over(running):
        child = running.pop(slot)
        state = _finish(backlog.job, child, signals)
        beating.discard(child.attempt)
        ended[state.state] += 1
        if state.state == "lost":
            backlog.queue.append(child.item)
        backlog.tell(Event("ended", child.item, slot, state))


def _over(running: Mapping[int, Child]) -> list[int]:
    """The slots whose children have ended, after a short wait for one."""
    slots = {child.process.sentinel: slot for slot, child in running.items()}
    return [slots[sentinel] for sentinel in connection.wait(list(slots), _POLL)]  # type: ignore[index]


def _finish(job: Job, child: Child, signals: list[int]) -> AttemptState:
    """Write down how a child ended, where it could not do so itself, and let it go."""
    child.process.join()
    child.leash.close()
    code = child.process.exitcode or 0
    if code == 0:
        end_returned(job, child.item, child.attempt)
    elif code == CANNOT_WRITE:
        child.attempt.end("stopped", message="it could not write what it had to")
        state = _state(job, child)
        raise Unwritable(job.root, state.message if state else f"{child.attempt.folder} is gone")
    elif code > 0:  # unless the child has written why
        child.attempt.end("failed", "exit", f"exited with code {code} before it could say why")
    elif signals:
        limit = "time limit" if signal.SIGXCPU in signals else None
        child.attempt.end("stopped", limit, f"killed by signal {-code} before it had saved")
    elif -code == signal.SIGXCPU:
        child.attempt.end("failed", "time limit", killed(-code))
    else:
        time.sleep(_PAUSE)
        child.attempt.renew()
        child.attempt.lose("killed", killed(-code), job.max_attempts)
    child.process.close()
    state = _state(job, child)
    if state is None:
        raise Unwritable(job.root, f"{child.attempt.folder} is gone")
    return state


def _state(job: Job, child: Child) -> AttemptState | None:
    states = history(child.attempt.folder.parent.parent, job.lease)
    return next((state for state in states if state.number == child.attempt.number), None)
