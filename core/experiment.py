"""Experiment: everything that says what is trained, and nothing else. Its defaults are the baseline (scale `gpu`)."""

import inspect
from dataclasses import KW_ONLY, is_dataclass
from typing import Any, Literal

from core.augmentations import Augmentation, ColorDistortion, Compose, Crop, Flip
from core.encoders import ResNet
from core.heads import MLP
from core.losses import CrossEntropy, Loss, NTXent
from core.optimizer import LARS, LearningRateScaling
from core.signatures import asks_for, check_function
from core.value import check, value

Part = Any
"""A value with `.build(...)`, or a module-level function, which returns an nn.Module, of `optimizer` an optimizer."""
CALLED = {"encoder": (), "head": ("width",), "optimizer": ("model", "weight_decay")} | dict.fromkeys(
    ("prepare", "augment", "augment_other"), ("images", "draws")
)
"""With what a part is called that is a function."""


def built(part: Part, *arguments: Any) -> Any:
    """What the part makes of these arguments."""
    return part.build(*arguments) if hasattr(part, "build") else part(*arguments)


@value
class Experiment:
    """One pretraining run. The defaults follow the paper's CIFAR-10 recipe (App. B.9).

    dataset: a name that `core.data.load` finds; images: how many to train on, a fixed class-balanced subset, None for
    all; image_size: resize and crop to so many pixels, None where all images have one size already.
    prepare: once per image, before the branches (Fig. 5's shared crop); augment: what makes a view; augment_other: what
    makes the second one where that differs. epochs: 0 is the random encoder. learning_rate: per 256 images under linear
    scaling, per sqrt(image) under sqrt. precision: of the encoder; all else is float32 (float64 under "float64").
    bn_batch: batch norm sees so many images at a time, and memory holds so many; a divisor of batch_size, None for all.
    """

    _: KW_ONLY
    dataset: str = "cifar10"
    images: int | None = None
    image_size: int | None = None
    prepare: Augmentation | None = None
    views: int = 2
    augment: Augmentation = Compose((Crop(), Flip(), ColorDistortion(strength=0.5)))
    augment_other: Augmentation | None = None
    encoder: Part = ResNet()
    head: Part = MLP()
    loss: Loss = NTXent(temperature=0.5)
    optimizer: Part = LARS()
    batch_size: int = 512
    epochs: int = 100
    learning_rate: float = 1.0
    lr_scaling: LearningRateScaling = "linear"
    weight_decay: float = 1e-6
    warmup_epochs: float = 10.0
    precision: Literal["bfloat16", "float32", "float64"] = "bfloat16"
    bn_batch: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("encoder", "head", "optimizer"):
            part = getattr(self, name)
            if not (hasattr(part, "build") or callable(part)):
                raise TypeError(f"{name} takes a value with .build or a function, not {part!r}")
        for name in ("encoder", "head", "optimizer", "loss", "prepare", "augment", "augment_other"):
            part = getattr(self, name)
            if isinstance(part, type) and is_dataclass(part):
                raise TypeError(f"{name} takes a value, not {part!r}: write () after the name")
        for name, arguments in CALLED.items():
            check_function(getattr(self, name), name, arguments)
        for name, least in (("batch_size", 2), ("epochs", 0), ("warmup_epochs", 0), ("seed", 0), ("weight_decay", 0)):
            check(getattr(self, name) >= least, f"{name} takes {least} or more, not {getattr(self, name)}")
        check(self.seed < 2**63, f"seed takes less than 2**63, not {self.seed}")
        for name in ("images", "image_size"):
            number = getattr(self, name)
            check(number is None or number >= 1, f"{name} takes 1 or more, or None, not {number}")
        check(self.learning_rate > 0, f"learning_rate takes more than 0, not {self.learning_rate}")
        divides = self.bn_batch is None or (self.bn_batch >= 2 and self.batch_size % self.bn_batch == 0)
        check(divides, f"bn_batch takes a divisor of batch_size={self.batch_size}, 2 or more, not {self.bn_batch}")
        self._check_views()
        if self.augment_other == self.augment:
            object.__setattr__(self, "augment_other", None)

    @property
    def supervised(self) -> bool:
        """Whether the labels are learned, by a linear classifier on the embeddings."""
        return isinstance(self.loss, CrossEntropy)

    def _check_views(self) -> None:
        if self.supervised:
            check(self.views == 1, f"CrossEntropy takes views=1, not {self.views}")
        else:
            check(self.views >= 2, f"views takes 2 or more, not {self.views}; one view is for CrossEntropy")
            if not _takes(self.loss, self.views):
                name = getattr(self.loss, "__name__", self.loss)
                hint = "; pairwise(loss) takes any number" * (self.views > 2)
                raise ValueError(f"views={self.views} gives the loss so many views, which {name} does not take{hint}")
        check(self.augment_other is None or self.views == 2, f"augment_other takes views=2, not {self.views}")


def _takes(loss: Loss, number: int) -> bool:
    """Whether the loss has a place for so many views, none of which is that of a setting with a default."""
    return asks_for(loss, number) if inspect.isfunction(loss) else asks_for(type(loss).__call__, 1 + number)
