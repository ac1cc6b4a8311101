"""Augmentations that begin with Crop: what loaders crop out of an image's file, and what is left to do on the device.

The box is the one that Crop would draw on an image of the file's size, so the draws are those of the same names. What
differs from images in memory is what is cropped: there an image is first resized to image_size and its center kept.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from core.augmentations import Augmentation, Compose, Identity, Pair
from core.draws import Draws, key
from core.experiment import Experiment
from core.geometry import Crop
from core.value import replace, value

Start = tuple[Augmentation, Draws]
"""An augmentation that images go through first, and what it draws by."""


@value
class Cropped:
    """Does nothing where a Crop stood that a loader has done; what comes after it draws under the same names."""

    __name__ = "Crop"

    def __call__(self, images: Tensor, draws: Draws) -> Tensor:
        """The images themselves."""
        return images


def starts(experiment: Experiment, epoch: int) -> Callable[[Tensor], list[Start]]:
    """What the images with the indices (M,) go through first: `prepare`, or each view's own augmentation."""

    def first(index: Tensor) -> list[Start]:
        if experiment.prepare is not None:
            return [(experiment.prepare, Draws(key(experiment.seed, "prepare", epoch), index))]
        drawn = (Draws(key(experiment.seed, "view", epoch, view), index) for view in range(experiment.views))
        return list(zip(augments(experiment), drawn, strict=True))

    return first


def augments(experiment: Experiment) -> list[Augmentation]:
    """The augmentation of each view."""
    each = [experiment.augment] * experiment.views
    if experiment.augment_other is not None:
        each[1] = experiment.augment_other
    return each


def boxes(first: Sequence[Start], rows: Tensor, columns: Tensor) -> Tensor:
    """Top, left, height and width, (M, starts, 4) int64, of each start's crop of images of such sizes, (M,) each.

    All are 0 where the start does not begin with Crop: it takes the image resized to image_size.
    """
    found = []
    for augment, draws in first:
        crop, named = _first_crop(augment, draws)
        none = (torch.zeros_like(rows),) * 4
        found.append(torch.stack(crop.boxes(named, rows, columns) if crop else none, dim=1))
    return torch.stack(found, dim=1)


def without_first_crop(experiment: Experiment) -> Experiment:
    """What is left of the experiment once loaders have cropped."""
    if experiment.prepare is not None:
        return replace(experiment, prepare=after_first_crop(experiment.prepare))
    other = experiment.augment_other
    left = {"augment_other": after_first_crop(other)} if other is not None else {}
    return replace(experiment, augment=after_first_crop(experiment.augment), **left)


def after_first_crop(augment: Augmentation) -> Augmentation:
    """The augmentation, but for the Crop with which it begins, if it does."""
    if type(augment) is Crop:
        return Cropped()
    if type(augment) is Compose:
        return Compose((after_first_crop(augment.parts[0]), *augment.parts[1:]))
    if type(augment) is Pair:  # of equal parts only the first is applied, and stays the only one
        second = Identity() if augment.first == augment.second else augment.second
        return Pair(after_first_crop(augment.first), second)
    return augment


def _first_crop(augment: Augmentation, draws: Draws) -> tuple[Crop | None, Draws]:
    """The Crop with which the augmentation begins, if it does, and its draws."""
    if type(augment) is Pair:
        return _first_crop(Compose((augment.first,)), draws)
    if type(augment) is Compose:
        return _first_crop(*next(augment.each(draws)))
    return (augment if type(augment) is Crop else None), draws
