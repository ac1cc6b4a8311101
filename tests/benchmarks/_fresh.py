"""Fresh processes, so that no measurement inherits another's memory, threads or caches."""

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from ablations._launch import MALLOC
from slurm.environment import environment_with

CORES = len(os.sched_getaffinity(0))


def fresh(function: Callable[..., Any], *arguments: Any, threads: int = CORES, malloc: bool = True) -> Any:
    """What `function` returns in a process of its own; with `malloc` in the environment that workers get."""
    return side_by_side(1, function, *arguments, threads=threads, malloc=malloc)[0]


def side_by_side(
    copies: int, function: Callable[..., Any], *arguments: Any, threads: int, malloc: bool = True
) -> list[Any]:
    """What `function` returns in each of so many fresh processes that run at a time."""
    threading = {name: str(threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    with (
        environment_with({**threading, **(MALLOC if malloc else {})}),
        ProcessPoolExecutor(copies, mp_context=get_context("spawn")) as pool,
    ):
        return [future.result() for future in [pool.submit(function, *arguments) for _ in range(copies)]]


def take_turns(repeats: int, **measurements: Callable[[], float]) -> dict[str, list[float]]:
    """Each measurement so many times, in turns: what else the machine does meanwhile slows all of them alike."""
    rounds = [{name: measure() for name, measure in measurements.items()} for _ in range(repeats)]
    return {name: [measured[name] for measured in rounds] for name in measurements}
