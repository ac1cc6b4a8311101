"""From the images of a source, in whatever order, to a data set: classes by name, images by a hash, splits held out."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.decode import DataError
from core.files import Streamed
from core.images import DataSet, Images, held_out

VALID_PART, TEST_PART = 0.1, 0.2
CLASSES = {"cifar10": 10, "cifar100": 100}


@dataclass(frozen=True)
class Split:
    """Images as their source has them: pixels (N, H, W, 3) uint8, the class name of each (N,), a hash (N, 16) uint8."""

    pixels: Tensor | Streamed
    labels: NDArray[np.str_]
    digests: NDArray[np.uint8]


def arrange(
    name: str, train: Split, test: Split | None, fingerprint: Callable[[bytes, tuple[Images, ...]], str]
) -> DataSet:
    """The data set of these splits; the validation and the test images, where there are none, are taken from `train`.

    fingerprint: of the class names, as bytes, and the splits. Raises DataError.
    """
    classes = tuple(np.unique(train.labels).tolist())
    if len(classes) != CLASSES.get(name, len(classes)):
        raise DataError(
            f"{name} has {CLASSES[name]} classes, but these files {len(classes)}: name the data set otherwise"
        )
    images = _sorted(train, classes)
    tested, images = held_out(images, TEST_PART, classes) if test is None else (_sorted(test, classes), images)
    if tested.pixels.shape[1:] != images.pixels.shape[1:]:
        raise DataError("test images differ in size from training images: set image_size, the side in pixels of all")
    valid, images = held_out(images, VALID_PART, classes)
    splits = images, valid, tested
    return DataSet(name, classes, fingerprint(json.dumps(classes).encode(), splits), *splits)


def _sorted(split: Split, classes: tuple[str, ...]) -> Images:
    """The images of a split in canonical order."""
    if unknown := sorted(set(split.labels.tolist()) - set(classes)):
        raise DataError(f"class {unknown[0]!r} has test images but no training images: add some, or remove the class")
    labels = np.searchsorted(np.array(classes), split.labels)
    high, low = np.ascontiguousarray(split.digests).view(">u8").T  # compare as their bytes do
    order = torch.from_numpy(np.lexsort((labels, low, high)))
    return Images(split.pixels[order], torch.from_numpy(labels.astype(np.int64))[order], torch.arange(len(order)))
