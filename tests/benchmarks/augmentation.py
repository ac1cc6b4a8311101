"""Crop, flip and color distortion of 32 x 32 images, in one process of one thread: ours, torchvision's and kornia's."""

import time
from collections.abc import Callable

import torch
from kornia import augmentation as kornia
from torch import Tensor, nn
from torchvision.transforms import v2

from core.augmentations import ColorDistortion, Compose, Crop, Flip
from core.experiment import Experiment
from core.step import make_views
from tests.benchmarks._fresh import fresh, take_turns
from tests.benchmarks._row import Row, compare
from tests.benchmarks._training import noise

REPEATS, SECONDS, BATCH = 3, 1.0, 256
EXPERIMENT = Experiment(augment=Compose((Crop(), Flip(), ColorDistortion(strength=1.0))))


def measure() -> list[Row]:
    """Views/s, each side from the images as it wants them in memory to float32."""
    measured = take_turns(
        REPEATS,
        ours=lambda: fresh(ours, threads=1),
        tensors=lambda: fresh(torchvision, False, threads=1),
        pil=lambda: fresh(torchvision, True, threads=1),
        batched=lambda: fresh(batched, threads=1),
    )
    name, unit = "augmentation: crop, flip, color", "views/s"
    return [
        compare(name, unit, measured["ours"], "torchvision v2, tensors", measured["tensors"], times=10),
        compare(name, unit, measured["ours"], "torchvision v2, PIL images", measured["pil"], times=10),
        compare(name, unit, measured["ours"], "kornia", measured["batched"], times=10),
    ]


def ours() -> float:
    """Two views of a batch, from uint8 on."""
    images, batch = noise(BATCH).train, torch.arange(BATCH)
    return _rate(2 * BATCH, lambda: make_views(EXPERIMENT, images, batch, epoch=0))


def torchvision(pil: bool) -> float:
    """torchvision's pipeline, one image at a time, on uint8 tensors or on PIL images, whose hue is of 8 bits."""
    transform = v2.Compose(
        [
            v2.RandomResizedCrop(32, antialias=True),
            v2.RandomHorizontalFlip(),
            v2.RandomApply([v2.ColorJitter(0.8, 0.8, 0.8, 0.2)], p=0.8),
            v2.RandomGrayscale(p=0.2),
            v2.ToImage(),
            v2.ToDtype(torch.float32, scale=True),
        ]
    )
    images = list(noise(BATCH).train.pixels.permute(0, 3, 1, 2).contiguous())
    asked = [v2.functional.to_pil_image(image) for image in images] if pil else images
    return _rate(BATCH, lambda: torch.stack([transform(image) for image in asked]))


def batched() -> float:
    """kornia's, a batch of float32 at a time; its ColorJitter has torchvision's formulas."""
    transform = nn.Sequential(
        kornia.RandomResizedCrop((32, 32), scale=(0.08, 1.0), ratio=(3 / 4, 4 / 3), cropping_mode="resample"),
        kornia.RandomHorizontalFlip(),
        kornia.ColorJitter(0.8, 0.8, 0.8, 0.2, p=0.8),
        kornia.RandomGrayscale(p=0.2),
    )
    images: Tensor = noise(BATCH).train.pixels.permute(0, 3, 1, 2).contiguous().float() / 255
    return _rate(BATCH, lambda: transform(images))


def _rate(views: int, make: Callable[[], object]) -> float:
    make()
    start, made = time.perf_counter(), 0
    while time.perf_counter() < start + SECONDS:
        make()
        made += views
    return made / (time.perf_counter() - start)
