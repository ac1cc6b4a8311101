"""What no number may rest on: a probe that changes the encoder, a test image that was seen, labels that say nothing."""

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from tiny_runs import TINY, assert_same_bits, color_data, random_images
from torch import Tensor

from core.data import DataSet, Images
from core.losses import CrossEntropy
from core.model import Model, build_model
from core.pretrain import pretrain
from core.probe import Features, FineTune, LinearProbe, Measured, NearestNeighbors, Transfer, TransformationProbe

DATA = color_data(train=40, valid=30, test=30)
PROBES = [
    LinearProbe(),
    LinearProbe(layer="z"),
    NearestNeighbors(neighbors=5),
    FineTune(labels=0.5, epochs=2, learning_rate=(0.05, 0.5)),
    FineTune(labels=0.5, epochs=1, from_scratch=True),
    TransformationProbe("rotation"),
    TransformationProbe("noise", layer="z"),
    Transfer("other", LinearProbe()),
    Transfer("other", FineTune(labels=1.0, epochs=1)),
]
each_probe = pytest.mark.parametrize("probe", PROBES, ids=repr)


def features_of(model: Model, data: DataSet = DATA) -> Features:
    return Features(model, data, experiment=TINY, load=lambda name: data)


def fingerprint(model: Model) -> list[Any]:
    """All that a probe could leave behind in a model."""
    tensors = [*model.named_parameters(), *model.named_buffers()]
    bits = [(name, tensor.clone().tolist(), tensor.requires_grad, tensor.grad) for name, tensor in tensors]
    hooks = [len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules()]
    return [bits, [(name, module.training) for name, module in model.named_modules()], hooks]


@each_probe
def test_no_probe_changes_the_model(probe: Any) -> None:
    model = build_model(TINY, DATA)
    model.encoder.train()
    model.head.eval()
    next(model.encoder.parameters()).requires_grad_(False)
    before = fingerprint(model)
    probe(features_of(model))
    assert fingerprint(model) == before


def unlike(images: Images) -> Images:
    """Other images with other labels, as many."""
    return Images(255 - images.pixels.flip(0), (images.labels + 1) % 3, images.index)


OTHER_TEST = replace(DATA, test=unlike(DATA.test))


@pytest.mark.parametrize(
    "experiment", [TINY, replace(TINY, loss=CrossEntropy(), views=1)], ids=["contrastive", "labels"]
)
def test_no_test_image_is_seen_in_training(experiment: Any) -> None:
    assert_same_bits(pretrain(experiment, OTHER_TEST), pretrain(experiment, DATA))


@each_probe
def test_no_test_image_chooses_anything(probe: Any) -> None:
    """Validation numbers are the same bits; of the same test pixels the predictions are, whatever their labels."""
    model = build_model(TINY, DATA)
    ours, theirs = probe(features_of(model)), probe(features_of(model, OTHER_TEST))
    valid = [name for name in ours.metrics if "_valid_" in name]
    assert valid and {name: ours.metrics[name] for name in valid} == {name: theirs.metrics[name] for name in valid}
    relabeled = replace(DATA, test=replace(DATA.test, labels=unlike(DATA.test).labels))
    assert probe(features_of(model, relabeled)).predictions == ours.predictions


class Watched:
    """Images that write down when they are looked at."""

    def __init__(self, images: Images, split: str, looks: list[str]) -> None:
        self._images, self._split, self._looks = images, split, looks

    def __getattr__(self, name: str) -> Any:
        self._looks.append(self._split)
        return getattr(self._images, name)

    def __getitem__(self, chosen: Tensor) -> Images:
        self._looks.append(self._split)
        return self._images[chosen]

    def __len__(self) -> int:
        return len(self._images)


@each_probe
def test_test_images_are_looked_at_when_all_is_chosen(probe: Any) -> None:
    looks: list[str] = []
    watched: Any = {split: Watched(getattr(DATA, split), split, looks) for split in ("valid", "test")}
    probe(features_of(build_model(TINY, DATA), replace(DATA, **watched)))
    assert "valid" not in looks[looks.index("test") :] and looks[0] == "valid"


SHUFFLED = DataSet(
    "shuffled", ("a", "b", "c", "d"), "0" * 16, *(random_images(number, 4, seed=number) for number in (400, 399, 401))
)


@pytest.mark.parametrize(
    "probe", [LinearProbe(), NearestNeighbors(neighbors=5), FineTune(labels=1.0, epochs=2)], ids=repr
)
@pytest.mark.parametrize("supervised", [False, True], ids=["contrastive", "labels"])
def test_shuffled_labels_give_chance(probe: Any, supervised: bool) -> None:
    """Training on them included; the 400 test images are right by chance, within five standard deviations."""
    generator = torch.Generator().manual_seed(0)
    splits = {split: getattr(SHUFFLED, split) for split in ("train", "valid", "test")}
    drawn = {
        split: replace(images, labels=torch.randint(4, (len(images),), generator=generator))
        for split, images in splits.items()
    }
    data = replace(SHUFFLED, **drawn)
    loss: dict[str, Any] = {"loss": CrossEntropy(), "views": 1} if supervised else {}
    model = pretrain(replace(TINY, epochs=1, batch_size=64, **loss), data).model
    measured: Measured = probe(features_of(model, data))
    (name,) = measured.predictions
    assert abs(measured.metrics[name] / 100 - 0.25) < 5 * math.sqrt(0.25 * 0.75 / 401)
