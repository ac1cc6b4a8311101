"""Motion blur is the mean along a line, by the plain loop over pixels and places."""

import math

import torch
from hypothesis import given
from hypothesis import strategies as st
from pictures import MANY, assert_close, draws_of, fraction_within_5_sigma, open_parameters, pictures

from core.augmentations import MotionBlur
from core.motion_blur import motion_blur


def by_loop(image: torch.Tensor, length: float, angle: float) -> torch.Tensor:
    """(C, H, W) in float64, one pixel and one place at a time."""
    rows, columns = image.shape[1:]
    blurred, taps = torch.zeros_like(image), math.ceil(length) + 1
    for row in range(rows):
        for column in range(columns):
            for tap in range(taps):
                place = -length / 2 + length * tap / (taps - 1)
                y = min(max(row + place * math.sin(angle), 0), rows - 1)
                x = min(max(column + place * math.cos(angle), 0), columns - 1)
                for corner_y, share_y in ((math.floor(y), 1 - y % 1), (min(math.floor(y) + 1, rows - 1), y % 1)):
                    for corner_x, share_x in (
                        (math.floor(x), 1 - x % 1),
                        (min(math.floor(x) + 1, columns - 1), x % 1),
                    ):
                        blurred[:, row, column] += image[:, corner_y, corner_x] * share_y * share_x / taps
    return blurred


@open_parameters
@given(st.floats(0.5, 6), st.lists(st.floats(0, math.pi), min_size=2, max_size=2))
def test_it_is_the_mean_along_the_line(length: float, angles: list[float]) -> None:
    images = pictures(2, 6, 9)
    loops = [by_loop(image.double(), length, angle) for image, angle in zip(images, angles, strict=True)]
    assert_close(motion_blur(images, length, torch.tensor(angles)), torch.stack(loops).float())


def test_a_point_becomes_a_level_line_and_a_constant_image_stays() -> None:
    point = torch.zeros(1, 1, 9, 9)
    point[0, 0, 4, 4] = 1
    line = torch.zeros(1, 1, 9, 9)
    line[0, 0, 4, 2:7] = 1 / 5
    assert_close(motion_blur(point, 4.0, torch.zeros(1)), line)
    constant = torch.full((3, 3, 8, 8), 0.3)
    assert_close(motion_blur(constant, 3.0, torch.tensor([0.0, 1.0, 2.0])), constant)


def test_it_has_its_probability_and_leaves_the_others_exactly() -> None:
    images = torch.eye(8).expand(MANY, 3, 8, 8)
    same = (MotionBlur(0.3, length=0.5)(images, draws_of(MANY)) == images).flatten(1).all(1)
    assert fraction_within_5_sigma(~same, 0.3)
