"""Small class folders of JPEG files, and data sets streamed from them."""

from pathlib import Path

import numpy as np
from PIL import Image

from core.data import DataSet, Images, load
from core.fetch import uncropped

SIDE = 16


def smooth(random: np.random.Generator, height: int, width: int) -> Image.Image:
    return Image.fromarray(random.integers(0, 256, (4, 4, 3), np.uint8)).resize(
        (width, height), Image.Resampling.BICUBIC
    )


def write(folder: Path, number: int = 60, file_format: str = "JPEG", side: int | None = None) -> Path:
    """Images of three classes, 20 to 50 px, or squares of `side`; here and there a gray one."""
    random = np.random.default_rng(0)
    for place in range(number):
        height, width = (side, side) if side else map(int, random.integers(20, 50, 2))
        image = smooth(random, height, width)
        kind = folder / ("daisy", "rose", "tulip")[place % 3]
        kind.mkdir(parents=True, exist_ok=True)
        ending = {"JPEG": "jpg", "PNG": "png"}[file_format]
        (image.convert("L") if place % 7 == 0 else image).save(kind / f"{place}.{ending}", file_format)
    return folder


def streamed(folder: Path, cache: Path, side: int = SIDE) -> DataSet:
    data = load("flowers", folder, cache, side, memory=1)
    assert data.streamed
    return data


def in_memory(images: Images) -> Images:
    """The same images, resized, with the same names of their draws."""
    return Images(uncropped(images), images.labels, images.index)
