"""Probes: what they measure is right, and they change nothing and read nothing they should not."""

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from tiny_runs import TINY, assert_same_state, color_data, color_model, random_images, without
from torch import Tensor, nn

from core.data import DataSet, Images
from core.model import Model
from core.pretrain import pretrain
from core.probe import Features, LinearProbe, NearestNeighbors, embed

DATA = color_data(train=60, valid=30, test=30)
EASY = Features(color_model(), DATA)
each_probe = pytest.mark.parametrize(
    "probe", [LinearProbe(), LinearProbe(layer="z"), NearestNeighbors(neighbors=5)], ids=repr
)


@pytest.fixture(scope="module")
def trained() -> Model:
    return pretrain(replace(TINY, epochs=1), DATA).model


def modes(model: Model) -> list[bool]:
    return [module.training for module in model.modules()]


@each_probe
@pytest.mark.parametrize("training", [True, False])
def test_a_probe_leaves_the_model_as_it_was(probe: Any, training: bool, trained: Model) -> None:
    before = {name: weight.clone() for name, weight in trained.train(training).state_dict().items()}
    probe(Features(trained, DATA))
    assert_same_state(trained.state_dict(), before)
    assert set(modes(trained)) == {training}


@each_probe
def test_a_probe_gives_the_same_bits_twice(probe: Any, trained: Model) -> None:
    assert probe(Features(trained, DATA)) == probe(Features(trained, DATA))


@pytest.mark.parametrize("probe", [LinearProbe(test=False), NearestNeighbors(test=False)], ids=repr)
def test_a_tuning_probe_reads_no_test_image(probe: Any) -> None:
    measured = probe(Features(color_model(), without(DATA, "test")))
    assert measured.predictions == {}
    whole = replace(probe, test=True)(EASY)
    assert measured.metrics == {name: number for name, number in whole.metrics.items() if "valid" in name}


@pytest.mark.parametrize(
    ("probe", "names"),
    [
        (LinearProbe(), ["linear_valid_top1", "linear_top1"]),
        (LinearProbe(layer="z"), ["linear_valid_top1_z", "linear_top1_z"]),
        (NearestNeighbors(), ["knn_valid_top1", "knn_top1"]),
    ],
    ids=repr,
)
def test_metrics_have_names_and_each_test_image_a_prediction(probe: Any, names: list[str], trained: Model) -> None:
    measured = probe(Features(trained, DATA))
    assert list(measured.metrics) == names == list(probe.metrics)
    (predicted,) = measured.predictions.items()
    assert predicted[0] == names[1]
    assert len(predicted[1]) == 30
    right = torch.tensor(predicted[1]) == DATA.test.labels
    assert measured.metrics[names[1]] == pytest.approx(100 * right.double().mean().item())


@each_probe
def test_separable_features_are_told_apart(probe: Any) -> None:
    assert set(probe(EASY).metrics.values()) == {100.0}


@each_probe
def test_shuffled_labels_give_chance(probe: Any) -> None:
    def shuffled(images: Images, seed: int) -> Images:
        return replace(images, labels=torch.randint(4, (len(images),), generator=torch.Generator().manual_seed(seed)))

    splits = [shuffled(random_images(400, 4, seed=seed), seed) for seed in range(3)]
    data = DataSet("shuffled", ("a", "b", "c", "d"), "0" * 16, *splits)
    (test_name,) = (measured := probe(Features(color_model(), data))).predictions
    assert abs(measured.metrics[test_name] / 100 - 0.25) < 5 * math.sqrt(0.25 * 0.75 / 400)


