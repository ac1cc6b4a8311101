"""Fine-tuning: the paper's protocol step by step, on the labeled share alone, and on a copy."""

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from tiny_runs import (
    TINY,
    StoppedError,
    Stopping,
    assert_same_state,
    color_data,
    color_model,
    convolutions,
    random_images,
    without,
)
from torch import nn

from core.augmentations import Compose, Crop, Flip
from core.data import DataSet, balanced
from core.draws import Draws, key, order
from core.finetune_training import start, train
from core.journal import State, Unkept
from core.model import Model, build_model
from core.pretrain import pretrain
from core.probe import Features, FineTune

DATA = color_data(train=60, valid=30, test=30)
EXPERIMENT = replace(TINY, epochs=1, seed=3)
TUNE = FineTune(labels=0.4, epochs=2)


@pytest.fixture(scope="module")
def trained() -> Model:
    return pretrain(EXPERIMENT, DATA).model


@pytest.mark.parametrize("from_scratch", [False, True])
def test_it_works_on_a_copy_and_gives_the_same_bits_twice(from_scratch: bool, trained: Model) -> None:
    before = {name: weight.clone() for name, weight in trained.state_dict().items()}
    probe = replace(TUNE, from_scratch=from_scratch)
    ours, again = (probe(Features(trained, DATA, experiment=EXPERIMENT)) for _ in range(2))
    assert ours == again
    assert_same_state(trained.state_dict(), before)
    name = "scratch" if from_scratch else "finetune"
    assert list(ours.metrics) == [f"{name}_valid_top1_40", f"{name}_top1_40"] == list(probe.metrics)
    right = torch.tensor(ours.predictions[f"{name}_top1_40"]) == DATA.test.labels
    assert ours.metrics[f"{name}_top1_40"] == pytest.approx(100 * right.double().mean().item())


@pytest.mark.parametrize(("labels", "share"), [(0.01, "1"), (0.1, "10"), (1.0, "100"), (0.005, "0_5"), (0.07, "7")])
def test_the_share_is_in_the_name(labels: float, share: str) -> None:
    (name,) = FineTune(labels=labels, epochs=1, test=False)(Features(color_model(), DATA)).metrics
    assert name == f"finetune_valid_top1_{share}"
    assert f"x_{share}".isidentifier()


@pytest.mark.parametrize("decay", [0.0, 0.3])
def test_steps_are_nesterovs_by_the_loop(decay: float) -> None:
    """The encoder is the mean color, so that the gradient of the classifier can be written down; float64."""
    model = Model(color_model().encoder, nn.Linear(3, 3, dtype=torch.float64), "float64")
    nn.init.zeros_(model.head.weight)  # type: ignore[arg-type]
    nn.init.zeros_(model.head.bias)  # type: ignore[arg-type]
    images = DATA.train[torch.arange(20)]
    train(model, images, epochs=2, rate=3.2, weight_decay=decay, batch_size=8, seed=5, device="cpu", journal=Unkept())
    peak, unknown, velocity = 3.2 * 8 / 256, torch.zeros(3, 4).double(), torch.zeros(3, 4).double()
    for step in range(4):
        epoch, place = divmod(step, 2)
        batch = images[order(20, 5, "finetune order", epoch)[8 * place :][:8]]
        draws = Draws(key(5, "finetune view", epoch), batch.index)
        views = Compose((Crop(), Flip()))(batch.pixels.permute(0, 3, 1, 2) / 255, draws)
        h = torch.cat([views.double().mean((2, 3)), torch.ones(8, 1)], dim=1)
        error = (h @ unknown.T).softmax(1) - nn.functional.one_hot(batch.labels, 3)
        gradient = error.T @ h / 8 + decay * unknown * torch.tensor([1, 1, 1, 0])  # biases do not decay
        velocity = 0.9 * velocity + gradient
        rate = peak * (1 + math.cos(math.pi * step / 4)) / 2
        unknown = unknown - rate * (gradient + 0.9 * velocity)
    ours = torch.cat([model.head.weight, model.head.bias[:, None]], dim=1)  # type: ignore[index, list-item]
    torch.testing.assert_close(ours, unknown, rtol=0, atol=1e-6)


def test_it_starts_as_the_trained_encoder_with_a_classifier_of_zeros(trained: Model) -> None:
    model = start(Features(trained, DATA), from_scratch=False)
    assert_same_state(model.encoder.state_dict(), trained.encoder.state_dict())
    assert {name: tuple(weight.shape) for name, weight in model.head.named_parameters()} == {
        "weight": (3, 16),
        "bias": (3,),
    }
    assert not any(weight.any() for weight in model.head.parameters())


def test_from_scratch_is_the_untrained_encoder_of_the_same_seed(trained: Model) -> None:
    untrained = build_model(EXPERIMENT, DATA)
    ours = replace(TUNE, from_scratch=True)(Features(trained, DATA, experiment=EXPERIMENT))
    theirs = TUNE(Features(untrained, DATA, experiment=EXPERIMENT))
    assert list(ours.metrics.values()) == list(theirs.metrics.values())
    assert list(ours.predictions.values()) == list(theirs.predictions.values())
    with pytest.raises(ValueError, match=r"^FineTune\.from_scratch takes Features\(experiment=\.\.\.\)"):
        replace(TUNE, from_scratch=True)(Features(trained, DATA))


