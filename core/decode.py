"""Decoding: PNG, JPEG and WebP files (or their bytes) to RGB pixels of one size."""

import io
import os
import warnings
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

Pixels = NDArray[np.uint8]
BATCH = 256  # images that a source hands over at once
MAX_PIXELS = 1 << 26  # of an image, 8192 x 8192: a small file may hold as many as it likes, and fill all memory
MAX_LABEL = 255  # letters of a class's name, as of a folder's: arrays of text are as wide as the longest


class DataError(ValueError):
    """What is wrong with a data set and what to do about it, in one line."""


@dataclass(frozen=True)
class Encoded:
    """One image as its source holds it: a file, the bytes of one, or (H, W, 3) pixels."""

    where: str  # names it in messages
    data: Path | bytes | Pixels
    label: str


@dataclass(frozen=True)
class Decoded:
    """A split: `pixels` (N, H, W, 3) uint8 and the class name of each image, `labels` (N,)."""

    pixels: Pixels
    labels: NDArray[np.str_]


def decode(batches: Iterable[list[Encoded]], side: int | None) -> Decoded:
    """Decode the images of a split (at least one) on a few threads: PIL works outside Python's lock.

    With `side` the shorter side is resized to it (bicubic, antialiased) and the center side x side is cropped. Raises
    DataError for an image that cannot be read, that has more than MAX_PIXELS (said before any of them is decoded), or
    whose size differs from the first one's, and for a label longer than MAX_LABEL.
    """
    pixels: list[Pixels] = []
    labels: list[str] = []
    first: tuple[str, Pixels] | None = None
    with warnings.catch_warnings(), ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        for batch in batches:
            check_labels(batch)
            images = list(pool.map(partial(_read, side=side), batch))
            first = first or (batch[0].where, images[0])
            for encoded, image in zip(batch, images, strict=True):
                _check_size(encoded.where, image, *first)
            pixels.append(np.stack(images))
            labels.extend(encoded.label for encoded in batch)
    return Decoded(np.concatenate(pixels), np.array(labels))


def check_labels(batch: list[Encoded]) -> None:
    """Raise DataError for a label longer than MAX_LABEL."""
    for encoded in batch:
        if len(encoded.label) > MAX_LABEL:
            raise DataError(f"{encoded.where} has a label of {len(encoded.label)} letters: give it {MAX_LABEL} at most")


def _check_size(where: str, image: Pixels, first_where: str, first: Pixels) -> None:
    if image.shape != first.shape:
        sizes = [f"{shape[1]}x{shape[0]}" for shape in (first.shape, image.shape)]
        raise DataError(
            f"images differ in size ({first_where} is {sizes[0]}, {where} is {sizes[1]}): "
            "set image_size, the side in pixels to which all are resized and cropped"
        )


def size_of(encoded: Encoded) -> tuple[int, int]:
    """Rows and columns of an image, by its header. Raises DataError."""
    with problems_of(encoded.where):
        if isinstance(encoded.data, np.ndarray):
            return encoded.data.shape[0], encoded.data.shape[1]
        with opened(encoded.data) as image:
            return image.height, image.width


def _read(encoded: Encoded, side: int | None) -> Pixels:
    with problems_of(encoded.where):
        if isinstance(encoded.data, np.ndarray):
            return np.asarray(fit(Image.fromarray(encoded.data), side))
        with opened(encoded.data) as image:
            return np.asarray(fit(rgb(image), side))


@contextmanager
def opened(data: Path | bytes | bytearray) -> Iterator[Image.Image]:
    """The image in a file or in its bytes, as far as its header; one of more than MAX_PIXELS is refused."""
    file = data if isinstance(data, Path) else io.BytesIO(data)
    with Image.open(file, formats=("PNG", "JPEG", "WEBP")) as image:
        _check_pixels(*image.size)
        yield image


@contextmanager
def problems_of(where: str) -> Iterator[None]:
    """Whatever goes wrong with the image in this block is raised as a DataError that names it."""
    try:
        yield
    except UnidentifiedImageError as problem:
        raise DataError(f"cannot read image {where}: not a PNG, JPEG or WebP; repair or remove it") from problem
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as problem:
        raise DataError(
            f"cannot read image {where}: more than {MAX_PIXELS} pixels, as it is or as resized (a limit "
            "against decompression bombs); shrink or remove it"
        ) from problem
    except Exception as problem:  # damaged bytes make decoders raise nearly anything
        reason = (str(problem).splitlines() or [type(problem).__name__])[0]
        raise DataError(f"cannot read image {where}: {reason}; repair or remove it") from problem


def _check_pixels(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise Image.DecompressionBombError


def rgb(image: Image.Image) -> Image.Image:
    """The image in RGB, whatever its mode."""
    check_mode(image.mode)
    if image.mode == "P":
        image = image.convert("RGBA")  # a palette's transparency makes PIL warn on the way to RGB
    return image.convert("RGB")


def check_mode(mode: str) -> None:
    """Raise ValueError for pixels that PIL would clip to white without a word."""
    if mode.startswith(("I", "F")):
        raise ValueError(f"its pixels are not 8-bit (PIL mode {mode})")


def fit(image: Image.Image, side: int | None) -> Image.Image:
    """The image with its shorter side resized to `side` (bicubic, antialiased), and its center side x side cropped."""
    if side is None or image.size == (side, side):
        return image
    scale = side / min(image.size)
    width, height = (max(side, round(length * scale)) for length in image.size)
    _check_pixels(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    return image.resize((width, height), Image.Resampling.BICUBIC).crop((left, top, left + side, top + side))
