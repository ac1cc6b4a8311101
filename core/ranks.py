"""One run on several processes, its ranks: each embeds its rows of every batch, and all of them know the whole loss.

torch.distributed joins them as RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT say (torchrun's names): NCCL for what is
on a GPU, gloo for all else. Alone a process is rank 0 of 1, and nothing here does anything.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

from core.value import check

T = TypeVar("T")
WAIT = timedelta(days=1)
"""How long a rank waits for the others: rank 0 may fit a probe meanwhile. Who started them sees to it if one dies."""


class Parted(ConnectionError):  # noqa: N818 -- it is a state of the run, and reads so
    """Another rank is gone; only what started the ranks can tell why."""

    kind = "lost process"


@contextmanager
def joined(number: int) -> Iterator[None]:
    """This process as one of `number` ranks, which RANK says, for the length of the block."""
    if number == 1:
        yield
        return
    with _among_others():
        dist.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo", timeout=WAIT)
    yield
    dist.destroy_process_group()  # not after an exception: the others may wait for us where we do not come


def world_size() -> int:
    """How many ranks there are; 1 alone."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """Which one this is, from 0."""
    return dist.get_rank() if world_size() > 1 else 0


def check_divides(batch_size: int, bn_batch: int | None, ranks: int) -> None:
    """Raise ValueError for a batch that cannot be shared out equally, or a chunk of it that batch norm sees at once."""
    check(batch_size % ranks == 0, f"batch_size takes a multiple of the {ranks} processes of a run, not {batch_size}")
    fits = bn_batch is None or bn_batch % ranks == 0
    check(fits, f"bn_batch takes a multiple of the {ranks} processes of a run, not {bn_batch}")


def own(whole: Tensor, dim: int = 0) -> Tensor:
    """This rank's part of `whole` along `dim`."""
    return whole.chunk(world_size(), dim)[rank()]


def all_gather(part: Tensor, dim: int = 0) -> Tensor:
    """All ranks' parts, equal in shape, along `dim` in the order of the ranks; no gradient flows."""
    if world_size() == 1:
        return part
    parts = [torch.empty_like(part, memory_format=torch.contiguous_format) for _ in range(world_size())]
    with _among_others():
        dist.all_gather(parts, part.contiguous())
    return torch.cat(parts, dim)


def gather(part: Tensor) -> Tensor:
    """What `all_gather` gives, on rank 0; on the others nothing, (0, ...): they need not hold it."""
    if world_size() == 1:
        return part
    parts = [torch.empty_like(part, memory_format=torch.contiguous_format) for _ in range(world_size() * (rank() == 0))]
    with _among_others():
        dist.gather(part.contiguous(), parts or None)
    return torch.cat(parts or [part[:0]])


def all_reduce(part: Tensor) -> Tensor:
    """The sum over the ranks, in the place of `part`."""
    if world_size() > 1:
        with _among_others():
            dist.all_reduce(part)
    return part


def add_gradients(module: nn.Module) -> None:
    """Replace the gradients of the module's parameters by their sums over the ranks."""
    gradients = [parameter.grad for parameter in module.parameters() if parameter.grad is not None]
    if world_size() > 1 and gradients:
        sums = all_reduce(torch.cat([gradient.flatten() for gradient in gradients]))
        for gradient, total in zip(gradients, torch.split(sums, [one.numel() for one in gradients]), strict=True):
            gradient.copy_(total.view_as(gradient))


def any_of(here: bool) -> bool:
    """Whether it holds on any rank."""
    return bool(all_reduce(torch.tensor(int(here)))) if world_size() > 1 else here


def broadcast(thing: T | None = None) -> T:
    """What rank 0 gives, on every rank."""
    things: list[Any] = [thing]
    if world_size() > 1:
        with _among_others():
            dist.broadcast_object_list(things, device=torch.device("cpu"))
    found: T = things[0]
    return found


@contextmanager
def _among_others() -> Iterator[None]:
    """What fails between ranks, most often fails because one is gone."""
    try:
        yield
    except RuntimeError as problem:
        raise Parted(f"the processes of this run cannot talk, or one is gone: {problem}") from problem
