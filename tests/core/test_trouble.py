"""What goes wrong in training is said with its place, whenever it is noticed."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny_runs import TINY, color_data
from torch import Tensor, nn

from core.pretrain import pretrain
from core.trouble import CHECKED, Losses, NotFinite, check_weights, located

DATA = color_data()
CALLS: list[int] = []


@given(st.integers(1, 3 * CHECKED), st.sampled_from([math.nan, math.inf, -math.inf]), st.data())
def test_the_first_loss_that_is_not_finite_is_named(steps: int, bad: float, data: st.DataObject) -> None:
    first = data.draw(st.integers(1, steps))
    losses = Losses()
    with pytest.raises(NotFinite, match=rf"^the loss is {bad} in step {first} of epoch 3; try a lower learning_rate"):
        for step in range(1, steps + 1):
            losses.add(torch.tensor(1.0 if step < first else bad), 2, step, look=step == steps)


def divided_by_zero(images: Tensor, draws: object) -> Tensor:
    return images / 0 - images / 0


def test_before_the_first_update_no_learning_rate_is_to_blame() -> None:
    said = r"^the loss is nan in step 1 of epoch 1; no weight has changed yet, so the views, the encoder or the loss"
    with pytest.raises(NotFinite, match=said):
        pretrain(replace(TINY, augment=divided_by_zero), DATA)


def test_finite_losses_are_no_trouble() -> None:
    losses = Losses()
    for step in range(1, 2 * CHECKED):
        losses.add(torch.tensor(1e30), 0, step, look=False)


@pytest.mark.parametrize(("bad", "kind"), [(math.nan, "not a number"), (math.inf, "diverged")])
def test_weights_and_statistics_that_are_not_finite_are_named(bad: float, kind: str) -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    check_weights(model, 0)
    model[1].running_var[1] = bad
    with pytest.raises(NotFinite, match=rf"^1\.running_var holds {bad} after epoch 5; try a lower") as told:
        check_weights(model, 4)
    assert told.value.kind == kind


def test_a_mask_of_ones_own_may_be_infinite() -> None:
    model = nn.Linear(2, 2)
    model.register_buffer("mask", torch.full((2, 2), -math.inf).triu(1))
    check_weights(model, 0)


def test_what_a_step_raises_carries_its_place_and_a_hint() -> None:
    for problem, notes in (
        (ValueError("no"), ["in step 3 of epoch 2"]),
        (MemoryError(), ["in step 3 of epoch 2", "a smaller batch_size, or bn_batch"]),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), ["in step 3 of epoch 2", "a smaller batch_size"]),
    ):
        with pytest.raises(type(problem)) as told, located(1, 2):
            raise problem
        assert all(map(str.startswith, told.value.__notes__, notes)) and len(told.value.__notes__) == len(notes)


def without_gradient_at_last(first: Tensor, second: Tensor) -> Tensor:
    """Finite itself, in the last step of the training too, whose gradient is no number."""
    CALLS.append(1)
    return (0 * (first + second)).square().sum().sqrt() if len(CALLS) == 8 else (first - second).square().mean()


def test_a_finite_loss_whose_update_is_not_is_no_result() -> None:
    CALLS.clear()
    with pytest.raises(NotFinite, match=r"holds nan after epoch 2; try a lower"):
        pretrain(replace(TINY, loss=without_gradient_at_last), DATA)
