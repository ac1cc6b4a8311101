"""The rate of our own training: core's loop itself, as the workers run it."""

import time
from dataclasses import replace

import torch

from core.data import DataSet, Images
from core.experiment import Experiment
from core.journal import Unkept
from core.pretrain import pretrain

WARM = 3


class Clock(Unkept):
    """A journal that keeps nothing but when each step ended."""

    def __init__(self) -> None:
        self.ended: list[float] = []

    def due(self) -> bool:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.ended.append(time.perf_counter())
        return False


def noise(number: int) -> DataSet:
    """So many training images of CIFAR-10's size."""
    pixels = torch.randint(0, 256, (number, 32, 32, 3), dtype=torch.uint8)
    images = Images(pixels, torch.arange(number) % 10, torch.arange(number))
    return DataSet("noise", tuple("abcdefghij"), "0" * 16, images, images, images)


def images_per_second(experiment: Experiment, steps: int, device: str = "cpu") -> float:
    """The rate of whole steps, augmentation to optimizer, after a few to warm up."""
    clock = Clock()  # the loop does not ask it after the last step
    data = noise(experiment.batch_size * (WARM + steps + 1))
    pretrain(replace(experiment, images=None, epochs=1, warmup_epochs=0.0), data, clock, device)
    return experiment.batch_size * steps / (clock.ended[-1] - clock.ended[WARM - 1])
