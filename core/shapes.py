"""Built-in images to try things on without a download: one colored shape on a two-tone texture, the class its outline.

Every image has random colors of its own, and all outlines have one area. So the color histogram of a crop gives away
which image it is from, and says nothing of its class: the shortcut that color distortion closes in the paper (3.2).
Everything is exact arithmetic on named draws, so that the pixels and the fingerprint are the same on every machine.
"""

import hashlib
import math
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.decode import Decoded
from core.draws import Draws, key

TRAIN, TEST = 3000, 600
SOURCE = hashlib.blake2b(Path(__file__).read_bytes(), digest_size=8).hexdigest()
"""Of this file: what was drawn by another is not kept for it."""
CLASSES = ("circle", "cross", "ring", "square", "star", "triangle")


def draw(side: int) -> tuple[Decoded, Decoded]:
    """Training and test images, side x side, equally many of each class."""
    return _drawn("train", TRAIN, side), _drawn("test", TEST, side)


def _drawn(split: str, number: int, side: int) -> Decoded:
    index = torch.arange(number)
    draws = Draws(key("shapes", split), index)
    palette = _palette(draws)[..., None, None]  # (3, N, 3, 1, 1)
    texture = _texture(draws, side)[:, None]
    background = palette[0] * (1 - texture) + palette[1] * texture
    inside = torch.empty(number, side, side, dtype=torch.bool)
    x, y = _coordinates(draws, side)
    for label, name in enumerate(CLASSES):
        chosen = index % len(CLASSES) == label
        inside[chosen] = _inside(name, x[chosen], y[chosen])
    pixels = torch.where(inside[:, None], palette[2], background).mul_(255).to(torch.uint8)
    return Decoded(pixels.permute(0, 2, 3, 1).contiguous().numpy(), np.array(CLASSES)[index.numpy() % len(CLASSES)])


def _palette(draws: Draws) -> Tensor:
    """Two near colors for the texture and one for the shape, far from both in every channel; in [0, 1), (3, N, 3)."""
    first = draws.uniform("first color", 3)
    second = (first + (draws.uniform("second color", 3) - 0.5) * 0.5).clamp(0, 0.999)
    shape = ((first + second) * 0.5 + draws.uniform("shape color", 3) * 0.25 + 0.375) % 1
    return torch.stack((first, second, shape))


def _texture(draws: Draws, side: int) -> Tensor:
    """How much of the second color shows: random values on an 8 x 8 grid, bilinear in between, (N, side, side)."""
    grid = draws.uniform("texture", 8, 8)
    place = (torch.arange(side) * 2 + 1) * 7 / (2 * side)
    low = place.long()
    share = place - low
    rows = grid[:, low] * (1 - share)[:, None] + grid[:, low + 1] * share[:, None]
    return rows[..., low] * (1 - share) + rows[..., low + 1] * share


def _coordinates(draws: Draws, side: int) -> tuple[Tensor, Tensor]:
    """Each pixel's place in the frame of its image's shape, whose area is pi there: x and y, (N, side, side)."""
    center = (torch.arange(side) * 2 + 1) / side - 1  # pixel centers, the image is [-1, 1] x [-1, 1]
    size = draws.uniform("size")[:, None, None] * 0.15 + 0.3
    shift = draws.uniform("place", 2) * 0.5 - 0.25
    across, down = (center - shift[:, :1])[:, None, :] / size, (center - shift[:, 1:])[:, :, None] / size
    turn = draws.integers("turn", 256)
    cos, sin = _COS[turn][:, None, None], _COS[(turn + 192) % 256][:, None, None]
    return across * cos - down * sin, across * sin + down * cos


def _inside(name: str, x: Tensor, y: Tensor) -> Tensor:
    """Which places lie in the outline `name` of area pi."""
    square, wide, high = x * x + y * y, x.abs(), y.abs()
    if name == "circle":
        return square < 1
    if name == "ring":
        return (square > 0.44) & (square < 1.44)
    if name == "square":
        return torch.maximum(wide, high) < 0.8862
    if name == "cross":
        return (torch.minimum(wide, high) < 0.4) & (torch.maximum(wide, high) < 1.1817)
    if name == "triangle":
        return _sides(3, 0.7776, x, y) == 3
    return _sides(5, 0.5169, x, y) >= 4  # a pentagram lies within at least four of its five lines


def _sides(number: int, distance: float, x: Tensor, y: Tensor) -> Tensor:
    """Within how many of so many lines around the origin, at this distance, each place lies."""
    normals = [(round(math.cos(angle), 6), round(math.sin(angle), 6)) for angle in _angles(number)]
    return torch.stack([(x * cos + y * sin < distance) for cos, sin in normals]).sum(0)


def _angles(number: int) -> list[float]:
    return [2 * math.pi * step / number for step in range(number)]


# rounded, so that no machine's last bit of a cosine moves a pixel
_COS = torch.tensor([round(math.cos(angle), 6) for angle in _angles(256)])
