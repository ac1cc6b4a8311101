"""A run that is stopped, killed and resumed makes the same bits as one that is not."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from tiny_runs import TINY, MeanColor, StoppedError, Stopping, assert_same_bits, color_data, convolutions
from torch import Tensor, nn

from core.experiment import Experiment
from core.losses import CrossEntropy, NTXent, pairwise
from core.optimizer import SGD, AdamW
from core.pretrain import Trained, pretrain

DATA = color_data()
STEPS = 4  # an epoch: 32 images in batches of 8


def dropping() -> nn.Module:
    return nn.Sequential(convolutions(), nn.Dropout(0.3))


def stopped_and_resumed(experiment: Experiment, *places: tuple[int, int]) -> Trained:
    journal = Stopping(*places)
    for _ in places:
        with pytest.raises(StoppedError):
            pretrain(experiment, DATA, journal)
    return pretrain(experiment, DATA, journal)


VARIANTS: dict[str, dict[str, Any]] = {
    "LARS": {},
    "bfloat16": {"precision": "bfloat16"},
    "dropout": {"encoder": dropping, "optimizer": SGD()},
    "AdamW": {"optimizer": AdamW(), "learning_rate": 0.01, "warmup_epochs": 1.0},
    "supervised": {"loss": CrossEntropy(), "views": 1},
    "three views": {"loss": pairwise(NTXent()), "views": 3},
}
each_variant = pytest.mark.parametrize("change", VARIANTS.values(), ids=VARIANTS.keys())


@each_variant
def test_stopped_anywhere_and_resumed_makes_the_same_bits(change: dict[str, Any]) -> None:
    experiment = replace(TINY, **change)
    whole = pretrain(experiment, DATA)
    assert_same_bits(pretrain(experiment, DATA), whole)
    assert_same_bits(stopped_and_resumed(experiment, (0, 2), (1, 3)), whole)


def test_stopped_after_every_step_makes_the_same_bits() -> None:
    places = [divmod(step, STEPS) for step in range(1, 2 * STEPS + 1)]
    assert_same_bits(stopped_and_resumed(TINY, *places), pretrain(TINY, DATA))


def test_bits_do_not_depend_on_torch_s_own_generator() -> None:
    whole = pretrain(replace(TINY, encoder=dropping), DATA)
    torch.manual_seed(123)
    assert_same_bits(pretrain(replace(TINY, encoder=dropping), DATA), whole)


DRAWN: list[float] = []


class Drawing(MeanColor):
    def forward(self, images: Tensor) -> Tensor:
        DRAWN.append(torch.rand(()).item())
        return super().forward(images)


def test_layers_that_draw_do_so_anew_each_step() -> None:
    DRAWN.clear()
    pretrain(replace(TINY, encoder=Drawing), DATA)
    assert len(set(DRAWN[1:])) == 2 * STEPS  # the first call measures the width
