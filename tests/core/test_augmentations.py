"""What all augmentations promise, how they compose, and what their errors say."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from pictures import MANY, assert_close, draws_of, each_augmentation, pictures
from torch import Tensor

from core.augmentations import (
    FIG5_OPERATORS,
    Augmentation,
    AutoAugment,
    ColorDistortion,
    Compose,
    Crop,
    Cutout,
    Equalize,
    Flip,
    GaussianBlur,
    GaussianNoise,
    Identity,
    Pair,
    RandomApply,
    Rotate,
    Sobel,
    Solarize,
)
from core.draws import Draws


@each_augmentation
def test_an_image_becomes_the_same_alone_in_a_batch_and_in_any_order(augment: Augmentation) -> None:
    images, draws = pictures(12), draws_of(12)
    batch = augment(images, draws)
    assert torch.equal(augment(images, draws), batch)
    backwards = torch.arange(11, -1, -1)
    assert_close(augment(images[backwards], Draws(1, backwards)), batch[backwards])
    for i in range(12):
        assert_close(augment(images[i : i + 1], Draws(1, torch.tensor([i]))), batch[i : i + 1])


@each_augmentation
def test_shape_type_and_range_are_kept_and_the_images_left_alone(augment: Augmentation) -> None:
    images = pictures(64)
    before = images.clone()
    after = augment(images, draws_of(64))
    assert torch.equal(images, before)
    assert (after.shape, after.dtype) == (images.shape, images.dtype)
    assert after.min() >= -1e-6
    assert after.max() <= 1 + 1e-6


@each_augmentation
def test_memory_format_changes_nothing(augment: Augmentation) -> None:
    images = pictures()
    channels_last = images.contiguous(memory_format=torch.channels_last)
    assert_close(augment(channels_last, draws_of(8)), augment(images, draws_of(8)))


@each_augmentation
def test_an_empty_batch_stays_empty(augment: Augmentation) -> None:
    assert augment(pictures(8)[:0], draws_of(0)).shape == (0, 3, 16, 16)


def darker(images: Tensor, draws: Draws) -> Tensor:
    """An augmentation of one's own."""
    return images * draws.uniform("darker")[:, None, None, None]


def test_compose_applies_its_parts_in_order_each_with_draws_of_its_own() -> None:
    images, draws = pictures(), draws_of(8)
    composed = Compose((Crop(), darker, Crop()))
    step = Crop()(images, draws.named(("Crop", 0)))
    step = darker(step, draws.named(("darker", 0)))
    assert torch.equal(composed(images, draws), Crop()(step, draws.named(("Crop", 1))))
    scale = Compose((darker, darker))(torch.ones(MANY, 1, 1, 1), draws_of(MANY)).flatten()
    assert abs(scale.mean().item() - 1 / 4) < 5 * math.sqrt(7 / 144 / MANY)  # 1/3 if both drew the same


def test_a_pair_of_equals_is_the_one() -> None:
    images, draws = pictures(), draws_of(8)
    assert torch.equal(Pair(Crop(), Crop())(images, draws), Compose((Crop(),))(images, draws))
    assert torch.equal(Pair(Crop(), Flip())(images, draws), Compose((Crop(), Flip()))(images, draws))
    assert torch.equal(Pair(darker, darker)(images, draws), darker(images, draws.named(("darker", 0))))


def test_identity_returns_the_images() -> None:
    images = pictures()
    assert Identity()(images, draws_of(8)) is images


