"""Images, draws and comparisons for the tests of augmentations."""

import math
from collections.abc import Callable

import pytest
import torch
from hypothesis import settings
from torch import Tensor

from core.augmentations import (
    FIG5_OPERATORS,
    Augmentation,
    AutoAugment,
    ColorDistortion,
    Crop,
    Equalize,
    Flip,
    GaussianBlur,
    Identity,
    MotionBlur,
    Pair,
    RandomApply,
    Sobel,
    Solarize,
)
from core.draws import Draws

MANY = 4000
AUGMENTATIONS: dict[str, Augmentation] = {
    **FIG5_OPERATORS,
    "Identity": Identity(),
    "Flip": Flip(),
    "SometimesBlur": GaussianBlur(),
    "RandomApply": RandomApply(Sobel(), 0.5),
    "Pair": Pair(Crop(), ColorDistortion(0.5)),
    "AutoAugment": AutoAugment(),
    "AutoAugmentCIFAR": AutoAugment("cifar10"),
    "Equalize": Equalize(0.5),
    "Solarize": Solarize(0.5),
    "MotionBlur": MotionBlur(0.5),
}
each_augmentation = pytest.mark.parametrize("augment", AUGMENTATIONS.values(), ids=AUGMENTATIONS.keys())
open_parameters = settings(max_examples=40)


def draws_of(number: int, base: int = 1) -> Draws:
    return Draws(base, torch.arange(number))


def pictures(number: int = 8, height: int = 16, width: int = 16, seed: int = 0) -> Tensor:
    """Noisy, saturated, gray and constant images in turn: channels that tie, and pixels without a hue, are in them."""
    generator = torch.Generator().manual_seed(seed)
    images = torch.rand(number, 3, height, width, generator=generator)
    images[1::4] = images[1::4].round()  # 0 and 1 only: every tie of channels
    images[2::4] = images[2::4, :1]  # gray
    images[3::4] = images[3::4, :, :1, :1]  # constant
    return images


def assert_close(ours: Tensor, theirs: Tensor) -> None:
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-5)


def per_image(function: Callable[..., Tensor], images: Tensor, *parameters: Tensor) -> Tensor:
    return torch.stack([function(image, *(p[i].tolist() for p in parameters)) for i, image in enumerate(images)])


def fraction_within_5_sigma(chosen: Tensor, probability: float) -> bool:
    deviation = math.sqrt(probability * (1 - probability) / len(chosen))
    return abs(chosen.double().mean().item() - probability) <= 5 * deviation
