"""Where a study's runs are trained: in this process, by a pool here, or by workers on SLURM."""

import math
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial

import torch

from ablations._context import THREADS, Context
from ablations._execute import execute
from ablations._images import probe_ids
from ablations._memory import MEMORY, memory
from ablations._options import Options
from ablations._plan import Run
from ablations._price import mean_seconds
from ablations._progress import Display
from ablations._site import load_site, resources
from ablations._source import copy_source, import_path
from ablations._study import Study
from core.loaders import BESIDE
from results.records import is_finished
from slurm.commands import SlurmError
from slurm.job import Job
from slurm.local import run_here, run_local
from slurm.queue import FRESH, workers
from slurm.resources import seconds
from slurm.submit import Submission, submit

MALLOC = {"MALLOC_MMAP_THRESHOLD_": str(1 << 32), "MALLOC_TRIM_THRESHOLD_": str(1 << 32)}
"""Keeps glibc from handing pages back after each step, which costs a fifth of the speed."""
PRELOAD = (execute.__module__, "torchvision.models.resnet", "results.plots")
"""What a process imports before it makes children, so that none of them waits for it."""
UNPRICED = 8
"""Workers where nothing is known of how long a run takes."""


def train_here(options: Options, study: Study, where: Context, runs: Sequence[Run]) -> bool:
    """Train in this process, `--cluster debug`; whether all that was to do is done."""
    try:
        summary = run_here(_job(options, study, where, runs, {}))
    except (ValueError, TypeError, OSError) as problem:
        raise RuntimeError("this run failed") from problem  # not wrong use of the command: show the traceback
    return summary.stopped + summary.left == 0


def train_local(options: Options, study: Study, where: Context, runs: Sequence[Run]) -> bool:
    """Train by a pool on this machine; whether all that was to do is done, or failed."""
    copy, name = copy_source(options.results, study)
    sys.path.insert(0, str(copy))  # children get it as theirs
    jobs = jobs_here(options, len(runs), where.processes)
    job = _job(options, study, replace(where, study=name), runs, import_path(copy), jobs * where.processes)
    devices = _devices()
    with Display(job, {run.id: run for run in runs}, jobs) as display:
        summary = run_local(job, jobs, devices, display.on_event)
    return summary.stopped + summary.left == 0


def train_slurm(options: Options, study: Study, where: Context, runs: Sequence[Run]) -> bool:
    """Submit workers to SLURM, and with --wait stay until they are gone; whether there is a result to report."""
    copy, name = copy_source(options.results, study)
    site = load_site(options.site)
    asked = replace(resources(options), tasks=where.processes if where.processes > 1 else None)
    priced = mean_seconds(options.results, runs, asked.over(site.defaults).partition, where.processes)
    submission = submit(
        _job(options, study, replace(where, study=name), runs, import_path(copy), options.pack),
        options.workers or workers_for(len(runs), priced, asked.over(site.defaults).time),
        asked,
        site,
        name=f"{study.name}.{options.scale}",
        folder=options.results / "slurm",
        path=copy,
        parallel=options.parallel,
        slots=options.pack,
    )
    _say(submission, study, priced, len(runs))
    while options.wait and not _is_gone(submission.name):
        time.sleep(FRESH)
    return bool(options.wait)


def environment_of(beside: int) -> dict[str, str]:
    """What a run's process finds in its environment: so many processes like it share its cores."""
    shared = {BESIDE: str(beside), MEMORY: f"{memory() // 2**20}M"}
    return {"OMP_NUM_THREADS": str(THREADS), **MALLOC, **shared}


def _job(
    options: Options,
    study: Study,
    where: Context,
    runs: Sequence[Run],
    environment: Mapping[str, str],
    beside: int = 1,
) -> Job:
    root, probes = options.results.resolve() / "runs", tuple(probe_ids(study, where.scale, where.data))
    return Job(
        root=root,
        items=tuple(dict.fromkeys(run.id for run in runs)),
        function=f"{execute.__module__}:{execute.__name__}",
        finished=partial(is_finished, root, probes),
        context=asdict(where),
        preload=PRELOAD,
        environment={**environment_of(beside), **environment},
        retry_failed=options.retry_failed,
        processes=where.processes,
    )


def jobs_here(options: Options, runs: int, processes: int) -> int:
    """How many of these runs go side by side on this machine: a GPU for each of its processes, else a core."""
    places = len(_devices()) or len(os.sched_getaffinity(0))
    return min(options.jobs or max(1, places // processes), runs)


def _devices() -> tuple[str, ...]:
    """The GPUs that this process may use, by the names that CUDA_VISIBLE_DEVICES gives them."""
    number = torch.cuda.device_count()
    names = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
    return tuple(names[:number]) if names[0] else tuple(map(str, range(number)))


def workers_for(runs: int, priced: float | None, limit: str | None) -> int:
    """So many that each is busy for its time limit."""
    if priced is None or limit is None:
        return min(runs, UNPRICED)
    return min(runs, max(1, math.ceil(runs * priced / seconds(limit))))


def _is_gone(name: str) -> bool:
    """Whether no worker of this name is left; a controller that does not answer says nothing of it."""
    try:
        return not workers([name])
    except SlurmError:
        return False


def _say(submission: Submission, study: Study, priced: float | None, runs: int) -> None:
    price = "unknown, for want of records" if priced is None else f"about {runs * priced / 3600:.1f} hours in all"
    added = f"{submission.added} workers as job {submission.id}" if submission.added else "no workers"
    print(f"submitted {added}, beside {submission.present} that are there already; price: {price}")
    if submission.folder:
        print(f"script and logs: {submission.folder}")
    print(f"python -m ablations.status {study.name} says how it goes")
