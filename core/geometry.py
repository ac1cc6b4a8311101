"""Augmentations that move pixels: Crop, Flip, Rotate.

Each is a function of per-image parameters and a class that draws them.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from core.draws import Draws
from core.value import check, value

_CANDIDATES = 10  # as many as torchvision tries before it takes the central box


@value
class Crop:
    """Inception's random resized crop, back to the size of the image; sampled as torchvision's RandomResizedCrop.

    `area` is a share of the image's area, `ratio` is width / height, uniform in its logarithm. Defaults: SimCLR's
    Appendix A.
    """

    area: tuple[float, float] = (0.08, 1.0)
    ratio: tuple[float, float] = (3 / 4, 4 / 3)

    def __post_init__(self) -> None:
        check(0 < self.area[0] <= self.area[1] <= 1, f"Crop.area takes 0 < low <= high <= 1, not {self.area}")
        check(0 < self.ratio[0] <= self.ratio[1] < math.inf, f"Crop.ratio takes 0 < low <= high, not {self.ratio}")

    def __call__(self, images: Tensor, draws: Draws) -> Tensor:
        """Images (N, C, H, W), each cropped to a box of its own and resized to (H, W)."""
        return resized_crop(images, *self.boxes(draws, images.shape[2], images.shape[3]))

    def boxes(self, draws: Draws, rows: int | Tensor, columns: int | Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Top, left, height and width, each (N,) int64: the first candidate that fits, else the central box.

        rows, columns: of all images, or of each, (N,) int64.
        """
        area = draws.uniform("area", _CANDIDATES, low=self.area[0], high=self.area[1]) * _column(rows * columns)
        ratio = draws.uniform("ratio", _CANDIDATES, low=math.log(self.ratio[0]), high=math.log(self.ratio[1])).exp()
        width, height = (area * ratio).sqrt().round().long(), (area / ratio).sqrt().round().long()
        fits = (width > 0) & (width <= _column(columns)) & (height > 0) & (height <= _column(rows))
        first = fits.int().argmax(1, keepdim=True)
        fits, height, width = (tensor.gather(1, first)[:, 0] for tensor in (fits, height, width))
        central_height, central_width = self._central(rows, columns)
        height, width = torch.where(fits, height, central_height), torch.where(fits, width, central_width)
        top, left = draws.integers("top", rows - height + 1), draws.integers("left", columns - width + 1)
        return (
            torch.where(fits, top, (rows - height) // 2),
            torch.where(fits, left, (columns - width) // 2),
            height,
            width,
        )

    def _central(self, rows: int | Tensor, columns: int | Tensor) -> tuple[int | Tensor, int | Tensor]:
        """Height and width of the largest box whose ratio is the nearest allowed to the image's."""
        if isinstance(rows, int) and isinstance(columns, int):
            ratio = min(max(columns / rows, self.ratio[0]), self.ratio[1])
            return min(rows, round(columns / ratio)), min(columns, round(rows * ratio))
        sizes = torch.stack((torch.as_tensor(rows), torch.as_tensor(columns)), dim=1)
        height, width = torch.tensor([self._central(*each) for each in sizes.tolist()]).view(-1, 2).unbind(1)
        return height, width


def _column(sizes: int | Tensor) -> int | Tensor:
    """As (N, 1), where it is (N,), beside candidates (N, 10)."""
    return sizes[:, None] if isinstance(sizes, Tensor) else sizes


def resized_crop(images: Tensor, top: Tensor, left: Tensor, height: Tensor, width: Tensor) -> Tensor:
    """Images (N, C, H, W), each cropped to its own box (N,) inside it and resized, bilinearly, to (H, W).

    Equals torchvision's antialiased `resized_crop`: a box is never larger than the result, so the filter that
    antialiasing would widen keeps its two taps.
    """
    y = _sources(top, height, images.shape[2])
    x = _sources(left, width, images.shape[3])
    shape = (len(images), *images.shape[2:])
    grid = torch.stack((x[:, None, :].expand(shape), y[:, :, None].expand(shape)), dim=3)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)


def _sources(start: Tensor, size: Tensor, full: int) -> Tensor:
    """Where in the image each of `full` new pixels is read, (N, full), in grid_sample's unit: -1 and 1 are the borders.

    Clamped to the centers of the box's outer pixels, so that nothing outside the box shows.
    """
    inside = (torch.arange(full, device=size.device) + 0.5) * (size / full)[:, None] - 0.5
    inside = torch.minimum(inside.clamp_(min=0), (size - 1)[:, None].to(inside.dtype))
    return (inside + start[:, None] + 0.5) * (2 / full) - 1


@value
class Flip:
    """Left and right exchanged with probability `p`; a half in SimCLR's Appendix A."""

    p: float = 0.5

    def __post_init__(self) -> None:
        check(0 <= self.p <= 1, f"Flip.p takes a probability, 0 to 1, not {self.p}")

    def __call__(self, images: Tensor, draws: Draws) -> Tensor:
        """Images (N, C, H, W), each flipped or not."""
        return flip(images, draws.chance("flip", self.p))


def flip(images: Tensor, chosen: Tensor) -> Tensor:
    """Images (N, C, H, W), flipped left to right where `chosen`, (N,) bool."""
    # lerp is exact at weights 0 and 1 and vectorized, as torch.where over a broadcast condition is not.
    return images.flip(3).lerp_(images, (~chosen).to(images.dtype)[:, None, None, None])


@value
class Rotate:
    """A turn by one of `angles`, in degrees counter-clockwise, each as likely; square images.

    Exact quarter turns by {90, 180, 270}, as in Figure 4 of SimCLR.
    """

    angles: tuple[int, ...] = (90, 180, 270)

    def __post_init__(self) -> None:
        exact = len(self.angles) > 0 and all(angle % 90 == 0 for angle in self.angles)
        check(exact, f"Rotate.angles takes multiples of 90, at least one, not {self.angles}")

    def __call__(self, images: Tensor, draws: Draws) -> Tensor:
        """Images (N, C, H, H), each turned by an angle of its own."""
        turns = torch.tensor(self.angles, device=draws.index.device) // 90
        return rotate(images, turns[draws.integers("angle", len(self.angles))])


def rotate(images: Tensor, turns: Tensor) -> Tensor:
    """Images (N, C, H, H), each turned by its number of quarter turns (N,), counter-clockwise, as torch.rot90."""
    side, columns = images.shape[2:]
    check(side == columns, f"Rotate takes square images, not {side} x {columns}")
    pixels = torch.arange(side * side, device=images.device).view(side, side)
    sources = torch.stack([torch.rot90(pixels, quarter).flatten() for quarter in range(4)])[turns % 4]
    flat = images.flatten(2)
    return flat.gather(2, sources[:, None].expand_as(flat)).view(images.shape)