def test_only_the_labeled_images_are_seen(trained: Model) -> None:
    labeled = balanced(DATA.train, 24).index
    unlabeled = torch.ones(60, dtype=torch.bool)
    unlabeled[labeled] = False
    pixels = DATA.train.pixels.clone()
    pixels[unlabeled] = 255 - pixels[unlabeled]
    other = replace(DATA, train=replace(DATA.train, pixels=pixels))
    assert TUNE(Features(trained, other)) == TUNE(Features(trained, DATA))


def test_test_images_decide_nothing(trained: Model) -> None:
    whole = TUNE(Features(trained, DATA))
    tuned = replace(TUNE, test=False)(Features(trained, without(DATA, "test")))
    assert tuned.metrics == {"finetune_valid_top1_40": whole.metrics["finetune_valid_top1_40"]}
    other = replace(DATA, test=replace(DATA.test, labels=1 - DATA.test.labels.clamp(max=1)))
    assert TUNE(Features(trained, other)).predictions == whole.predictions


def test_the_learning_rate_is_chosen_on_validation_images() -> None:
    slow, fast, both = (FineTune(1.0, 5, rates, 8) for rates in ((1e-9,), (100.0,), (1e-9, 100.0)))
    features = Features(color_model(), DATA)
    by_slow = slow(features)
    assert by_slow.metrics["finetune_valid_top1_100"] < fast(features).metrics["finetune_valid_top1_100"]
    assert both(features) == fast(features)
    as_slow_says = torch.tensor(by_slow.predictions["finetune_top1_100"])
    other = Features(color_model(), replace(DATA, valid=replace(DATA.test, labels=as_slow_says)))
    assert both(other).predictions == by_slow.predictions


def test_a_weight_decay_is_divided_by_its_rate_and_chosen_on_validation_images() -> None:
    features = Features(color_model(), DATA)
    none, weak, strong = (FineTune(1.0, 5, (100.0,), 8, weight_decay=decays) for decays in ((0.0,), (1e-6,), (50.0,)))
    assert weak(features).metrics["finetune_top1_100"] == none(features).metrics["finetune_top1_100"]
    assert strong(features).metrics["finetune_valid_top1_100"] < none(features).metrics["finetune_valid_top1_100"]
    assert replace(none, weight_decay=(50.0, 0.0))(features) == none(features)


def test_a_rate_that_diverges_is_left_out_and_named_where_all_do(trained: Model) -> None:
    assert replace(TUNE, learning_rate=(1e38, 0.05))(Features(trained, DATA)) == TUNE(Features(trained, DATA))
    with pytest.raises(FloatingPointError, match=r"FineTune\.learning_rate=\(1e\+38,\) is too high"):
        replace(TUNE, learning_rate=(1e38,))(Features(trained, DATA))


class StoppingProbe(Stopping):
    """At each of the places (candidate, steps of it that are done)."""

    loads = 0

    def load(self) -> State | None:
        self.loads += 1
        return super().load()

    def place_of(self, state: State) -> tuple[int, int]:
        return state["place"], state["training"]["done"]


def dropping() -> nn.Module:
    return nn.Sequential(convolutions(), nn.Dropout(0.3), nn.BatchNorm1d(6))


@pytest.mark.parametrize("best", [0, 1], ids=["the first is best", "the second is best"])
@pytest.mark.parametrize("from_scratch", [False, True])
def test_stopped_after_any_step_and_resumed_it_has_the_same_bits(from_scratch: bool, best: int) -> None:
    """Of three candidates, two of which diverge or hardly move, in 3 steps an epoch."""
    rates = ((0.5, 1e-9, 1e38), (1e-9, 0.5, 1e38))[best]
    experiment = replace(EXPERIMENT, encoder=dropping)
    probe = FineTune(0.4, 2, rates, 8, from_scratch, weight_decay=(1e-4,))
    features = Features(pretrain(experiment, DATA).model, DATA, experiment=experiment)
    whole = probe(features)
    places = [(candidate, done) for candidate in range(3) for done in range(1, 7)]
    features.journal = StoppingProbe(*places)
    for _ in places:
        with pytest.raises(StoppedError):
            probe(features)
    assert probe(features) == whole
    assert features.journal.loads == len(places) + 1  # each adds the seconds before to those of the attempt


def test_separable_classes_are_learned_and_shuffled_labels_are_not() -> None:
    learned = FineTune(1.0, 20, (100.0,), 8)(Features(color_model(), DATA))
    assert learned.metrics["finetune_top1_100"] == 100
    splits = [random_images(400, 4, seed=seed) for seed in range(3)]
    shuffled = [
        replace(images, labels=torch.randint(4, (400,), generator=torch.Generator().manual_seed(seed)))
        for seed, images in enumerate(splits)
    ]
    data = DataSet("shuffled", ("a", "b", "c", "d"), "0" * 16, *shuffled)
    by_chance = FineTune(1.0, 3, (1.0,), 32)(Features(color_model(), data)).metrics["finetune_top1_100"] / 100
    assert abs(by_chance - 0.25) < 5 * math.sqrt(0.25 * 0.75 / 400)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": 10}, r"FineTune.labels takes a share, above 0 and at most 1, not 10.0"),
        ({"epochs": 0}, r"FineTune.epochs takes 1 or more, not 0"),
        ({"batch_size": 1}, r"FineTune.batch_size takes 2 or more, not 1"),
        ({"learning_rate": ()}, r"FineTune.learning_rate takes numbers above 0, not ()"),
        ({"weight_decay": [-1e-6]}, r"FineTune.weight_decay takes numbers from 0 on, not (-1e-06,)"),
    ],
)
def test_errors_name_the_setting_and_the_value(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as raised:
        FineTune(**change)
    assert str(raised.value) == message
