"""Where the runs of a command will go: how many at a time, with how much memory each, on what machine."""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from ablations._context import THREADS, Context
from ablations._estimate import NODE
from ablations._launch import jobs_here, workers_for
from ablations._options import Options
from ablations._plan import Run
from ablations._price import IsLike, mean_seconds, on_partition
from ablations._site import load_site, resources
from ablations._source import processor, provenance
from ablations._study import Study
from slurm.commands import is_login_node
from slurm.memory import limits_of
from slurm.resources import megabytes

ALIKE = ("device", "threads", "processes", "partition", "versions")
"""What two machines have in common if a run takes as long on both, beside their processor."""


@dataclass(frozen=True)
class Destination:
    """Where runs will go.

    at_a_time: runs side by side; limits: the bytes that each may then use of "memory" and "GPU memory", where known.
    is_like: whether a machine is like those there; here: this machine, None where it may time no steps; gpus: for how
    many of them a run's price is estimated, 0 where it is not.
    """

    at_a_time: int
    limits: Mapping[str, int]
    is_like: IsLike
    here: Mapping[str, Any] | None
    gpus: int = 0


def destination_of(options: Options, study: Study, where: Context, runs: Sequence[Run]) -> Destination:
    """Where the command with these options would train these runs."""
    return _on_slurm(options, where, runs) if options.cluster == "slurm" else _here(options, study, where, len(runs))


def is_like(mine: Mapping[str, Any], machine: Mapping[str, Any]) -> bool:
    """Whether a run takes as long on this machine as on `mine`."""
    named = "processor" if "processor" in machine else "host"  # a record may tell its host alone
    return all(machine.get(name) == mine.get(name) for name in (*ALIKE, named))


def _here(options: Options, study: Study, where: Context, runs: int) -> Destination:
    mine, gpus = _machine(study, where), torch.cuda.device_count()
    jobs = 1 if options.cluster == "debug" else jobs_here(options, runs, where.processes)
    shared = {"memory": jobs, "GPU memory": math.ceil(jobs * where.processes / max(gpus, 1))}
    limits = {memory: size // shared[memory] for memory, size in limits_of(os.environ).items()}
    may_time = where.processes == 1 and (options.here or not is_login_node())  # a timing has one process
    few = where.scale == "paper" and not gpus  # on a laptop, that scale is there to be planned
    assumed = where.processes if where.processes > 1 else NODE
    return Destination(jobs, limits, partial(is_like, mine), mine if may_time else None, assumed if few else 0)


def _on_slurm(options: Options, where: Context, runs: Sequence[Run]) -> Destination:
    asked = resources(options).over(load_site(options.site).defaults)
    priced = mean_seconds(options.results, runs, asked.partition, where.processes)
    workers = options.workers or workers_for(len(runs), priced, asked.time)
    at_a_time = min(min(workers, options.parallel or workers) * options.pack, len(runs))
    limits = {"memory": megabytes(asked.memory) * 2**20 // options.pack} if asked.memory else {}
    gpus = where.processes if asked.gpus else NODE if where.scale == "paper" else 0
    return Destination(at_a_time, limits, on_partition(asked.partition, where.processes), None, gpus)


def _machine(study: Study, where: Context) -> dict[str, Any]:
    """This machine, as the provenance of a run that it trains tells it, and its processor."""
    known = provenance(study)
    return {
        "host": known["host"],
        "versions": known["versions"],
        "processor": processor(),
        "threads": THREADS,
        **({"processes": where.processes} if where.processes > 1 else {}),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        "partition": os.environ.get("SLURM_JOB_PARTITION"),
    }
