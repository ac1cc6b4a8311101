"""Loaders: processes that decode streamed images and crop them, so that the device gets small uint8 pixels in batches.

They are torch's DataLoader workers, forked from the run. What an image becomes depends on its file and its boxes alone,
so neither their number nor how batches are cut among them changes a bit.
"""

import ctypes
import os
import signal
import threading
import warnings
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from multiprocessing import active_children
from multiprocessing.process import BaseProcess
from multiprocessing.util import Finalize
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from core.crop_files import cropped
from core.decode import DataError
from core.files import Store, Streamed

Task = tuple[list[int], list[list[list[int]]]]
"""Places in the store (n), and the boxes of each image's pixels (n, starts, 4)."""
AT_LEAST = 16  # images of a task: fewer cost more to hand over than they are worth
AHEAD = 4  # tasks of a batch for each loader
BESIDE = "ABLATIONS_BESIDE"
"""The variable that says how many processes, each with loaders of its own, share the cores of this one."""
OF_THE_RUN = (signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM)
"""Signals that may be sent to all processes of a job, and are the run's to heed."""


def number() -> int:
    """Loaders of this process: one for each core of its share."""
    return max(1, len(os.sched_getaffinity(0)) // int(os.environ.get(BESIDE) or 1))


def decoded(streamed: Streamed, asked: Iterable[tuple[Tensor, Tensor]], device: str) -> Iterator[Tensor]:
    """The pixels (starts, n, side, side, 3) of each (places (n,), boxes (n, starts, 4)) that is asked for, in order."""
    shapes, loaders = deque[tuple[int, int]](), number()

    def tasks() -> Iterator[Task]:
        for places, of_each in asked:
            size = max(AT_LEAST, -(-len(places) // (AHEAD * loaders)))
            shapes.append((len(places), -(-len(places) // size)))
            stored = torch.split(streamed.places[places], size)
            for few, theirs in zip(stored, torch.split(of_each, size), strict=True):
                yield few.tolist(), theirs.tolist()

    parts = _parts(_loader(streamed, tasks(), loaders, pin_memory=device != "cpu"))
    for first in parts:
        size, number_of_tasks = shapes.popleft()
        pixels = torch.empty(len(first), size, *streamed.shape[1:], dtype=torch.uint8, device=device)
        filled = 0
        for part in chain([first], islice(parts, number_of_tasks - 1)):
            pixels[:, filled : filled + part.shape[1]].copy_(part, non_blocking=True)
            filled += part.shape[1]
        yield pixels


def _loader(streamed: Streamed, tasks: Iterator[Task], loaders: int, pin_memory: bool) -> "DataLoader[Any]":
    return DataLoader(
        _Decoding(streamed.store, streamed.side),
        batch_size=None,
        sampler=tasks,
        num_workers=loaders,
        prefetch_factor=AHEAD + 1,
        pin_memory=pin_memory,
        multiprocessing_context="fork",  # a forkserver's are no children of the run, and would outlive it
        worker_init_fn=_begin,
        generator=torch.Generator(),  # it draws a seed, which shall not come from everybody's
    )


def _parts(loader: "DataLoader[Any]") -> Iterator[Tensor]:
    """What the loaders hand over, in order; raises DataError for an image, RuntimeError for a loader that died."""
    parts, processes = _started(loader)
    end = Finalize(None, _end, args=(processes,), exitpriority=0)  # which a run that exits in between calls, too
    try:
        while (part := _next(parts)) is not None:
            if isinstance(part, Exception):
                raise part
            yield part
    finally:
        del parts  # torch asks them to end, and waits for some seconds
        end()


def _started(loader: "DataLoader[Any]") -> tuple[Iterator[Any], list[BaseProcess]]:
    """The loaders at work, and their processes.

    Signals wait until the loaders are ready to ignore them. torch's handler of SIGCHLD would raise in whatever the run
    does when a loader dies, such as saving; it is not kept, so that the error is raised where images are waited for.
    """
    others, of_children = active_children(), signal.getsignal(signal.SIGCHLD)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, OF_THE_RUN)
    try:
        return iter(loader), [process for process in active_children() if process not in others]
    finally:
        if threading.current_thread() is threading.main_thread():  # no other may say, nor does torch in it
            signal.signal(signal.SIGCHLD, of_children or signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end(processes: list[BaseProcess]) -> None:
    for process in processes:
        process.kill()  # they heed nothing else
        process.join()


def _next(parts: Iterator[Any]) -> Tensor | Exception | None:
    """The next part, or what is wrong; as a value, since a traceback would hold the loaders."""
    try:
        part: Tensor | DataError | None = next(parts, None)
        return part
    except (RuntimeError, OSError, EOFError) as died:  # the latter where it was just handing something over
        reason = (str(died).splitlines() or [type(died).__name__])[0]
        return RuntimeError(f"a process that decodes images died ({reason})")


class _Decoding(Dataset[Any]):
    """The store as a DataLoader takes it: asked for a task, its pixels (starts, n, side, side, 3), or what is wrong."""

    def __init__(self, store: Store, side: int) -> None:
        self.store, self.side = store, side

    def __getitem__(self, task: Task) -> Tensor | DataError:
        places, of_each = task
        pixels = np.empty((len(of_each[0]), len(places), self.side, self.side, 3), np.uint8)
        try:
            for column, (place, its) in enumerate(zip(places, of_each, strict=True)):
                cropped(self.store, place, its, pixels[:, column])
        except DataError as problem:  # as a value: what a loader raises gets its traceback into the message
            return problem
        return torch.from_numpy(pixels)


def _begin(_: int) -> None:
    """What a loader does first: it dies with the run, and leaves signals to it."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG; DataLoader itself would look every five seconds
    for each in OF_THE_RUN:
        signal.signal(each, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, OF_THE_RUN)
    warnings.simplefilter("error", Image.DecompressionBombWarning)