def test_the_penalty_is_chosen_on_validation_images() -> None:
    strong, weak = LinearProbe(l2=(100.0,)), LinearProbe(l2=(1e-4,))
    chosen = LinearProbe(l2=(1e-4, 100.0))
    mostly_first = torch.cat([torch.zeros(20, dtype=torch.int64), DATA.train.labels[20:]])
    skewed = replace(DATA, train=replace(DATA.train, labels=mostly_first))  # a strong penalty leaves only the bias
    assert set(strong(Features(color_model(), skewed)).predictions["linear_top1"]) == {0}
    assert chosen(Features(color_model(), skewed)).predictions == weak(Features(color_model(), skewed)).predictions
    all_first = replace(skewed, valid=replace(DATA.valid, labels=torch.zeros(30, dtype=torch.int64)))
    assert set(chosen(Features(color_model(), all_first)).predictions["linear_top1"]) == {0}


def test_test_labels_decide_nothing() -> None:
    other = replace(DATA, test=replace(DATA.test, labels=1 - DATA.test.labels.clamp(max=1)))
    for probe in (LinearProbe(), NearestNeighbors(neighbors=5)):
        assert probe(Features(color_model(), other)).predictions == probe(EASY).predictions


def neighbors_loop(train: Tensor, labels: Tensor, query: Tensor, k: int, temperature: float) -> int:
    """Wu et al. 2018: the k most similar training images vote with exp(similarity / temperature), up to a factor."""
    similarity = [float(h @ query) / math.sqrt(float(h @ h) * float(query @ query)) for h in train]
    nearest = sorted(range(len(train)), key=lambda i: -similarity[i])[:k]
    votes = [0.0, 0.0, 0.0]
    for i in nearest:
        votes[int(labels[i])] += math.exp((similarity[i] - 1) / temperature)
    return votes.index(max(votes))


@pytest.mark.parametrize(("k", "temperature"), [(1, 0.1), (7, 0.1), (7, 0.001), (200, 0.05)])
def test_nearest_neighbors_are_the_loop(k: int, temperature: float, trained: Model) -> None:
    features = Features(trained, DATA)
    predicted = NearestNeighbors(k, temperature)(features).predictions["knn_top1"]
    train, test = features.of("train").double(), features.of("test").double()
    assert predicted == [neighbors_loop(train, DATA.train.labels, query, k, temperature) for query in test]


def test_features_are_computed_once_and_in_chunks(trained: Model) -> None:
    features = Features(trained, DATA)
    assert features.of("train") is features.of("train")
    assert (features.of("train").shape, features.of("train", "z").shape) == ((60, 16), (60, 8))
    for whole, chunked in zip(embed(trained, DATA.train), embed(trained, DATA.train, chunk=7), strict=True):
        torch.testing.assert_close(whole, chunked, rtol=0, atol=1e-5)


class Noisy(nn.Module):
    """An encoder that draws where it is measured, too."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return F.dropout(images.flatten(1), 0.5)


def test_an_encoder_that_draws_is_measured_to_the_same_bits() -> None:
    model = Model(Noisy(), nn.Identity(), "float32")
    first = embed(model, DATA.test, chunk=5)[0]
    torch.rand(3)
    assert torch.equal(embed(model, DATA.test, chunk=5)[0], first)
    assert not torch.equal(first[:5] == 0, first[5:10] == 0), "each chunk draws anew"


def test_errors_name_the_setting_and_the_value() -> None:
    with pytest.raises(ValueError, match=r"^LinearProbe\.l2 takes numbers above 0, not \(\)$"):
        LinearProbe(l2=())
    with pytest.raises(ValueError, match=r"^LinearProbe\.l2 takes numbers above 0, not \(0\.1, 0\.0\)$"):
        LinearProbe(l2=(0.1, 0))
    with pytest.raises(ValueError, match=r"^LinearProbe\.layer takes one of 'h', 'z', not 'g'$"):
        LinearProbe(layer="g")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^NearestNeighbors\.neighbors takes 1 or more, not 0$"):
        NearestNeighbors(neighbors=0)
    with pytest.raises(ValueError, match=r"^NearestNeighbors\.temperature takes more than 0, not 0\.0$"):
        NearestNeighbors(temperature=0)
