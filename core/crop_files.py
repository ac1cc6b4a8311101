"""One image out of its file: decoded once, then each box of it resized, or its center; what a loader does."""

import io
from collections.abc import Iterator
from contextlib import suppress

import numpy as np
import simplejpeg
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from core.decode import Pixels, fit, opened, problems_of, rgb
from core.files import Store

GAP = 2
"""A JPEG is decoded at a half, a quarter or an eighth where every box then still has GAP times the rows and columns of
the result: the last step, which is antialiased, hides what that changes. PIL's `thumbnail` does so by the same rule."""


def cropped(store: Store, place: int, boxes: list[list[int]], out: Pixels) -> None:
    """Fill `out` (boxes, side, side, 3) from the image at `place`, with each box of (top, left, height, width).

    It is resized bilinearly and antialiased, as torchvision's RandomResizedCrop does: to within one level of 255, but
    where a large JPEG is decoded smaller, as its smallest box allows. A box of zeros is the center of the image, the
    same bits that `core.decode` puts into memory.

    Raises DataError, which names the image.
    """
    data, side = store.read(place), out.shape[1]
    with problems_of(store.files.where(place)):
        crops = [number for number, box in enumerate(boxes) if box[2]]
        if len(crops) < len(boxes):
            with opened(data) as image:
                out[:] = np.asarray(fit(rgb(image), side))
        if crops:
            resized = _resized(data, bool(store.plain[place]), [boxes[number] for number in crops], side)
            for number, pixels in zip(crops, resized, strict=True):
                out[number] = pixels


def _resized(data: bytearray, plain: bool, boxes: list[list[int]], side: int) -> Iterator[Pixels]:
    """The boxes of an image, resized: (side, side, 3) each."""
    least = min(min(height, width) for _, _, height, width in boxes)
    if least >= 2 * GAP * side and (scaled := _scaled(data, least // (GAP * side))):
        yield from (_part_of(*scaled, box, side) for box in boxes)
        return
    image = _decoded(data, plain)[None].permute(0, 3, 1, 2)
    for top, left, height, width in boxes:
        part = image[:, :, top : top + height, left : left + width]
        yield F.interpolate(part, (side, side), mode="bilinear", antialias=True)[0].permute(1, 2, 0).numpy()


def _decoded(data: bytearray, plain: bool) -> Tensor:
    """(H, W, 3) uint8."""
    if plain:
        with suppress(ValueError):  # of what is damaged, PIL decodes some, and names what it does not
            return torch.from_numpy(simplejpeg.decode_jpeg(data))
    with opened(data) as image:
        return torch.from_numpy(np.array(rgb(image)))


def _scaled(data: bytearray, times: int) -> tuple[Image.Image, float] | None:
    """A JPEG decoded at up to so many times less, and how many times less its sides are."""
    with Image.open(io.BytesIO(data)) as image:
        width, height = image.size
        if not (drafted := image.draft("RGB", (width // times, height // times))):
            return None
        _, (_, _, right, _) = drafted  # where the image ends, which may be within its last column
        return rgb(image), width / right


def _part_of(image: Image.Image, times: float, box: list[int], side: int) -> Pixels:
    top, left, height, width = box
    part = (left / times, top / times, (left + width) / times, (top + height) / times)
    return np.asarray(image.resize((side, side), Image.Resampling.BILINEAR, box=part))
