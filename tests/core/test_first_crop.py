"""core.first_crop: a loader's Crop and what is left on the device are together the whole augmentation, bit for bit."""

from dataclasses import replace

import pytest
import torch
from pictures import draws_of, pictures
from tiny_runs import TINY
from torch import Tensor

from core.augmentations import (
    FIG5_OPERATORS,
    Augmentation,
    ColorDistortion,
    Compose,
    Crop,
    Flip,
    GaussianNoise,
    Identity,
    Pair,
    RandomApply,
)
from core.draws import Draws
from core.first_crop import Cropped, after_first_crop, boxes, starts, without_first_crop
from core.geometry import resized_crop

IMAGES, DRAWS = pictures(), draws_of(8)
CROP, COLOR = FIG5_OPERATORS["Crop"], FIG5_OPERATORS["Color"]
BEGIN: dict[str, Augmentation] = {
    "alone": Crop(),
    "another area": Crop(area=(0.5, 0.9)),
    "SimCLR's": Compose((Crop(), Flip(), ColorDistortion())),
    "two crops": Compose((Crop(), Crop(area=(0.5, 1.0)), Flip())),
    "a pair": Pair(CROP, COLOR),
    "a pair of equals": Pair(CROP, CROP),
    "a pair of crops": Pair(Crop(), Crop(area=(0.5, 1.0))),
    "nested": Compose((Compose((Pair(Crop(), Flip()), Crop())), Pair(Crop(), Crop()), GaussianNoise())),
}


def brighter(images: Tensor, draws: Draws) -> Tensor:
    return images + draws.uniform("brighter")[:, None, None, None]


OTHERWISE: list[Augmentation] = [
    Identity(),
    brighter,
    Compose((Flip(), Crop())),
    RandomApply(Crop()),
    Pair(COLOR, CROP),
]


@pytest.mark.parametrize("augment", BEGIN.values(), ids=BEGIN.keys())
def test_crop_and_what_is_left_are_the_whole(augment: Augmentation) -> None:
    size = torch.full((8,), 16)
    found = boxes([(augment, DRAWS)], size, size)
    assert found.shape == (8, 1, 4) and bool((found[:, :, 2:] > 0).all())
    left = after_first_crop(augment)
    assert left != augment
    assert torch.equal(left(resized_crop(IMAGES, *found[:, 0].unbind(1)), DRAWS), augment(IMAGES, DRAWS))


@pytest.mark.parametrize("augment", OTHERWISE)
def test_what_does_not_begin_with_crop_is_left_whole(augment: Augmentation) -> None:
    assert after_first_crop(augment) == augment
    assert bool((boxes([(augment, DRAWS)], torch.full((8,), 30), torch.full((8,), 20)) == 0).all())


def test_boxes_of_images_that_differ_in_size_are_those_that_each_would_have_alone() -> None:
    rows, columns = torch.tensor([500, 375, 30, 16, 1000, 7, 1, 64]), torch.tensor([375, 500, 400, 16, 90, 9, 50, 64])
    for crop in (Crop(), Crop(area=(1.0, 1.0)), Crop(ratio=(2.0, 3.0))):  # the later ones often take the central box
        together = boxes([(crop, DRAWS)], rows, columns)[:, 0]
        for place, (height, width) in enumerate(zip(rows.tolist(), columns.tolist(), strict=True)):
            alone = torch.stack(crop.boxes(DRAWS, height, width), dim=1)[place]
            assert together[place].tolist() == alone.tolist()


def test_each_view_or_what_is_before_them_starts_by_its_own_draws() -> None:
    two = replace(TINY, augment_other=Identity())
    found = boxes(starts(two, 0)(torch.arange(8)), torch.full((8,), 30), torch.full((8,), 20))
    assert found.shape == (8, 2, 4)
    assert bool((found[:, 0, 2] > 0).all()) and bool((found[:, 1] == 0).all())
    same = boxes(starts(TINY, 0)(torch.arange(8)), torch.full((8,), 30), torch.full((8,), 20))
    assert torch.equal(same[:, 0], found[:, 0]) and not torch.equal(same[:, 0], same[:, 1])
    shared = replace(two, prepare=Crop())
    assert len(starts(shared, 0)(torch.arange(8))) == 1
    left = without_first_crop(shared)
    assert (left.prepare, left.augment, left.augment_other) == (Cropped(), TINY.augment, Identity())
