"""Crop, Flip and Rotate are torchvision's own operations at the same parameters."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pictures import MANY, assert_close, draws_of, fraction_within_5_sigma, open_parameters, per_image, pictures
from torchvision.transforms import RandomResizedCrop
from torchvision.transforms.v2 import functional as tv

from core.augmentations import Crop, Flip, Rotate
from core.geometry import flip, resized_crop, rotate


@st.composite
def boxes(draw: st.DrawFn) -> tuple[int, int, int, int, int, int]:
    rows, columns = draw(st.integers(2, 24)), draw(st.integers(2, 24))
    height, width = draw(st.integers(1, rows)), draw(st.integers(1, columns))
    return rows, columns, draw(st.integers(0, rows - height)), draw(st.integers(0, columns - width)), height, width


@open_parameters
@given(boxes())
def test_resized_crop_is_torchvisions(box: tuple[int, int, int, int, int, int]) -> None:
    rows, columns, *place = box
    images = pictures(2, rows, columns)
    ours = resized_crop(images, *torch.tensor(place)[:, None].expand(4, 2))
    assert_close(ours, tv.resized_crop(images, *place, size=[rows, columns], antialias=True))


@pytest.mark.parametrize(("rows", "columns"), [(32, 32), (20, 40)])
def test_boxes_are_sampled_as_torchvision_does(rows: int, columns: int) -> None:
    ours = torch.stack(Crop().boxes(draws_of(MANY), rows, columns), dim=1).double()
    torch.manual_seed(0)
    image = torch.empty(3, rows, columns)
    theirs = torch.tensor([RandomResizedCrop.get_params(image, [0.08, 1.0], [3 / 4, 4 / 3]) for _ in range(MANY)])
    for statistic in (lambda boxes: boxes, lambda boxes: boxes**2, lambda boxes: boxes[:, :2] + boxes[:, 2:]):
        one, other = statistic(ours), statistic(theirs.double())
        error = ((one.var(0) + other.var(0)) / MANY).sqrt()
        assert ((one.mean(0) - other.mean(0)).abs() < 5 * error).all()


def test_the_first_candidate_that_fits_is_taken() -> None:
    """The loop of torchvision's RandomResizedCrop over the same candidates."""
    crop, draws = Crop(area=(0.5, 1.0), ratio=(0.5, 2.0)), draws_of(200)
    _, _, height, width = crop.boxes(draws, 20, 30)
    areas = draws.uniform("area", 10, low=0.5, high=1.0) * 600
    ratios = draws.uniform("ratio", 10, low=math.log(0.5), high=math.log(2.0)).exp()
    for i in range(200):
        sizes = [(round(math.sqrt(a / r)), round(math.sqrt(a * r))) for a, r in zip(areas[i], ratios[i], strict=True)]
        fitting = [size for size in sizes if 0 < size[0] <= 20 and 0 < size[1] <= 30]
        assert (height[i], width[i]) == (fitting[0] if fitting else (20, 30))


@pytest.mark.parametrize(("rows", "columns"), [(10, 40), (40, 10), (7, 31), (16, 16)])
def test_the_central_box_where_nothing_fits(rows: int, columns: int) -> None:
    """A whole area at a ratio that the image lacks never fits; nor does half an image, which is square, at ratio 9."""
    ratio = (3 / 4, 4 / 3) if rows != columns else (9.0, 9.0)
    image = torch.empty(3, rows, columns)
    box = torch.stack(Crop(area=(1.0, 1.0), ratio=ratio).boxes(draws_of(3), rows, columns), dim=1)
    theirs = RandomResizedCrop.get_params(image, [1.0, 1.0], list(ratio))
    assert box.tolist() == [list(theirs)] * 3


def test_the_whole_image_is_the_image() -> None:
    images = pictures()
    assert_close(Crop(area=(1.0, 1.0), ratio=(1.0, 1.0))(images, draws_of(8)), images)


def test_flip_is_torchvisions() -> None:
    images, chosen = pictures(8, 5, 6), torch.arange(8) % 2 == 0
    flipped = flip(images, chosen)
    assert torch.equal(flipped[::2], tv.horizontal_flip(images[::2]))
    assert torch.equal(flipped[1::2], images[1::2])


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_flip_has_its_probability(p: float) -> None:
    images = torch.tensor([0.0, 1.0]).expand(MANY, 3, 2, 2)
    assert fraction_within_5_sigma(Flip(p)(images, draws_of(MANY))[:, 0, 0, 0] == 1, p)


def test_rotate_is_torchvisions() -> None:
    images = pictures(8, 7, 7)
    turns = torch.arange(8) % 4
    assert torch.equal(rotate(images, turns), per_image(tv.rotate, images, 90.0 * turns))


def test_rotate_draws_each_angle_as_often() -> None:
    corner = torch.zeros(MANY, 1, 2, 2)
    corner[:, :, 0, 0] = 1
    rotated = Rotate()(corner, draws_of(MANY)).flatten(1)
    assert not rotated[:, 0].any()
    assert all(fraction_within_5_sigma(rotated[:, place], 1 / 3) for place in (1, 2, 3))


def test_rotate_takes_square_images() -> None:
    with pytest.raises(ValueError, match="Rotate takes square images, not 4 x 6"):
        Rotate()(pictures(2, 4, 6), draws_of(2))
