"""Image sources to uint8 tensors in memory: CIFAR-10/100, parquet files, class folders, built-in shapes.

A data set is its pixels and labels, whatever files they came in: classes are sorted by name, and the images of each
split by a hash of their pixels, then by label. So the same images have the same order, the same validation part, the
same subsets and the same fingerprint, from parquet, from torchvision and from folders.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from core import image_cache, shapes
from core.decode import DataError, Decoded
from core.images import Images, balanced, held_out
from core.sources import find, identity

__all__ = ["DataError", "DataSet", "Images", "balanced", "load"]

VERSION = 2  # of what the cache holds: raise it when decoding, order or splits change
VALID_PART, TEST_PART = 0.1, 0.2
CLASSES = {"cifar10": 10, "cifar100": 100}
SPLITS, FIELDS = ("train", "valid", "test"), ("pixels", "labels", "index")


@dataclass(frozen=True)
class DataSet:
    """Images in three splits; `classes[label]` is a label's name, `fingerprint` 16 hex digits of all that is in it."""

    name: str
    classes: tuple[str, ...]
    fingerprint: str
    train: Images
    valid: Images
    test: Images


def load(name: str, folder: Path | None = None, cache: Path | None = None, side: int | None = None) -> DataSet:
    """The data set `name`: "shapes" is built in; others are found in `folder`, or else in ./data, `cache` or the web.

    `cache` defaults to $ABLATIONS_CACHE, then ~/.cache/contrastive-ablations; images are decoded into it once per
    machine (which takes three times their size) and memory-mapped from it, or kept in memory where it is not writable.
    `side` is the image size in pixels; None takes the images as they are, and they must have one size. The validation
    split is a fixed 10% of every class of the training images, and the test split 20% where the source has none.
    Raises DataError.
    """
    if side is not None and side < 1:
        raise DataError(f"image_size takes a number of pixels, at least 1, not {side}")
    if name == "shapes":
        return _arranged(name, *shapes.draw(side or 32))
    cache = cache or Path(os.environ.get("ABLATIONS_CACHE") or Path.home() / ".cache" / "contrastive-ablations")
    source = find(name, folder, cache)
    entry = cache / "decoded" / f"{name}-{identity(source, side, VERSION)}"
    if cached := _cached(name, entry):
        return cached
    data = _arranged(name, *source.read(side))
    arrays = {f"{split}.{field}": getattr(getattr(data, split), field).numpy() for split in SPLITS for field in FIELDS}
    image_cache.write(entry, {"classes": data.classes, "fingerprint": data.fingerprint}, arrays)
    return _cached(name, entry) or data


def _arranged(name: str, train: Decoded, test: Decoded | None) -> DataSet:
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
    return DataSet(name, classes, _fingerprint(classes, images, valid, tested), images, valid, tested)


def _sorted(split: Decoded, classes: tuple[str, ...]) -> Images:
    """The images of a split in canonical order."""
    if unknown := sorted(set(split.labels.tolist()) - set(classes)):
        raise DataError(f"class {unknown[0]!r} has test images but no training images: add some, or remove the class")
    labels = np.searchsorted(np.array(classes), split.labels)
    keys = [
        (hashlib.blake2b(image, digest_size=16).digest(), label)
        for image, label in zip(split.pixels, labels, strict=True)
    ]
    order = np.array(sorted(range(len(keys)), key=keys.__getitem__))
    pixels, ordered = torch.from_numpy(split.pixels[order]), torch.from_numpy(labels[order].astype(np.int64))
    return Images(pixels, ordered, torch.arange(len(order)))


def _fingerprint(classes: tuple[str, ...], *splits: Images) -> str:
    digest = hashlib.blake2b(json.dumps(classes).encode(), digest_size=8)
    for images in splits:
        digest.update(str(tuple(images.pixels.shape)).encode())
        digest.update(images.pixels.numpy().data)
        digest.update(images.labels.numpy().astype("<i8").data)
    return digest.hexdigest()


def _cached(name: str, entry: Path) -> DataSet | None:
    if (cached := image_cache.read(entry)) is None:
        return None
    info, arrays = cached
    splits = [Images(*(torch.from_numpy(arrays[f"{split}.{field}"]) for field in FIELDS)) for split in SPLITS]
    return DataSet(name, tuple(info["classes"]), info["fingerprint"], *splits)
