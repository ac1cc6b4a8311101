"""Augmentations of values rather than places: GaussianBlur, Sobel, GaussianNoise, Cutout."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from core.draws import Draws
from core.value import check, value


@value
class GaussianBlur:
    """A Gaussian blur with probability `p`, its standard deviation uniform in `sigma` (pixels).

    Defaults: SimCLR's Appendix A. The kernel is the official code's: a tenth of the height, made odd; at least 3, where
    the code would leave an image of less than 20 pixels as it is.
    """

    p: float = 0.5
    sigma: tuple[float, float] = (0.1, 2.0)

    def __post_init__(self) -> None:
        check(0 <= self.p <= 1, f"GaussianBlur.p takes a probability, 0 to 1, not {self.p}")
        check(
            0 < self.sigma[0] <= self.sigma[1] < math.inf, f"GaussianBlur.sigma takes 0 < low <= high, not {self.sigma}"
        )

    def __call__(self, images: Tensor, draws: Draws) -> Tensor:
        """Images (N, C, H, W), each blurred or not."""
        sigma = draws.uniform("sigma", low=self.sigma[0], high=self.sigma[1]) * draws.chance("blur", self.p)
        return gaussian_blur(images, sigma, kernel=max(3, images.shape[2] // 10 // 2 * 2 + 1))


def gaussian_blur(images: Tensor, sigma: Tensor, kernel: int) -> Tensor:
    """Images (N, C, H, W) blurred by their `sigma` (N,), as torchvision: `kernel` taps, borders reflected.

    A sigma of 0 leaves an image exactly as it is.
    """
    radius = kernel // 2
    distance = torch.arange(-radius, radius + 1, device=sigma.device) / sigma.clamp(min=1e-6)[:, None]
    taps = torch.softmax(-distance.square() / 2, dim=1)[:, :, None, None, None].unbind(1)
    blurred = F.pad(images, (radius, radius, radius, radius), mode="reflect")
    for dim in (2, 3):
        source, size = blurred, images.shape[dim]
        blurred = source.narrow(dim, 0, size) * taps[0]
        for place, tap in enumerate(taps[1:], 1):
            blurred.addcmul_(source.narrow(dim, place, size), tap)
    return blurred


@value
class Sobel:
    """The signed Sobel gradients Gx + Gy of each channel, rescaled by each image's own range to [0, 1].

    Fitted to the tile in SimCLR's Figure 4; the paper gives no formula. Borders are replicated.
    """

    def __call__(self, images: Tensor, draws: Draws) -> Tensor:
        """The gradients of images (N, C, H, W), in [0, 1]; of a constant image, 0."""
        return sobel(images)


def sobel(images: Tensor) -> Tensor:
    """As `Sobel`. Gx + Gy is twice the kernel [[-1, -1, 0], [-1, 0, 1], [0, 1, 1]]; the rescaling undoes the two."""
    height, width = images.shape[2:]
    padded = F.pad(images, (1, 1, 1, 1), mode="replicate")

    def neighbor(down: int, right: int) -> Tensor:
        return padded[:, :, 1 + down : 1 + down + height, 1 + right : 1 + right + width]

    edges = neighbor(1, 1) - neighbor(-1, -1)  # differences first: exactly 0 where the image is constant
    edges.add_(neighbor(1, 0) - neighbor(-1, 0)).add_(neighbor(0, 1) - neighbor(0, -1))
    low, high = edges.amin((1, 2, 3), keepdim=True), edges.amax((1, 2, 3), keepdim=True)
    return edges.sub_(low).div_((high - low).clamp_(min=1e-12))


@value
class GaussianNoise:
    """Noise of standard deviation `std`, drawn for each pixel and channel, clamped to [0, 1].

    Default: measured in the tile of SimCLR's Figure 4, 0.115 to 0.13; the paper gives none.
    """

    std: float = 0.12

    def __post_init__(self) -> None:
        check(0 <= self.std < math.inf, f"GaussianNoise.std takes 0 or more, not {self.std}")

    def __call__(self, images: Tensor, draws: Draws) -> Tensor:
        """Images (N, C, H, W) with noise."""
        return draws.normal("noise", *images.shape[1:]).mul_(self.std).add_(images).clamp_(0, 1)


@value
class Cutout:
    """One square of gray `fill`, wholly inside the image, its side a share `side` of the image's shorter one.

    Defaults: measured in the tile of SimCLR's Figure 4; the paper gives none.
    """

    side: float = 0.5
    fill: float = 149 / 255

    def __post_init__(self) -> None:
        check(0 < self.side <= 1, f"Cutout.side takes 0 < side <= 1, not {self.side}")
        check(0 <= self.fill <= 1, f"Cutout.fill takes a gray, 0 to 1, not {self.fill}")

    def __call__(self, images: Tensor, draws: Draws) -> Tensor:
        """Images (N, C, H, W), each with a square at a place of its own."""
        rows, columns = images.shape[2:]
        size = round(self.side * min(rows, columns))
        top, left = draws.integers("top", rows - size + 1), draws.integers("left", columns - size + 1)
        return cutout(images, top, left, size, self.fill)


def cutout(images: Tensor, top: Tensor, left: Tensor, size: int, fill: float) -> Tensor:
    """Images (N, C, H, W), each with a square of `size` pixels of gray `fill` at its `top` and `left`, (N,) int64."""
    down = torch.arange(images.shape[2], device=images.device) - top[:, None]
    right = torch.arange(images.shape[3], device=images.device) - left[:, None]
    inside = ((down >= 0) & (down < size))[:, None, :, None] & ((right >= 0) & (right < size))[:, None, None, :]
    return images.masked_fill(inside, fill)
