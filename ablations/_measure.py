"""A few steps of one run, in a fresh process like those that workers start."""

import os
import resource
import time
from collections.abc import Mapping
from contextlib import suppress
from itertools import pairwise
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

import torch

from ablations._context import THREADS, Context, find_experiment
from ablations._find import load_study
from ablations._images import data_of
from ablations._launch import PRELOAD, environment_of
from ablations._price import Cost
from core.journal import State, Unkept
from slurm import stop
from slurm.environment import environment_with
from slurm.failures import classify
from slurm.memory import peaks_of

STEPS, ENOUGH, PATIENCE = 8, 2.0, 30.0
"""A timing ends after so many steps, or the first that ends after so many seconds; a process has so many in all."""
WAITED = Path("/proc/thread-self/schedstat")
"""Of the thread that reads it: nanoseconds on a core, those of waiting for one, and how often it was given one."""


def measure(where: Context, run: str, memory: int, beside: int = 1) -> Cost | str:
    """What a step of the run costs, measured in a fresh process like a worker's child, or in words why nobody can tell.

    memory: the bytes that the process may take, 0 for any number; beside: how many runs share the cores.
    """
    context = get_context("forkserver")
    context.set_forkserver_preload([*PRELOAD])
    ours, its = context.Pipe(duplex=False)
    environment = environment_of(beside)
    process = context.Process(target=_measure, args=(where, run, memory, environment, its))  # no daemon: has children
    resource_tracker.ensure_running()  # or it would unblock the signals again
    with stop.blocked(), environment_with(environment):  # for the forkserver
        process.start()
    its.close()
    try:
        ours.recv()  # once torch is loaded, which may take a cluster's file system long
        return ours.recv() if ours.poll(PATIENCE) else f"its first steps take more than {PATIENCE:.0f} s here"
    except EOFError:
        return "the process that timed it was killed: often the out-of-memory killer"
    finally:
        process.kill()
        process.join()


def _measure(where: Context, run: str, memory: int, environment: Mapping[str, str], answer: Connection) -> None:
    os.environ.update(environment)  # where the forkserver runs already, with another
    with suppress(BrokenPipeError):  # whoever waited is gone
        answer.send(None)
        answer.send(_cost(where, run, memory))


def _cost(where: Context, run: str, memory: int) -> Cost | str:
    torch.set_num_threads(THREADS)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu" and memory:  # so that too large a run fails before it takes the machine's last
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    clock = _Clock(device)
    try:
        _train(where, run, clock, device)
        return Cost(clock.seconds(), clock.peak or _peak(device))
    except Exception as problem:
        if classify(problem) != "out of memory":
            return f"a step of it fails here: {type(problem).__name__}: {problem}"
        return Cost(None, {"GPU memory": torch.cuda.mem_get_info()[1]} if device == "cuda" else {"memory": memory})


def _train(where: Context, run: str, clock: "_Clock", device: str) -> None:
    study = load_study(where.study)
    experiment = find_experiment(run, study, where)
    with suppress(_Enough):
        study.train(experiment, data_of(experiment, where.data), clock, device)


def _now() -> float:
    """Seconds, without those in which this thread was ready and others had its core, where the system counts them."""
    with suppress(OSError):
        return time.perf_counter() - int(WAITED.read_text().split()[1]) / 1e9
    return time.perf_counter()


def _peak(device: str) -> dict[str, int]:
    """The peak bytes of this process so far."""
    peak = {"memory": peaks_of(os.getpid(), gpu=False)["memory"]}
    return {**peak, "GPU memory": torch.cuda.max_memory_reserved()} if device == "cuda" else peak


class _Enough(Exception):  # noqa: N818 -- it is no error
    """Enough steps have been timed."""


class _Clock(Unkept):
    """A journal that keeps nothing but when each step ended, and ends the run when it has seen enough.

    The time goes on only while the process has a core, so that other work does not make its steps long.
    peak: the bytes then, while loaders of images still live.
    """

    def __init__(self, device: str) -> None:
        self.device, self.peak = device, dict[str, int]()

    def load(self) -> State | None:
        self.ended = [_now()]
        return None

    def due(self) -> bool:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.ended.append(_now())
        if len(self.ended) > STEPS or self.ended[-1] - self.ended[0] > ENOUGH:
            self.peak = _peak(self.device)
            raise _Enough
        return False

    def save(self, state: State) -> None:
        self.due()

    def seconds(self) -> float:
        """The median of the later half of the steps: the earlier ones warm up."""
        taken = [after - before for before, after in pairwise(self.ended)]
        return median(taken[len(taken) // 2 :])
