"""A worker as SLURM runs it: the function that submitit gets, in a job of which nothing else is asked."""

import os
import pickle
import sys
import time
from collections.abc import Mapping

from slurm import stop
from slurm.history import history
from slurm.job import Event, Job
from slurm.memory import limits_of
from slurm.packing import packing
from slurm.script import WORK_IS_LEFT
from slurm.worker import Closing, work

GRACE = 120.0  # seconds (or a quarter of the time) for saving at the end, and again before that to begin nothing in
EARLY = 60.0  # seconds by which SLURM may be early to tell of the time limit


def serve(job: bytes, slots: int) -> None:
    """Work on a pickled Job, then exit with WORK_IS_LEFT if a successor should go on.

    Stop signals only set a flag from here on; submitit's handlers would requeue the job in the middle of a step. No
    successor is asked for by a worker that got nowhere in all its time, or it would go on so for ever.
    """
    stop.listen()
    loaded, got_further, closing = pickle.loads(job), False, closing_at(os.environ)

    def tell(event: Event) -> None:
        nonlocal got_further
        state = event.state
        got_further |= state is not None and (state.state in ("done", "failed") or state.progress is not None)
        print(event.what, event.item, f"{state.state} {state.message}".strip() if state else "", flush=True)

    devices = _devices(slots)
    room = packing(slots, limits_of(os.environ), len(devices) or 1) if slots > 1 else None
    summary = work(loaded, room or 1, devices, tell, closing)
    print(summary, flush=True)
    out_of_time = time.monotonic() > closing.last_start - EARLY
    if not summary.stopped + summary.left or not _is_left(loaded):
        return
    if out_of_time and not got_further:
        print("no item got any further in the time of this job: it takes more time", flush=True)
        return
    sys.exit(WORK_IS_LEFT)


def closing_at(environment: Mapping[str, str]) -> Closing:
    """When to begin nothing more, to stop and to kill, from the job's end as the script found it out (WORKER_END)."""
    end = environment.get("WORKER_END", "")
    if not end.isdigit():
        return Closing()
    left = int(end) - time.time()
    grace, over = min(GRACE, left / 4), time.monotonic() + left
    return Closing(last_start=over - 2 * grace, stop=over - grace, kill=over - grace / 4)


def _is_left(job: Job) -> bool:
    """Whether there is an item that is neither finished nor failed nor running elsewhere."""
    for item in job.items:
        past = history(job.root / item, job.lease)
        if not job.finished(item) and (not past or past[-1].state not in ("failed", "running")):
            return True
    return False


def _devices(slots: int) -> tuple[str, ...]:
    """The job's GPUs, to be shared out among the slots; one slot has them all."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    return tuple(visible.split(",")) if visible and slots > 1 else ()
