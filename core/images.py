"""A set of images, and fixed choices among them by class.

Images stand in an order that says nothing of what they show (a hash of their pixels), so the first ones of a class are
a random choice of it: the same for every seed, on every machine.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from core.decode import DataError
from core.files import Streamed


@dataclass(frozen=True)
class Images:
    """`pixels` (N, H, W, 3) uint8, `labels` (N,) int64; `index` (N,) int64 names each image's random draws.

    The index is an image's place in its source's train or test split, in the order that core.arrange gives it. Pixels
    may be memory-mapped, or stay in their files until core.loaders decodes them.
    """

    pixels: Tensor | Streamed
    labels: Tensor
    index: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, chosen: Tensor) -> "Images":
        """The images at `chosen`, (M,) int64 or a mask (N,) bool."""
        return Images(self.pixels[chosen], self.labels[chosen], self.index[chosen])

    @property
    def held(self) -> Tensor:
        """The pixels of images in memory."""
        assert isinstance(self.pixels, Tensor), "core.loaders decodes streamed images"
        return self.pixels

    def starts(self, chosen: Tensor) -> list[Tensor]:
        """What all views of the images at `chosen` (M,) start from, (M, H, W, 3) uint8."""
        return [self.held[beside(self.held, chosen)]]


@dataclass(frozen=True)
class Fetched:
    """Streamed images, of which those at `batch` (M,) int64 are decoded; `labels` and `index` (N,) are of all.

    pixels: (S, M, H, W, 3) uint8, what each view starts from, or S = 1 where all start from one.
    """

    batch: Tensor
    pixels: Tensor
    labels: Tensor
    index: Tensor

    def starts(self, chosen: Tensor) -> list[Tensor]:
        """What the views of the images at `chosen` (m,), some of the batch, start from, each (m, H, W, 3) uint8.

        `chosen` lies where the batch does, in memory; the pixels may be on a GPU.
        """
        if torch.equal(chosen, self.batch):
            return list(self.pixels)
        ordered, order = self.batch.sort()
        return list(self.pixels[:, beside(self.pixels, order[torch.searchsorted(ordered, chosen)])])


@dataclass(frozen=True)
class DataSet:
    """Images in three splits; `classes[label]` is a label's name, `fingerprint` 16 hex digits of all that is in it."""

    name: str
    classes: tuple[str, ...]
    fingerprint: str
    train: Images
    valid: Images
    test: Images

    @property
    def streamed(self) -> bool:
        """Whether pixels stay in their files until they are needed."""
        return isinstance(self.train.pixels, Streamed)

    @property
    def nbytes(self) -> int:
        """The bytes of all pixels, were they in memory."""
        return sum(math.prod(images.pixels.shape) for images in (self.train, self.valid, self.test))


def beside(images: Tensor, batch: Tensor) -> Tensor:
    """The batch (N,) where the images lie: a GPU would otherwise be waited for at each look by what lies elsewhere."""
    return batch.to(images.device, non_blocking=True)


def to_float(pixels: Tensor) -> Tensor:
    """Pixels (N, H, W, 3) uint8 as models and augmentations take them: (N, 3, H, W) float32 in [0, 1]."""
    return pixels.permute(0, 3, 1, 2).float().div_(255)


def balanced(images: Images, number: int | None) -> Images:
    """A fixed class-balanced subset of so many images, contained in every larger one; None takes all.

    Classes differ by at most one image as long as each has enough. Raises DataError for more images than there are.
    """
    if number is None:
        return images
    if not 1 <= number <= len(images):
        raise DataError(f"images={number} does not fit: take 1 to {len(images)} images, or None for all")
    rank = _rank_in_class(images.labels)
    turns = torch.argsort(rank * (int(images.labels.max()) + 1) + images.labels)  # one image of each class a turn
    return images[turns[:number].sort().values]


def held_out(images: Images, part: float, classes: tuple[str, ...]) -> tuple[Images, Images]:
    """The first `part` of every class, at least one image each, and the rest: by the order, a random choice."""
    counts = torch.bincount(images.labels)
    taken = (counts * part).round().long().clamp(min=1)
    if bool((taken >= counts).any()):
        scarce = classes[int(torch.argmin(counts))]
        raise DataError(f"class {scarce!r} has too few images: it takes three, or two where test images are given")
    first = _rank_in_class(images.labels) < taken[images.labels]
    return images[first], images[~first]


def _rank_in_class(labels: Tensor) -> Tensor:
    """How many images of its class stand before each image, (N,) int64."""
    order, counts = torch.argsort(labels, stable=True), torch.bincount(labels)
    starts = counts.cumsum(0) - counts
    rank = torch.empty_like(labels)
    rank[order] = torch.arange(len(labels)) - starts[labels[order]]
    return rank
