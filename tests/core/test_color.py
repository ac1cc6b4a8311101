"""Color distortion is torchvision's own operations, in each image's own order."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pictures import MANY, assert_close, draws_of, fraction_within_5_sigma, open_parameters, per_image, pictures
from torch import Tensor
from torchvision.transforms.v2 import functional as tv

from core.augmentations import ColorDistortion
from core.color import jitter_masked, jitter_sorted

JITTERS = pytest.mark.parametrize("jitter", [jitter_sorted, jitter_masked], ids=["sorted", "masked"])
Jitter = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


def torchvisions_jitter(image: Tensor, order: list[int], factors: list[float]) -> Tensor:
    operations = (tv.adjust_brightness, tv.adjust_contrast, tv.adjust_saturation, tv.adjust_hue)
    for operation in order:
        image = operations[operation](image, factors[operation])
    return image


@JITTERS
@open_parameters
@given(
    order=st.permutations(range(4)),
    factors=st.tuples(*[st.floats(0, 3, width=32)] * 3, st.floats(-0.5, 0.5, width=32)),
    seed=st.integers(0, 99),
)
def test_jitter_is_torchvisions(jitter: Jitter, order: list[int], factors: tuple[float, ...], seed: int) -> None:
    images = pictures(4, 5, 6, seed)
    chosen = torch.ones(4, dtype=torch.bool)
    ours = jitter(images, torch.tensor([order] * 4), torch.tensor([factors] * 4), chosen)
    assert_close(ours, torchvisions_jitter(images, order, list(factors)))


@JITTERS
def test_jitter_keeps_to_each_images_own_order_and_choice(jitter: Jitter) -> None:
    images, draws = pictures(64), draws_of(64)
    order = draws.permutation("order", 4)
    factors = torch.cat((draws.uniform("a", 3, high=2.0), draws.uniform("b", 1, low=-0.5, high=0.5)), dim=1)
    chosen = draws.chance("c", 0.7)
    ours = jitter(images, order, factors, chosen)
    theirs = per_image(torchvisions_jitter, images, order, factors)
    assert_close(ours, torch.where(chosen[:, None, None, None], theirs, images))
    assert torch.equal(ours[~chosen], images[~chosen])


def test_grayscale_is_torchvisions() -> None:
    images = pictures()
    ours = ColorDistortion(jitter_p=0.0, gray_p=1.0)(images, draws_of(8))
    assert_close(ours, tv.rgb_to_grayscale(images, num_output_channels=3))


@pytest.mark.parametrize(("jitter_p", "gray_p"), [(0.8, 0.0), (0.0, 0.2), (0.0, 0.0)])
def test_color_distortion_has_its_probabilities(jitter_p: float, gray_p: float) -> None:
    images = torch.tensor([0.3, 0.5, 0.6])[:, None, None].expand(MANY, 3, 1, 1)
    distorted = ColorDistortion(1.0, jitter_p, gray_p)(images, draws_of(MANY))
    assert fraction_within_5_sigma((distorted != images).flatten(1).any(1), jitter_p + gray_p)


class SpiedError(Exception):
    """Carries what `jitter` was given."""


@pytest.mark.parametrize("strength", [0.125, 0.5, 1.0, 2.0])
def test_the_factors_have_torchvisions_ranges(strength: float, monkeypatch: pytest.MonkeyPatch) -> None:
    def spy(*given: Any) -> Tensor:
        raise SpiedError(*given)

    monkeypatch.setattr("core.color.jitter", spy)
    with pytest.raises(SpiedError) as spied:
        ColorDistortion(strength)(pictures(1).expand(MANY, 3, 16, 16), draws_of(MANY))
    _, order, factors, chosen = spied.value.args
    low = torch.tensor([max(0.0, 1 - 0.8 * strength)] * 3 + [-0.2 * strength])
    high = torch.tensor([1 + 0.8 * strength] * 3 + [0.2 * strength])
    assert ((factors >= low - 1e-6) & (factors <= high + 1e-6)).all()
    error = (high - low) / math.sqrt(12 * MANY)
    assert ((factors.mean(0) - (low + high) / 2).abs() < 5 * error).all()
    assert fraction_within_5_sigma(chosen, 0.8)
    for operation in range(4):
        assert all(fraction_within_5_sigma(order[:, step] == operation, 1 / 4) for step in range(4))


def test_color_distortion_takes_rgb() -> None:
    with pytest.raises(ValueError, match=r"takes images of 3 channels \(RGB\), not 1"):
        ColorDistortion()(pictures()[:, :1], draws_of(8))
