"""Augmentations: a batch in, a batch out, each image with its own draw.

An augmentation is called with images (N, C, H, W), float32 in [0, 1], and the draws of these images; it returns the
same shape, range and device and changes nothing in place. What an image becomes depends on its own draws alone, never
on its batch. Any module-level function of (images, draws) is one; those with settings are values.
"""

from collections import Counter
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from core.color import ColorDistortion
from core.draws import Draws
from core.filters import Cutout, GaussianBlur, GaussianNoise, Sobel
from core.geometry import Crop, Flip, Rotate
from core.motion_blur import MotionBlur
from core.policies import AutoAugment, Equalize, Solarize
from core.signatures import check_function
from core.value import check, value

__all__ = [
    "FIG5_OPERATORS",
    "Augmentation",
    "AutoAugment",
    "ColorDistortion",
    "Compose",
    "Crop",
    "Cutout",
    "Equalize",
    "Flip",
    "GaussianBlur",
    "GaussianNoise",
    "Identity",
    "MotionBlur",
    "Pair",
    "RandomApply",
    "Rotate",
    "Sobel",
    "Solarize",
]

Augmentation = Callable[[Tensor, Draws], Tensor]


@value
class Identity:
    """The images as they are; the branch of SimCLR's Figure 5 that is left alone."""

    def __call__(self, images: Tensor, draws: Draws) -> Tensor:
        """The images themselves."""
        return images


@value
class Compose:
    """`parts` in order. Each draws under its kind, so that leaving one out changes no draw of the others; the second of
    a kind draws anew."""

    parts: tuple[Augmentation, ...]

    def __post_init__(self) -> None:
        check(len(self.parts) > 0, "Compose.parts takes at least one augmentation; Identity() does nothing")
        for part in self.parts:
            check_function(part, "Compose.parts", ("images", "draws"))

    def __call__(self, images: Tensor, draws: Draws) -> Tensor:
        """Images (N, C, H, W) after all parts."""
        for part, its in self.each(draws):
            images = part(images, its)
        return images

    def each(self, draws: Draws) -> Iterator[tuple[Augmentation, Draws]]:
        """The parts in order, each with the draws that are its own."""
        seen: Counter[str] = Counter()
        for part in self.parts:
            kind = getattr(part, "__name__", type(part).__name__)
            yield part, draws.named((kind, seen[kind]))
            seen[kind] += 1


@value
class RandomApply:
    """`augment` with probability `p`, drawn for each image."""

    augment: Augmentation
    p: float = 0.5

    def __post_init__(self) -> None:
        check(0 <= self.p <= 1, f"RandomApply.p takes a probability, 0 to 1, not {self.p}")
        check_function(self.augment, "RandomApply.augment", ("images", "draws"))

    def __call__(self, images: Tensor, draws: Draws) -> Tensor:
        """Images (N, C, H, W), each changed or not."""
        chosen = draws.chance("apply", self.p)[:, None, None, None]
        return torch.where(chosen, applied(self.augment, images, draws.named("augment")), images)


@value
class Pair:
    """`first`, then `second`; only once if they are equal. A cell of SimCLR's Figure 5, and its diagonal."""

    first: Augmentation
    second: Augmentation

    def __post_init__(self) -> None:
        check_function(self.first, "Pair.first", ("images", "draws"))
        check_function(self.second, "Pair.second", ("images", "draws"))

    def __call__(self, images: Tensor, draws: Draws) -> Tensor:
        """Images (N, C, H, W) after both, or after the one."""
        parts = (self.first,) if self.first == self.second else (self.first, self.second)
        return Compose(parts)(images, draws)


def applied(augment: Augmentation, images: Tensor, draws: Draws) -> Tensor:
    """What `augment` makes of images (N, C, H, W). Raises ValueError if it changes them in place: others read them."""
    before = images._version
    made = augment(images, draws)
    if images._version != before:
        name = getattr(augment, "__name__", augment)
        raise ValueError(f"an augmentation returns new images; {name} changes those that it gets, in place")
    return made


# The operators of Figure 5, in its order. The paper gives no settings for Cutout, Sobel and Noise: the defaults are
# measured in Figure 4. All are applied always, since the targeted transformation is the subject. Never to be tuned.
FIG5_OPERATORS: dict[str, Augmentation] = {
    "Crop": Compose(
        (Crop(), Flip())
    ),  # after the shared first crop, a second one: Appendix A's crop has the flip in it
    "Cutout": Cutout(),  # Figure 4's tile: half the side, gray 149
    "Color": ColorDistortion(strength=1.0),  # the full strength of Table 1; its inner chances are part of it
    "Sobel": Sobel(),  # Figure 4's tile: per channel, Gx + Gy
    "Noise": GaussianNoise(),  # Figure 4's tile: standard deviation 0.12
    "Blur": GaussianBlur(p=1.0),  # Appendix A's sigmas; its coin would leave half of the images untouched
    "Rotate": Rotate(),  # the text: {90, 180, 270}
}
