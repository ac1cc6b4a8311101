"""Each loss is the plain loop of its equation, with the values that are known in closed form."""

import math
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from loss_loops import (
    contrastive_loop,
    margin_loop,
    multi_positive_loop,
    near_views,
    nt_logistic_loop,
    nt_xent_loop,
)
from torch import Tensor

from core.contrastive_metrics import contrastive_metrics
from core.experiment import Experiment
from core.losses import CrossEntropy, Loss, MarginTriplet, MultiPositive, NTLogistic, NTXent, pairwise

LOSSES: dict[str, Loss] = {
    "NTXent": NTXent(0.3),
    "NTXent, one view": NTXent(0.3, one_view_negatives=True),
    "NTLogistic": NTLogistic(0.3),
    "NTLogistic, semi-hard": NTLogistic(0.3, semi_hard=True),
    "MarginTriplet": MarginTriplet(0.4),
    "MarginTriplet, semi-hard": MarginTriplet(0.4, semi_hard=True),
}
each_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())
in_many_cases = settings(max_examples=60)
flag = st.booleans()


@st.composite
def view_pairs(draw: st.DrawFn) -> tuple[Tensor, Tensor]:
    """Two float64 views (N, D), N 2 to 8, D 1 to 6, entries in [-1, 1]."""
    generator = torch.Generator().manual_seed(draw(st.integers(0, 10**6)))
    number, width = draw(st.integers(2, 8)), draw(st.integers(1, 6))
    first, second = torch.rand(2, number, width, generator=generator, dtype=torch.float64) * 2 - 1
    return first, second


def assert_equals_loop(loss: Tensor, loop: float) -> None:
    assert float(loss) == pytest.approx(loop, rel=1e-10, abs=1e-10)


@in_many_cases
@given(view_pairs(), st.floats(0.05, 5), flag, flag)
def test_nt_xent_is_the_loop(pair: tuple[Tensor, Tensor], temperature: float, normalize: bool, one_view: bool) -> None:
    loop = nt_xent_loop(pair[0].tolist(), pair[1].tolist(), temperature, normalize, one_view)
    assert_equals_loop(NTXent(temperature, normalize, one_view)(*pair), loop)


@in_many_cases
@given(view_pairs(), st.floats(0.05, 5), flag, flag)
def test_nt_logistic_is_the_loop(
    pair: tuple[Tensor, Tensor], temperature: float, normalize: bool, semi_hard: bool
) -> None:
    loop = nt_logistic_loop(pair[0].tolist(), pair[1].tolist(), temperature, normalize, semi_hard)
    assert_equals_loop(NTLogistic(temperature, normalize, semi_hard)(*pair), loop)


@in_many_cases
@given(view_pairs(), st.floats(0.01, 2), flag, flag)
def test_margin_triplet_is_the_loop(
    pair: tuple[Tensor, Tensor], margin: float, normalize: bool, semi_hard: bool
) -> None:
    loop = margin_loop(pair[0].tolist(), pair[1].tolist(), margin, normalize, semi_hard)
    assert_equals_loop(MarginTriplet(margin, normalize, semi_hard)(*pair), loop)


@in_many_cases
@given(view_pairs(), st.floats(0.05, 5), flag)
def test_contrastive_metrics_are_the_loop(pair: tuple[Tensor, Tensor], temperature: float, normalize: bool) -> None:
    loop = contrastive_loop(pair[0].tolist(), pair[1].tolist(), temperature, normalize)
    measured = contrastive_metrics(NTXent(temperature, normalize), *pair)
    assert float(measured["contrastive_top1"]) == pytest.approx(loop[0], abs=1e-4)
    assert float(measured["contrastive_entropy"]) == pytest.approx(loop[1], abs=1e-10)
    assert float(measured["contrastive_entropy_limit"]) == pytest.approx(math.log(len(pair[0])), abs=1e-12)


def test_contrastive_metrics_of_pairwise_are_at_its_own_loss() -> None:
    pair, loss = near_views(), NTXent(0.07, normalize=False)
    assert contrastive_metrics(pairwise(loss), *pair) == contrastive_metrics(loss, *pair)


def test_nt_xent_of_equal_embeddings_is_the_log_of_their_number() -> None:
    same = torch.ones(512, 3, dtype=torch.float64)
    assert float(NTXent()(same, same)) == pytest.approx(math.log(2 * 512 - 1), abs=1e-12)
    assert float(NTXent()(same, same)) == pytest.approx(6.930, abs=5e-4)
    assert float(NTXent(one_view_negatives=True)(same, same)) == pytest.approx(math.log(512), abs=1e-12)


