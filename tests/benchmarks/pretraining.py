"""Pretraining, whole steps: ours against lightly's documented recipe, with the same encoder, batch and views."""

import time
from statistics import median

import torch
from torch.utils.flop_counter import FlopCounterMode

from core.augmentations import ColorDistortion, Compose, Crop, Flip
from core.encoders import SmallResNet
from core.experiment import Experiment
from core.optimizer import SGD
from tests.benchmarks import _lightly
from tests.benchmarks._fresh import CORES, fresh, take_turns
from tests.benchmarks._row import Row, compare
from tests.benchmarks._training import images_per_second

REPEATS, STEPS, MATMULS = 3, 20, 8
ENCODER = SmallResNet(depth=8, width=16)
EXPERIMENT = Experiment(
    augment=Compose((Crop(), Flip(), ColorDistortion(strength=1.0))),  # lightly's default strength
    encoder=ENCODER,
    optimizer=SGD(),
    learning_rate=0.06,
    batch_size=256,
)


def measure() -> list[Row]:
    """Images/s, and the share of the machine's matrix arithmetic that they make use of.

    lightly gets two loader workers, all cores, and the environment that keeps malloc from handing pages back.
    """
    measured = take_turns(
        REPEATS,
        ours=lambda: fresh(images_per_second, EXPERIMENT, STEPS),
        float32=lambda: fresh(lightly_images_per_second, False, False),
        bfloat16=lambda: fresh(lightly_images_per_second, True, False),
        channels_last=lambda: fresh(lightly_images_per_second, True, True),
        peak=lambda: fresh(matrix_peak),
    )
    ours = measured["ours"]
    name = "pretraining, ResNet-8, batch 256"
    return [
        compare(name, "images/s", ours, "lightly", measured["float32"], times=7),
        compare(name, "images/s", ours, "lightly, bfloat16", measured["bfloat16"], times=4),
        compare(name, "images/s", ours, "lightly, bfloat16, channels last", measured["channels_last"]),
        _share(median(ours), max(measured["peak"])),
    ]


def lightly_images_per_second(bfloat16: bool, channels_last: bool) -> float:
    """lightly's rate with our encoder."""
    return _lightly.images_per_second(ENCODER.build(), EXPERIMENT.batch_size, bfloat16, channels_last)


def matrix_peak(side: int = 4096) -> float:
    """The most GFLOP/s of this machine in square bfloat16 products."""
    first, second = (torch.randn(side, side, dtype=torch.bfloat16) for _ in range(2))
    seconds = []
    for _ in range(MATMULS):
        start = time.perf_counter()
        first @ second
        seconds.append(time.perf_counter() - start)
    return 2 * side**3 / min(seconds) / 1e9


def encoder_arithmetic(views: int = 2) -> float:
    """GFLOP per image, two to a multiply-add, of all convolutions: forward, to their inputs and to their weights.

    Nothing goes to the images, the first convolution's input, and nothing is counted for it.
    """
    encoder = ENCODER.build()
    with FlopCounterMode(display=False) as counter:
        encoder(torch.zeros(2, 3, 32, 32)).sum().backward()
    return views * counter.get_total_flops() / 2 / 1e9


def _share(rate: float, peak: float) -> Row:
    share = 100 * rate * encoder_arithmetic() / peak
    name = f"share of the peak that the encoder reaches, {peak:,.0f} GFLOP/s in bfloat16 on {CORES} cores"
    return Row(name, share, "%", goal="aim: 45 %", held=share >= 45)
