"""Each of the paper's 43 findings is a claim of the studies that can test it, or is listed with its reason."""

import re
from collections.abc import Iterable

import pytest

from ablations import load_study, study_names
from ablations._scale import SCALES
from ablations.studies._elsewhere import ELSEWHERE

WHERE = {
    "augmentation_grid": {1, 2, 3, 4, 5, 7},
    "batch_epochs": {27, 30, 32},
    "broader_augmentation": {33},
    "cifar10": {38, 39, 40},
    "color_strength": {9, 10, 11, 12},
    "encoder_size": {14, 15},
    "head_information": {19, 20},
    "label_fraction": {34},
    "learning_rate_scaling": {28, 29, 41},
    "longer_supervised": {31},
    "loss": {21, 22, 23},
    "projection_head": {16, 17, 18, 19},
    "small_choices": {6, 11, 13, 41},
    "temperature": {24, 25, 26},
    "transfer": {37},
}
UNTESTED = {8, 35, 36, 42, 43}


def numbers(names: Iterable[str]) -> set[int]:
    return {int(found[1]) for name in names if (found := re.match(r"F(\d+)\b", name))}


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("name", study_names())
def test_a_study_declares_its_findings_at_each_scale(name: str, scale: str) -> None:
    assert numbers(claim.name for claim in load_study(name).claims_at(scale)) == WHERE.get(name, set())


def test_none_of_the_43_is_missing_and_what_is_tested_is_not_listed_as_untested() -> None:
    tested = set().union(*WHERE.values())
    assert numbers(one.finding for one in ELSEWHERE) == UNTESTED
    assert tested | UNTESTED == set(range(1, 44))
    assert not tested & UNTESTED
    assert all(one.text and one.why for one in ELSEWHERE)
