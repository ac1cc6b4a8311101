"""AutoAugment, Equalize and Solarize are torchvision's, each image under draws of its own."""

import pytest
import torch
from pictures import MANY, assert_close, draws_of, fraction_within_5_sigma, pictures
from torch import Tensor
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as tv

from core.augmentations import AutoAugment, Equalize, Solarize


def as_bytes(images: Tensor) -> Tensor:
    return (images * 255).round().to(torch.uint8)


@pytest.mark.parametrize("policy", ["imagenet", "cifar10"])
def test_autoaugment_is_torchvisions_on_the_same_draws(policy: str) -> None:
    images, draws = pictures(32), draws_of(32)
    ours = AutoAugment(policy)(images, draws)  # type: ignore[arg-type]
    theirs = []
    for image, seed in zip(as_bytes(images), draws.bits("policy").tolist(), strict=True):
        torch.manual_seed(seed)
        theirs.append(v2.AutoAugment(v2.AutoAugmentPolicy(policy))(image))
    assert torch.equal(as_bytes(ours), torch.stack(theirs))
    assert_close(ours, torch.stack(theirs) / 255)


def test_autoaugment_draws_its_policies_as_often_as_torchvision() -> None:
    """The share of images that a policy leaves as they are says how often the others were drawn, and acted."""
    number = MANY // 4
    ramp = (torch.arange(4.0) / 255 + 0.4).expand(1, 3, 4, 4)
    ours = as_bytes(AutoAugment("cifar10")(ramp.expand(number, 3, 4, 4), draws_of(number))) == as_bytes(ramp)
    torch.manual_seed(0)
    augment, one = v2.AutoAugment(v2.AutoAugmentPolicy.CIFAR10), as_bytes(ramp[0])
    theirs = torch.tensor([torch.equal(augment(one), one) for _ in range(number)]).double().mean().item()
    assert 0.1 < theirs < 0.9
    share = ours.flatten(1).all(1).double().mean().item()
    assert abs(share - theirs) < 5 * (2 * theirs * (1 - theirs) / number) ** 0.5


def test_autoaugment_leaves_torchs_own_generator_alone() -> None:
    torch.manual_seed(3)
    before = torch.random.get_rng_state()
    AutoAugment()(pictures(), draws_of(8))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_equalize_and_solarize_are_torchvisions() -> None:
    images = pictures()
    assert_close(Equalize(1.0)(images, draws_of(8)), torch.stack([tv.equalize(i) for i in as_bytes(images)]) / 255)
    for threshold in (0.0, 0.3, 1.0):
        theirs = torch.stack([tv.solarize(image, threshold) for image in images])
        assert_close(Solarize(1.0, threshold)(images, draws_of(8)), theirs)


@pytest.mark.parametrize("augment", [Equalize(0.3), Solarize(0.3)], ids=repr)
def test_each_has_its_probability_and_leaves_the_others_exactly(augment: Equalize | Solarize) -> None:
    images = pictures(1, 32, 32).expand(MANY // 4, 3, 32, 32)
    same = (augment(images, draws_of(MANY // 4)) == images).flatten(1).all(1)
    assert fraction_within_5_sigma(~same, 0.3)