def test_nt_xent_of_solved_views_is_known() -> None:
    solved = torch.eye(512, dtype=torch.float64)  # positives at cosine 1, negatives at 0
    loss = float(NTXent(0.5)(solved, solved))
    assert loss == pytest.approx(math.log(1 + (2 * 512 - 2) * math.exp(-1 / 0.5)), abs=1e-12)
    assert loss == pytest.approx(4.94, abs=5e-3)


@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("kind", [NTLogistic, MarginTriplet])
def test_an_anchor_without_semi_hard_negatives_gives_zero(kind: Any, normalize: bool) -> None:
    first = torch.tensor([[1.0], [-1.0]], requires_grad=True)  # every negative is nearer than the positive
    loss = kind(normalize=normalize, semi_hard=True)(first, -first)
    (gradient,) = torch.autograd.grad(loss, first)
    assert loss.item() == 0
    assert torch.equal(gradient, torch.zeros_like(gradient))


@each_loss
def test_views_can_be_exchanged(loss: Loss) -> None:
    first, second = near_views()
    torch.testing.assert_close(loss(first, second), loss(second, first), rtol=0, atol=1e-12)


@each_loss
def test_the_order_of_the_images_says_nothing(loss: Loss) -> None:
    (first, second), order = near_views(), torch.tensor([3, 1, 7, 0, 2, 6, 5, 4])
    torch.testing.assert_close(loss(first[order], second[order]), loss(first, second), rtol=0, atol=1e-12)


@each_loss
def test_normalized_embeddings_have_no_length(loss: Loss) -> None:
    first, second = near_views()
    torch.testing.assert_close(loss(5 * first, second / 3), loss(first, second), rtol=0, atol=1e-12)


@each_loss
def test_pairwise_is_the_mean_over_pairs_of_views(loss: Loss) -> None:
    (first, second), (third, _) = near_views(), near_views(seed=1)
    assert torch.equal(pairwise(loss)(first, second), loss(first, second))
    mean = (loss(first, second) + loss(first, third) + loss(second, third)) / 3
    torch.testing.assert_close(pairwise(loss)(first, second, third), mean, rtol=0, atol=1e-12)


def test_cross_entropy_is_the_loop() -> None:
    logits, labels = near_views()[0], torch.tensor([0, 1, 2, 3, 0, 1, 2, 3])
    rows = zip(logits.tolist(), labels.tolist(), strict=True)
    loop = sum(math.log(sum(map(math.exp, row))) - row[label] for row, label in rows) / 8
    assert_equals_loop(CrossEntropy()(logits, labels), loop)


def squared_distance(first: Tensor, second: Tensor) -> Tensor:
    return (first - second).square().sum(1).mean()


def test_a_plain_function_of_two_tensors_is_a_loss() -> None:
    assert Experiment(loss=squared_distance).loss is squared_distance
    assert float(contrastive_metrics(squared_distance, *near_views())["contrastive_top1"]) > 0


def test_errors_name_the_knob_and_the_value() -> None:
    with pytest.raises(ValueError, match=r"^NTXent\.temperature takes more than 0, not 0\.0$"):
        NTXent(temperature=0)
    with pytest.raises(ValueError, match=r"^NTLogistic\.temperature takes more than 0, not -1\.0$"):
        NTLogistic(temperature=-1)
    with pytest.raises(ValueError, match=r"^MarginTriplet\.margin takes 0 or more, not -0\.1$"):
        MarginTriplet(margin=-0.1)


def test_semi_hard_negatives_need_a_margin_to_lie_in() -> None:
    with pytest.raises(ValueError, match="more than 0 with semi_hard"):
        MarginTriplet(margin=0, semi_hard=True)


@pytest.mark.parametrize("number", [2, 3, 4])
def test_positives_inside_the_logarithm_are_the_loop(number: int) -> None:
    views = [view for seed in range(2) for view in near_views(seed=seed)][:number]
    expected = multi_positive_loop([view.tolist() for view in views], 0.3)
    assert float(MultiPositive(0.3)(*views)) == pytest.approx(expected, rel=1e-12)


def test_positives_inside_the_logarithm_of_two_views_are_nt_xent() -> None:
    torch.testing.assert_close(MultiPositive(0.2)(*near_views()), NTXent(0.2)(*near_views()), rtol=1e-12, atol=0)
