"""Color distortion: jitter of brightness, contrast, saturation and hue in an order drawn per image, then gray.

The operations are torchvision's, for a whole batch at once. Two facts make them cheap. Brightness, contrast and
saturation are one formula, factor * image + (1 - factor) * reference, with 0, the mean gray or the gray as reference,
so that images at different operations share a pass. And a hue needs no cases (`shift_hue_`).
"""

from itertools import pairwise

import torch
from torch import Tensor

from core.draws import Draws
from core.value import check, value

_BRIGHTNESS, _CONTRAST, _SATURATION, _HUE = range(4)


@value
class ColorDistortion:
    """SimCLR's Appendix A: ColorJitter(0.8 s, 0.8 s, 0.8 s, 0.2 s) with `jitter_p`, then grayscale with `gray_p`.

    s is `strength`: 1 on ImageNet, 0.5 on CIFAR-10 (Appendix B.9). The multiplicative brightness is that of the
    appendix's PyTorch form; the first TensorFlow release added instead.
    """

    strength: float = 1.0
    jitter_p: float = 0.8
    gray_p: float = 0.2

    def __post_init__(self) -> None:
        # torchvision's limit: a hue shift of 0.2 s is at most half a turn.
        check(0 <= self.strength <= 2.5, f"ColorDistortion.strength takes 0 to 2.5, not {self.strength}")
        check(0 <= self.jitter_p <= 1, f"ColorDistortion.jitter_p takes a probability, 0 to 1, not {self.jitter_p}")
        check(0 <= self.gray_p <= 1, f"ColorDistortion.gray_p takes a probability, 0 to 1, not {self.gray_p}")

    def __call__(self, images: Tensor, draws: Draws) -> Tensor:
        """Images (N, 3, H, W), each jittered or not, gray or not."""
        spread, turn = 0.8 * self.strength, 0.2 * self.strength
        scales = draws.uniform("scales", 3, low=max(0.0, 1 - spread), high=1 + spread)
        factors = torch.cat((scales, draws.uniform("hue", 1, low=-turn, high=turn)), dim=1)
        images = jitter(images, draws.permutation("order", 4), factors, draws.chance("jitter", self.jitter_p))
        chosen = draws.chance("gray", self.gray_p).to(images.dtype)
        return images.lerp_(gray(images)[:, None], chosen[:, None, None, None])  # exact at weights 0 and 1


def gray(images: Tensor) -> Tensor:
    """The gray of images (N, 3, H, W), with torchvision's weights: (N, H, W)."""
    return (images[:, 0] * 0.2989).add_(images[:, 1], alpha=0.587).add_(images[:, 2], alpha=0.114)


def jitter(images: Tensor, order: Tensor, factors: Tensor, chosen: Tensor) -> Tensor:
    """Images (N, 3, H, W), distorted where `chosen`, (N,) bool, by four operations in the order of each.

    `order` (N, 4) holds permutations of brightness 0, contrast 1, saturation 2, hue 3; `factors` (N, 4) the
    multipliers of the first three, and the hue's shift in turns, -0.5 to 0.5. Clamped to [0, 1] after each operation.
    """
    check(images.shape[1] == 3, f"ColorDistortion takes images of 3 channels (RGB), not {images.shape[1]}")
    return (jitter_masked if images.is_cuda else jitter_sorted)(images, order, factors, chosen)


def jitter_masked(images: Tensor, order: Tensor, factors: Tensor, chosen: Tensor) -> Tensor:
    """As `jitter`, each operation on all images and kept where it is due: there is no number that a GPU waits for."""
    jittered = images
    for operation, factor in zip(order.unbind(1), factors.gather(1, order).unbind(1), strict=True):
        hued, jittered = jittered.clone(), jittered.clone()
        shift_hue_(hued, factor)
        blend_(jittered, operation, factor)
        jittered = torch.where((operation == _HUE)[:, None, None, None], hued, jittered)
    return torch.where(chosen[:, None, None, None], jittered, images)


def jitter_sorted(images: Tensor, order: Tensor, factors: Tensor, chosen: Tensor) -> Tensor:
    """As `jitter`, each operation on those images alone at which it is due: less work, once it is known how many."""
    # Sorted by when each image's hue comes, those at their hue are a slice: no copies within the loop.
    hue_at = torch.where(chosen, (order == _HUE).int().argmax(1), 4)
    rows = torch.argsort(hue_at)
    ends: list[int] = torch.bincount(hue_at, minlength=5).cumsum(0).tolist()
    images, order = images.index_select(0, rows).contiguous(), order[rows]
    factors = factors[rows].gather(1, order)
    for step, (start, stop) in enumerate(pairwise([0, *ends[:4]])):
        shift_hue_(images[start:stop], factors[start:stop, step])
        for part in (slice(start), slice(stop, ends[3])):
            blend_(images[part], order[part, step], factors[part, step])
    return torch.empty_like(images).index_copy_(0, rows, images)


def blend_(images: Tensor, operation: Tensor, factor: Tensor) -> None:
    """Brightness, contrast or saturation of images (N, 3, H, W) scaled in place, by `operation` and `factor`, (N,)."""
    reference = gray(images)
    mean = reference.mean((1, 2))
    rest = 1 - factor
    reference.mul_((rest * (operation == _SATURATION))[:, None, None])
    reference.add_((rest * mean * (operation == _CONTRAST))[:, None, None])
    torch.addcmul(reference[:, None], images, factor[:, None, None, None], out=images).clamp_(0, 1)


def shift_hue_(images: Tensor, turns: Tensor) -> None:
    """The hue of images (N, 3, H, W) shifted in place by `turns` (N,), -0.5 to 0.5; HSV's value and saturation stay.

    With `low` the least and `chroma` the greatest less the least of r, g, b, the hue in sixths of a turn, counted from
    cyan, is 2 + (r + low - g - b) / chroma with the sign of b - g; and each channel is a clamped triangle of the hue.
    """
    red, green, blue = images.unbind(1)
    low = images.amin(1)
    chroma = images.amax(1).sub_(low)
    hue = (red + low).sub_(green).sub_(blue).div_(chroma.clamp(min=1e-12)).add_(2)
    hue.copysign_(blue - green).add_(6 * turns[:, None, None])
    hue.sub_((hue / 6).round_(), alpha=6)  # back to -3 ... 3
    torch.abs(hue, out=red).sub_(1)
    torch.add(hue, 1, out=green).abs_().neg_().add_(2)
    torch.sub(hue, 1, out=blue).abs_().neg_().add_(2)
    images.clamp_(0, 1)
    torch.addcmul(low[:, None], images, chroma[:, None], out=images)
