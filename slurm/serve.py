"""A worker as SLURM runs it: the function that submitit gets, in a job of which nothing else is asked."""

import os
import pickle
import sys
import time
from collections.abc import Mapping, Sequence

from submitit import JobEnvironment

from slurm import stop
from slurm.attempts import Stopped, is_open
from slurm.history import history
from slurm.job import Event, Job
from slurm.meeting import await_others, go_to_first
from slurm.memory import limits_of
from slurm.packing import packing
from slurm.script import WORK_IS_LEFT
from slurm.tasks import Task, follow
from slurm.worker import Closing, work

GRACE = 120.0  # seconds (or a quarter of the time) for saving at the end, and again before that to begin nothing in
EARLY = 60.0  # seconds by which SLURM may be early to tell of the time limit


def serve(job: bytes, slots: int) -> None:
    """Work on a pickled Job, then exit with WORK_IS_LEFT if a successor should go on.

    Stop signals only set a flag from here on; submitit's handlers would requeue the job in the middle of a step. No
    successor is asked for by a worker that got nowhere in all its time, or it would go on so for ever. Where an item
    takes several processes, so many tasks of the SLURM job call this: the first is the worker, the others follow it.
    """
    stop.listen()
    loaded: Job = pickle.loads(job)
    try:
        tasks = _tasks(loaded)
    except Stopped:
        sys.exit(WORK_IS_LEFT)
    if tasks is not None:
        _lead(loaded, slots, tasks)


def _tasks(job: Job) -> list[Task] | None:
    """The other tasks of this job if this is the first one; else None, once that has gone."""
    if job.processes == 1:
        return []
    place = JobEnvironment()
    if place.num_tasks != job.processes:
        raise ValueError(f"this job has {place.num_tasks} tasks, and its runs take {job.processes} processes")
    meeting = place.paths.folder / f"{place.job_id}-{os.environ.get('SLURM_RESTART_COUNT', 0)}.tasks.json"
    if place.global_rank == 0:
        host = place.hostnames[0]
        return [Task(link, host) for link in await_others(meeting, host, place.num_tasks - 1)]
    follow(go_to_first(meeting, place.global_rank), job, _device(place.local_rank))
    return None


def _lead(loaded: Job, slots: int, tasks: Sequence[Task]) -> None:
    got_further, closing = False, closing_at(os.environ)

    def tell(event: Event) -> None:
        nonlocal got_further
        state = event.state
        got_further |= state is not None and (state.state in ("done", "failed") or state.progress is not None)
        print(event.what, event.item, f"{state.state} {state.message}".strip() if state else "", flush=True)

    devices = _device(0) if tasks else _devices(slots)
    room = packing(slots, limits_of(os.environ), len(devices) or 1) if slots > 1 else None
    summary = work(loaded, room or 1, devices, tell, closing, tasks)
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
    """Whether there is an item that is neither finished nor failed for good nor running elsewhere."""
    folders = {item: job.root / item for item in job.items}
    return any(is_open(at, history(at, job.lease)) and not job.finished(item) for item, at in folders.items())


def _devices(slots: int) -> tuple[str, ...]:
    """The job's GPUs, to be shared out among the slots; one slot has them all."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    return tuple(visible.split(",")) if visible and slots > 1 else ()


def _device(number: int) -> tuple[str, ...]:
    """The GPU of this node's task `number`, from those of the job on this node."""
    devices = _devices(slots=2)
    return (devices[number % len(devices)],) if devices else ()
