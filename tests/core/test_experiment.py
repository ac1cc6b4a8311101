"""An experiment is a checked, frozen value: what it refuses, and in which words."""

from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest
from torch import Tensor, nn

from core.augmentations import Compose, Crop, Flip, Sobel
from core.draws import Draws
from core.encoders import ResNet, SmallResNet
from core.experiment import Experiment
from core.heads import NoHead
from core.losses import CrossEntropy, MarginTriplet, NTXent, pairwise
from core.optimizer import LARS


def flat() -> nn.Module:
    return nn.Flatten()


def unchanged(images: Tensor, draws: Draws) -> Tensor:
    return images


def of_three(first: Tensor, second: Tensor, third: Tensor) -> Tensor:
    return (first + second + third).sum()


def with_a_margin(first: Tensor, second: Tensor, margin: float = 0.5) -> Tensor:
    return (margin + first * second).sum()


def test_an_experiment_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        Experiment().epochs = 3  # type: ignore[misc]


def test_a_misspelt_setting_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'temprature'"):
        Experiment(temprature=0.5)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="positional"):
        Experiment("cifar10")  # type: ignore[call-arg]


def test_equal_settings_written_in_two_ways_are_equal() -> None:
    assert Experiment(learning_rate=1, warmup_epochs=10) == Experiment()
    assert hash(Experiment(learning_rate=1)) == hash(Experiment())
    assert Experiment(augment=Compose([Crop(), Flip()])) == Experiment(augment=Compose((Crop(), Flip())))  # type: ignore[arg-type]


def test_augment_other_is_none_where_it_is_the_same() -> None:
    assert Experiment(augment=Crop(), augment_other=Crop()) == Experiment(augment=Crop())
    assert Experiment(augment=Crop(), augment_other=Flip()).augment_other == Flip()
    assert replace(Experiment(augment=Crop(), augment_other=Flip()), augment=Flip()).augment_other is None


def test_parts_may_be_plain_functions() -> None:
    experiment = Experiment(encoder=flat, augment=unchanged, prepare=unchanged)
    assert (experiment.encoder, experiment.augment, experiment.prepare) == (flat, unchanged, unchanged)


def test_the_supervised_arm_has_cross_entropy_and_one_view() -> None:
    assert Experiment(loss=CrossEntropy(), views=1).supervised
    assert not Experiment().supervised


def test_a_loss_says_how_many_views_it_takes() -> None:
    assert Experiment(loss=pairwise(NTXent()), views=4).views == 4
    assert Experiment(loss=of_three, views=3).views == 3
    assert Experiment(loss=with_a_margin).views == 2
    with pytest.raises(ValueError, match="views=3 gives the loss so many views, which with_a_margin does not take"):
        Experiment(loss=with_a_margin, views=3)


REFUSED: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"encoder": 3}, TypeError, "encoder takes a value with .build or a function, not 3"),
    ({"head": "MLP"}, TypeError, "head takes a value with .build or a function, not 'MLP'"),
    ({"optimizer": None}, TypeError, "optimizer takes a value with .build or a function, not None"),
    ({"encoder": lambda: flat()}, ValueError, "takes a module-level function: a lambda or closure has no name to be"),
    ({"encoder": ResNet}, TypeError, "encoder takes a value, not <class 'core.encoders.ResNet'>: write () after the"),
    ({"head": NoHead}, TypeError, "head takes a value, not <class 'core.heads.NoHead'>: write () after the name"),
    ({"optimizer": LARS}, TypeError, "optimizer takes a value, not <class 'core.optimizer.LARS'>: write () after"),
    ({"loss": NTXent}, TypeError, "loss takes a value, not <class 'core.losses.NTXent'>: write () after the name"),
    ({"augment": Crop}, TypeError, "augment takes a value, not <class 'core.geometry.Crop'>: write () after the name"),
    ({"prepare": Crop}, TypeError, "prepare takes a value, not <class 'core.geometry.Crop'>: write () after the name"),
    ({"augment_other": Sobel}, TypeError, "augment_other takes a value, not <class 'core.filters.Sobel'>: write ()"),
    ({"loss": 0.5}, TypeError, "Experiment.loss takes a function or a value that can be called, not 0.5"),
    ({"augment": "crop"}, TypeError, "Experiment.augment takes a function or a value that can be called, not 'crop'"),
    ({"prepare": 1}, TypeError, "Experiment.prepare takes a function or a value that can be called, or None, not 1"),
    (
        {"augment_other": 1},
        TypeError,
        "Experiment.augment_other takes a function or a value that can be called, or None",
    ),
    ({"encoder": unchanged}, TypeError, "encoder takes a function of (), not unchanged("),
    ({"head": flat}, TypeError, "head takes a function of (width), not flat()"),
    ({"augment": of_three}, TypeError, "augment takes a function of (images, draws), not of_three("),
    ({"batch_size": 1}, ValueError, "batch_size takes 2 or more, not 1"),
    ({"images": 0}, ValueError, "images takes 1 or more, or None, not 0"),
    ({"image_size": -1}, ValueError, "image_size takes 1 or more, or None, not -1"),
    ({"epochs": -1}, ValueError, "epochs takes 0 or more, not -1"),
    ({"warmup_epochs": -0.5}, ValueError, "warmup_epochs takes 0 or more, not -0.5"),
    ({"seed": -1}, ValueError, "seed takes 0 or more, not -1"),
    ({"weight_decay": -1e-6}, ValueError, "weight_decay takes 0 or more, not -1e-06"),
    ({"learning_rate": 0}, ValueError, "learning_rate takes more than 0, not 0.0"),
    ({"learning_rate": float("nan")}, ValueError, "Experiment.learning_rate takes a number, not NaN"),
    ({"seed": 0.5}, TypeError, "Experiment.seed takes a whole number, not 0.5"),
    ({"batch_size": True}, TypeError, "Experiment.batch_size takes a whole number, not True"),
    ({"dataset": 10}, TypeError, "Experiment.dataset takes text, not 10"),
    ({"images": "all"}, TypeError, "Experiment.images takes a whole number, or None, not 'all'"),
    ({"precision": "half"}, ValueError, "Experiment.precision takes one of 'bfloat16', 'float32', 'float64', not"),
    ({"lr_scaling": "log"}, ValueError, "Experiment.lr_scaling takes one of 'none', 'linear', 'sqrt', not 'log'"),
    ({"views": 1}, ValueError, "views takes 2 or more, not 1; one view is for CrossEntropy"),
    ({"loss": CrossEntropy()}, ValueError, "CrossEntropy takes views=1, not 2"),
    ({"views": 3, "loss": MarginTriplet()}, ValueError, "views=3 gives the loss so many views, which MarginTriplet("),
    ({"views": 3, "loss": MarginTriplet()}, ValueError, "does not take; pairwise(loss) takes any number"),
    ({"views": 2, "loss": of_three}, ValueError, "views=2 gives the loss so many views, which of_three does not take"),
    ({"seed": 2**63}, ValueError, "seed takes less than 2**63, not 9223372036854775808"),
    (
        {"views": 3, "loss": pairwise(NTXent()), "augment_other": Flip()},
        ValueError,
        "augment_other takes views=2, not 3",
    ),
]


@pytest.mark.parametrize(("change", "error", "words"), REFUSED, ids=[" ".join(change) for change, _, _ in REFUSED])
def test_errors_name_the_setting_and_the_value(change: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error) as raised:
        replace(Experiment(encoder=SmallResNet()), **change)
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)
