"""Blur is torchvision's; Sobel, noise and cutout are what their docstrings state."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from pictures import MANY, assert_close, draws_of, fraction_within_5_sigma, open_parameters, per_image, pictures
from torchvision.transforms.v2 import functional as tv

from core.augmentations import Cutout, GaussianBlur, GaussianNoise
from core.filters import gaussian_blur, sobel


@open_parameters
@given(st.integers(8, 20), st.integers(8, 20), st.sampled_from([3, 5, 11]), st.floats(0.1, 2.0))
def test_blur_is_torchvisions(rows: int, columns: int, kernel: int, sigma: float) -> None:
    images = pictures(3, rows, columns)
    sigmas = torch.tensor([sigma, 0.1, 2.0])
    assert_close(
        gaussian_blur(images, sigmas, kernel),
        per_image(lambda image, one: tv.gaussian_blur(image, [kernel, kernel], [one, one]), images, sigmas),
    )


@pytest.mark.parametrize(("side", "kernel"), [(8, 3), (32, 3), (40, 5), (64, 7), (224, 23)])
def test_the_kernel_is_a_tenth_of_the_side_made_odd(side: int, kernel: int) -> None:
    point = torch.zeros(1, 1, side, side)
    point[:, :, side // 2, side // 2] = 1
    blurred = GaussianBlur(p=1.0, sigma=(5.0, 5.0))(point, draws_of(1))
    assert (blurred > 0).sum() == kernel * kernel


@pytest.mark.parametrize("p", [0.0, 0.5, 1.0])
def test_blur_has_its_probability_and_leaves_the_others_exactly(p: float) -> None:
    images = torch.eye(4).expand(MANY, 3, 4, 4)
    same = (GaussianBlur(p, sigma=(0.5, 2.0))(images, draws_of(MANY)) == images).flatten(1).all(1)
    assert fraction_within_5_sigma(~same, p)


def test_sobel_is_the_rescaled_convolution() -> None:
    images = pictures(8, 6, 9)[[0, 1, 2, 4, 5, 6]]
    gx = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    padded = F.pad(images.flatten(0, 1)[:, None], (1, 1, 1, 1), mode="replicate")
    edges = F.conv2d(padded, (gx + gx.T)[None, None]).view_as(images)
    low, high = edges.amin((1, 2, 3), keepdim=True), edges.amax((1, 2, 3), keepdim=True)
    assert_close(sobel(images), (edges - low) / (high - low))


def test_sobel_of_a_constant_image_is_zero() -> None:
    assert not sobel(torch.full((2, 3, 8, 8), 0.3)).any()
    assert not sobel(torch.rand(2, 3, 1, 1).expand(2, 3, 8, 8)).any()


def test_noise_has_its_standard_deviation_and_differs_everywhere() -> None:
    noise = GaussianNoise(0.05)(torch.full((64, 3, 16, 16), 0.5), draws_of(64)) - 0.5
    assert abs(noise.std().item() - 0.05) < 5 * 0.05 / math.sqrt(2 * noise.numel())
    assert abs(noise.mean().item()) < 5 * 0.05 / math.sqrt(noise.numel())
    correlation = torch.corrcoef(noise.flatten(2).transpose(0, 1).flatten(1)) - torch.eye(3)
    assert correlation.abs().max() < 5 / math.sqrt(64 * 256)
    assert noise.flatten().unique().numel() > 0.95 * noise.numel()


@pytest.mark.parametrize(("rows", "columns", "size"), [(16, 16, 8), (9, 12, 4)])
def test_cutout_is_one_gray_square_at_a_uniform_place(rows: int, columns: int, size: int) -> None:
    cut = Cutout()(torch.zeros(MANY, 3, rows, columns), draws_of(MANY))
    assert torch.equal(cut.unique(), torch.tensor([0.0, 149 / 255]))
    inside = (cut > 0).all(1)
    assert torch.equal(inside, (cut > 0).any(1))
    for extent, places in ((inside.any(2), rows - size + 1), (inside.any(1), columns - size + 1)):
        assert (extent.sum(1) == size).all()
        start = extent.int().argmax(1)
        assert (extent.int().diff(dim=1) == 1).sum(1).max() <= 1  # one stretch
        assert all(fraction_within_5_sigma(start == place, 1 / places) for place in range(places))
    assert (inside.sum((1, 2)) == size * size).all()


def test_cutout_leaves_the_rest_alone() -> None:
    images = pictures()
    cut = Cutout()(images, draws_of(8))
    assert ((cut == images) | (cut == 149 / 255)).all()