def test_figure_5_has_the_papers_operators_in_its_order() -> None:
    """Pinned: these settings are the protocol of shipped results, and are never tuned."""
    assert list(FIG5_OPERATORS) == ["Crop", "Cutout", "Color", "Sobel", "Noise", "Blur", "Rotate"]
    assert list(FIG5_OPERATORS.values()) == [
        Compose((Crop(area=(0.08, 1.0), ratio=(3 / 4, 4 / 3)), Flip(p=0.5))),
        Cutout(side=0.5, fill=149 / 255),
        ColorDistortion(strength=1.0, jitter_p=0.8, gray_p=0.2),
        Sobel(),
        GaussianNoise(std=0.12),
        GaussianBlur(p=1.0, sigma=(0.1, 2.0)),
        Rotate(angles=(90, 180, 270)),
    ]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Crop(area=(0.0, 1.0)), "Crop.area takes 0 < low <= high <= 1, not (0.0, 1.0)"),
        (lambda: Crop(area=(0.5, 0.2)), "Crop.area takes 0 < low <= high <= 1, not (0.5, 0.2)"),
        (lambda: Crop(ratio=(2, 1)), "Crop.ratio takes 0 < low <= high, not (2.0, 1.0)"),
        (lambda: Flip(p=1.5), "Flip.p takes a probability, 0 to 1, not 1.5"),
        (lambda: ColorDistortion(strength=3), "ColorDistortion.strength takes 0 to 2.5, not 3.0"),
        (lambda: ColorDistortion(gray_p=-1), "ColorDistortion.gray_p takes a probability, 0 to 1, not -1.0"),
        (lambda: ColorDistortion(jitter_p=2), "ColorDistortion.jitter_p takes a probability, 0 to 1, not 2.0"),
        (lambda: GaussianBlur(sigma=(0, 1)), "GaussianBlur.sigma takes 0 < low <= high, not (0.0, 1.0)"),
        (lambda: GaussianBlur(p=2), "GaussianBlur.p takes a probability, 0 to 1, not 2.0"),
        (lambda: GaussianNoise(std=-0.1), "GaussianNoise.std takes 0 or more, not -0.1"),
        (lambda: Cutout(side=1.5), "Cutout.side takes 0 < side <= 1, not 1.5"),
        (lambda: Cutout(fill=149), "Cutout.fill takes a gray, 0 to 1, not 149.0"),
        (lambda: Rotate(angles=(45,)), "Rotate.angles takes multiples of 90, at least one, not (45,)"),
        (lambda: AutoAugment("svhn"), "AutoAugment.policy takes one of 'imagenet', 'cifar10', not 'svhn'"),  # type: ignore[arg-type]
        (lambda: Equalize(p=2), "Equalize.p takes a probability, 0 to 1, not 2.0"),
        (lambda: Solarize(p=-1), "Solarize.p takes a probability, 0 to 1, not -1.0"),
        (lambda: Solarize(0.5, threshold=128), "Solarize.threshold takes a value, 0 to 1, not 128.0"),
        (lambda: Compose(()), "Compose.parts takes at least one augmentation; Identity() does nothing"),
    ],
)
def test_a_setting_out_of_range_is_refused_in_words(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError) as raised:
        make()
    assert str(raised.value) == message


def test_augmentations_are_values() -> None:
    assert Compose((Crop(), Flip())) == Compose([Crop(), Flip()])  # type: ignore[arg-type]
    assert dataclasses.replace(ColorDistortion(), strength=1) == ColorDistortion()
    assert hash(Pair(Crop(), darker)) == hash(Pair(Crop(), darker))


def test_leaving_a_part_out_changes_no_draw_of_the_others() -> None:
    images, draws = pictures(), draws_of(8)
    pair, single = Compose((Flip(p=0.0), ColorDistortion())), Compose((ColorDistortion(),))
    assert torch.equal(pair(images, draws), single(images, draws))


def test_random_apply_changes_a_share_of_the_images_and_the_others_not_at_all() -> None:
    images, draws = pictures(MANY), draws_of(MANY)
    applied = RandomApply(Sobel(), 0.3)(images, draws)
    changed = (applied != images).flatten(1).any(1)
    assert abs(float(changed.float().mean()) - 0.3) < 4 * math.sqrt(0.3 * 0.7 / MANY)
    assert torch.equal(applied[changed], Sobel()(images, draws)[changed])
