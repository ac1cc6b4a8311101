"""TransformationProbe: how much of what was done to an image h and z still tell (SimCLR, Table 3)."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from core.color import gray
from core.data import DataSet
from core.draws import Draws, key
from core.features import Features, Layer, Measured, Split, measure, measured, suffix
from core.filters import GaussianNoise, sobel
from core.geometry import rotate
from core.images import Images
from core.logistic import choose_classifier
from core.value import check, value

Task = Literal["color or gray", "rotation", "noise", "sobel"]


@value
class TransformationProbe:
    """Which transformation an image went through, told from its h or z alone by logistic regression (Table 3).

    "color or gray": one image in five is gray (guessing the color gives 80%). "rotation": by 0, 90, 180 or 270 degrees
    (25%); square images. "noise" and "sobel": half of the images are as they were (50%). What is done to an image is
    drawn once for it, the same for all runs; nothing else is done to it.

    Table 3 trains an extra MLP, of a shape that the paper does not state, as it does not state the noise; here the
    classifier is linear with l2 chosen as in `LinearProbe`, and the noise is that of `GaussianNoise`. Table 3 compares
    h and g(h) of one width: give the head the width of h. Metrics: <task>_top1, <task>_valid_top1 (`_z` on z), as in
    color_or_gray_top1.
    """

    task: Task
    layer: Layer = "h"
    l2: tuple[float, ...] = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
    test: bool = True

    def __post_init__(self) -> None:
        check(len(self.l2) > 0 and min(self.l2) > 0, f"TransformationProbe.l2 takes numbers above 0, not {self.l2}")

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of what it measures."""
        return measured(self._name, self.test)

    @property
    def front(self) -> str:
        """What the names of its metrics begin with."""
        return self.task.replace(" ", "_")

    def done(self, data: DataSet, split: Split) -> Tensor:
        """What is done to each image of the split, (N,) int64: what is to be told."""
        images: Images = getattr(data, split)
        return Transformed(self.task, split).done(images.index)

    @property
    def _name(self) -> str:
        return f"{self.front}{{}}_top1{suffix(self.layer)}"

    def __call__(self, features: Features) -> Measured:
        """Fit on the training images, choose on the validation images, read the test images once."""
        (train, of_train), (valid, of_valid) = (self._embedded(features, split) for split in ("train", "valid"))
        classify = choose_classifier((train, of_train), (valid, of_valid), self.l2)
        kept: dict[Split, tuple[Tensor, Tensor]] = {"valid": (valid, of_valid)}
        if self.test:
            kept["test"] = self._embedded(features, "test")
        return measure(self._name, lambda split: kept[split][1], lambda split: classify(kept[split][0]), self.test)

    def _embedded(self, features: Features, split: Split) -> tuple[Tensor, Tensor]:
        """h or z of the transformed images, (N, D), and what was done to them, (N,) int64."""
        h, z = features.embedded(split, Transformed(self.task, split))
        return (z if self.layer == "z" else h), self.done(features.data, split).to(features.device)


@dataclass(frozen=True)
class Transformed:
    """What is done to the images of a split, a `core.features.Change`."""

    task: Task
    split: Split

    def __call__(self, pixels: Tensor, index: Tensor) -> Tensor:
        """Pixels (n, 3, H, W) of the images with this index (n,) to the transformed ones."""
        return transform(self.task, pixels, self.done(index).to(pixels.device), self._draws(index.to(pixels.device)))

    def done(self, index: Tensor) -> Tensor:
        """See `transformation`, (n,)."""
        return transformation(self.task, self._draws(index))

    def _draws(self, index: Tensor) -> Draws:
        return Draws(key("probe", self.task, self.split), index)


def transformation(task: Task, draws: Draws) -> Tensor:
    """What is done to each image, (N,) int64: 0 is nothing, of rotations the number of quarter turns."""
    if task == "rotation":
        return draws.integers("transformation", 4)
    return draws.chance("transformation", 0.2 if task == "color or gray" else 0.5).long()


def transform(task: Task, images: Tensor, done: Tensor, draws: Draws) -> Tensor:
    """Images (N, 3, H, W) after what `done` (N,) int64 says of the task."""
    if task == "rotation":
        return rotate(images, done)
    changed = {
        "color or gray": lambda: gray(images)[:, None].expand_as(images),
        "noise": lambda: GaussianNoise()(images, draws),
        "sobel": lambda: sobel(images),
    }[task]()
    return torch.where(done.bool()[:, None, None, None], changed, images)
