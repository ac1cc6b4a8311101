"""Motion blur: one of App. B.2's broader augmentations, which the paper names and gives no settings of."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from core.draws import Draws
from core.value import check, value


@value
class MotionBlur:
    """With probability `p`, the mean of the image along a line of any direction, `length` of the shorter side long."""

    p: float
    length: float = 0.15

    def __post_init__(self) -> None:
        check(0 <= self.p <= 1, f"MotionBlur.p takes a probability, 0 to 1, not {self.p}")
        check(0 < self.length <= 1, f"MotionBlur.length takes 0 < length <= 1, not {self.length}")

    def __call__(self, images: Tensor, draws: Draws) -> Tensor:
        """Images (N, C, H, W), each blurred or not."""
        length = self.length * min(images.shape[2:])
        blurred = motion_blur(images, length, draws.uniform("angle", high=math.pi))
        return torch.where(draws.chance("blur", self.p)[:, None, None, None], blurred, images)


def motion_blur(images: Tensor, length: float, angle: Tensor) -> Tensor:
    """Images (N, C, H, W), each the mean of itself read along `length` pixels at its `angle` (N,), radians from +x.

    Read bilinearly at places at most a pixel apart, both ends included; borders are replicated.
    """
    rows, columns = images.shape[2:]
    unmoved = torch.eye(2, 3, device=images.device)[None]
    grid = F.affine_grid(unmoved, [1, *images.shape[1:]], align_corners=False)
    step = torch.stack((angle.cos() * 2 / columns, angle.sin() * 2 / rows), dim=1)[:, None, None]
    places = torch.linspace(-length / 2, length / 2, math.ceil(length) + 1).tolist()
    blurred = torch.zeros_like(images)
    for place in places:
        blurred += F.grid_sample(images, grid + place * step, padding_mode="border", align_corners=False)
    return blurred / len(places)
