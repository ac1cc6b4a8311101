"""Augmentations by torchvision's own operations on 8-bit values: AutoAugment, Equalize, Solarize."""

from typing import Literal

import torch
from torch import Tensor

from core.draws import Draws
from core.value import check, value


@value
class AutoAugment:
    """AutoAugment (Cubuk et al. 2019) with the policies found on ImageNet or CIFAR-10, as torchvision has them.

    The last column of SimCLR's Table 1 (crop and flip come before it). An image's draws seed torchvision, which works
    on one image at a time, in bytes, on the draws of torch's CPU generator.
    """

    policy: Literal["imagenet", "cifar10"] = "imagenet"

    def __call__(self, images: Tensor, draws: Draws) -> Tensor:
        """Images (N, 3, H, W), each under a policy of its own."""
        from torchvision.transforms import v2  # slow to import, and rarely used

        augment = v2.AutoAugment(v2.AutoAugmentPolicy(self.policy))
        augmented = _bytes(images)
        with torch.random.fork_rng(devices=[]):
            for place, seed in enumerate(draws.bits("policy").tolist()):
                torch.default_generator.manual_seed(seed)  # torch.manual_seed would reseed the GPUs, too
                augmented[place] = augment(augmented[place])
        return augmented.to(images.dtype) / 255


@value
class Equalize:
    """Each channel's histogram made even, with probability `p`; one of App. B.2's broader augmentations.

    The paper gives no probability.
    """

    p: float

    def __post_init__(self) -> None:
        check(0 <= self.p <= 1, f"Equalize.p takes a probability, 0 to 1, not {self.p}")

    def __call__(self, images: Tensor, draws: Draws) -> Tensor:
        """Images (N, C, H, W), each equalized or not."""
        from torchvision.transforms.v2.functional import equalize

        equalized = equalize(_bytes(images)).to(images.dtype) / 255
        return torch.where(draws.chance("equalize", self.p)[:, None, None, None], equalized, images)


@value
class Solarize:
    """Values from `threshold` on inverted, with probability `p`; one of App. B.2's broader augmentations.

    The paper gives neither; the threshold's default is that of Pillow, the middle.
    """

    p: float
    threshold: float = 0.5

    def __post_init__(self) -> None:
        check(0 <= self.p <= 1, f"Solarize.p takes a probability, 0 to 1, not {self.p}")
        check(0 <= self.threshold <= 1, f"Solarize.threshold takes a value, 0 to 1, not {self.threshold}")

    def __call__(self, images: Tensor, draws: Draws) -> Tensor:
        """Images (N, C, H, W), each solarized or not."""
        from torchvision.transforms.v2.functional import solarize

        solarized = solarize(images, self.threshold)
        return torch.where(draws.chance("solarize", self.p)[:, None, None, None], solarized, images)


def _bytes(images: Tensor) -> Tensor:
    return (images * 255).round().clamp_(0, 255).to(torch.uint8)
