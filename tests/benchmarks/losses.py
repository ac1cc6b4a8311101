"""NT-Xent, forward and backward: its speed and its memory, against lightly and pytorch-metric-learning.

The latter sets every positive against every negative: 8 N^3 entries, 512 GiB at N = 4096 even of one byte each. It is
measured at N = 256.
"""

import time
from collections.abc import Callable
from statistics import median

import torch
from lightly.loss import NTXentLoss as LightlyNTXent
from pytorch_metric_learning.losses import NTXentLoss, SelfSupervisedLoss
from torch import Tensor

from core.losses import NTXent
from tests.benchmarks._fresh import fresh, take_turns
from tests.benchmarks._memory import extra_memory
from tests.benchmarks._row import Row, compare

Side = Callable[[], Callable[[Tensor, Tensor], Tensor]]

REPEATS, CALLS = 3, 3
FEW, IMAGES, MANY, FEATURES = 256, 4096, 65_536, 128


def measure() -> list[Row]:
    """Seconds and MiB above the inputs, beside the peers', and at an N whose similarities would fill 64 GiB."""
    return [
        *_beside(IMAGES, "lightly", lightly, faster=3, smaller=10),
        *_beside(FEW, "pytorch-metric-learning", metric_learning),
        *_large(),
    ]


def ours() -> Callable[[Tensor, Tensor], Tensor]:
    """core's."""
    return NTXent(temperature=0.1)


def lightly() -> Callable[[Tensor, Tensor], Tensor]:
    """lightly's."""
    return LightlyNTXent(temperature=0.1)


def metric_learning() -> Callable[[Tensor, Tensor], Tensor]:
    """pytorch-metric-learning's, carried to two views."""
    return SelfSupervisedLoss(NTXentLoss(temperature=0.1))


def seconds_at(side: Side, images: int) -> float:
    """The median of a few calls, after one."""
    step = _step(side(), images)
    step()
    seconds = []
    for _ in range(CALLS):
        start = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - start)
    return median(seconds)


def memory_at(side: Side, images: int) -> float:
    """MiB above the inputs, after a tiny call that loads what torch loads late."""
    loss = side()
    _step(loss, 64)()
    return extra_memory(_step(loss, images))


def both_at(side: Side, images: int) -> tuple[float, float]:
    """Seconds and MiB of one call."""
    start = time.perf_counter()
    memory = memory_at(side, images)
    return time.perf_counter() - start, memory


def _beside(
    images: int, peer_name: str, peer: Side, faster: float | None = None, smaller: float | None = None
) -> list[Row]:
    seconds = take_turns(
        REPEATS, ours=lambda: fresh(seconds_at, ours, images), peer=lambda: fresh(seconds_at, peer, images)
    )
    memory = take_turns(  # with malloc's defaults: pages once freed then count for nobody
        REPEATS,
        ours=lambda: fresh(memory_at, ours, images, malloc=False),
        peer=lambda: fresh(memory_at, peer, images, malloc=False),
    )
    name = f"NT-Xent, N = {images}, D = {FEATURES}"
    return [
        compare(name, "s", seconds["ours"], peer_name, seconds["peer"], faster, less=True),
        compare(f"{name}, memory", "MiB", memory["ours"], peer_name, memory["peer"], smaller, less=True),
    ]


def _large() -> list[Row]:
    seconds, memory = fresh(both_at, ours, MANY, malloc=False)
    name = f"NT-Xent, N = {MANY}"
    return [
        Row(f"{name}, memory", memory, "MiB", goal="within 1024 MiB", held=memory <= 1024),
        Row(name, seconds, "s"),
    ]


def _step(loss: Callable[[Tensor, Tensor], Tensor], images: int) -> Callable[[], None]:
    """A call forward and backward on views that lie in memory."""
    views = [torch.randn(images, FEATURES).requires_grad_() for _ in range(2)]

    def step() -> None:
        loss(*views).backward()

    return step
