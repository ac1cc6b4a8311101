"""The transformation probe: what is done to images, that it is told where it shows, and that nothing else is read."""

import math
from dataclasses import replace
from typing import Any, get_args

import pytest
import torch
from pictures import MANY, assert_close, draws_of, fraction_within_5_sigma, pictures
from tiny_runs import TINY, assert_same_state, color_data, color_model, random_images, without
from torchvision.transforms.v2 import functional as tv

from core.augmentations import GaussianNoise
from core.data import DataSet
from core.filters import sobel
from core.model import build_model
from core.probe import Features, TransformationProbe
from core.transformations import Task, transform, transformation

TASKS = get_args(Task)
SHARES = {"color or gray": (0.8, 0.2), "rotation": (0.25,) * 4, "noise": (0.5, 0.5), "sobel": (0.5, 0.5)}
MANY_IMAGES = DataSet("colors", ("a", "b", "c"), "0" * 16, *(random_images(400, seed=seed) for seed in range(3)))
each_task = pytest.mark.parametrize("task", TASKS)


@each_task
def test_what_is_done_has_its_shares(task: Any) -> None:
    done = transformation(task, draws_of(MANY))
    assert all(fraction_within_5_sigma(done == kind, share) for kind, share in enumerate(SHARES[task]))
    assert int(done.max()) == len(SHARES[task]) - 1


@each_task
def test_each_image_is_transformed_as_said(task: Any) -> None:
    images, draws = pictures(12), draws_of(12)
    done = transformation(task, draws)
    changed = {
        "color or gray": tv.rgb_to_grayscale(images, num_output_channels=3),
        "noise": GaussianNoise()(images, draws),
        "sobel": sobel(images),
    }
    for image, ours, kind, place in zip(images, transform(task, images, done, draws), done, range(12), strict=True):
        if task == "rotation":
            assert_close(ours, tv.rotate(image, 90.0 * int(kind)))
        else:
            assert_close(ours, changed[task][place] if kind else image)


def test_what_shows_in_the_features_is_told_and_what_does_not_is_not() -> None:
    """The encoder is the mean color, which Sobel changes much and a rotation not at all."""
    features = Features(color_model(), MANY_IMAGES)
    assert TransformationProbe("color or gray")(features).metrics["color_or_gray_top1"] > 95
    assert TransformationProbe("sobel")(features).metrics["sobel_top1"] > 95
    by_chance = TransformationProbe("rotation")(features).metrics["rotation_top1"] / 100
    assert abs(by_chance - 0.25) < 5 * math.sqrt(0.25 * 0.75 / 400)


def test_what_is_done_to_an_image_is_its_own() -> None:
    """Images in another order, and so in other chunks, give the same accuracy on the same images."""
    backwards = torch.arange(399, -1, -1)
    other = replace(MANY_IMAGES, test=MANY_IMAGES.test[backwards])
    for task in ("noise", "color or gray"):
        ours, theirs = (TransformationProbe(task)(Features(color_model(), data)) for data in (MANY_IMAGES, other))
        assert ours.metrics == theirs.metrics
        (name,) = ours.predictions
        assert ours.predictions[name] == theirs.predictions[name][::-1]


@each_task
@pytest.mark.parametrize("layer", ["h", "z"])
def test_names_bits_and_a_model_left_alone(task: Any, layer: Any) -> None:
    data = color_data(train=40, valid=20, test=20)
    model = build_model(TINY, data).train()
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    probe = TransformationProbe(task, layer)
    measured = probe(Features(model, data))
    stem = task.replace(" ", "_")
    end = "_z" if layer == "z" else ""
    assert list(measured.metrics) == [f"{stem}_valid_top1{end}", f"{stem}_top1{end}"] == list(probe.metrics)
    assert len(measured.predictions[f"{stem}_top1{end}"]) == 20
    assert probe(Features(model, data)) == measured
    assert_same_state(model.state_dict(), before)
    assert model.training


def test_test_images_decide_nothing_and_labels_are_never_read() -> None:
    blind = replace(MANY_IMAGES, train=replace(MANY_IMAGES.train, labels=MANY_IMAGES.train.labels * 0))
    whole = TransformationProbe("sobel")(Features(color_model(), MANY_IMAGES))
    assert TransformationProbe("sobel")(Features(color_model(), blind)) == whole
    tuned = TransformationProbe("sobel", test=False)(Features(color_model(), without(MANY_IMAGES, "test")))
    assert tuned.metrics == {"sobel_valid_top1": whole.metrics["sobel_valid_top1"]}


def test_errors_name_the_setting_and_the_value() -> None:
    with pytest.raises(ValueError, match=r"^TransformationProbe\.task takes one of 'color or gray', .*, not 'blur'$"):
        TransformationProbe("blur")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^TransformationProbe\.l2 takes numbers above 0, not \(0\.0,\)$"):
        TransformationProbe("noise", l2=(0,))
