"""Training: its views have names, only training images are looked at, and it learns."""

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from pictures import assert_close
from tiny_runs import TINY, assert_same_bits, assert_same_state, color_data, convolutions, without
from torch import Tensor, nn

from core.augmentations import Crop, Flip, GaussianNoise, Identity, Sobel
from core.data import DataError
from core.heads import NoHead
from core.losses import CrossEntropy
from core.model import build_model
from core.optimizer import LARS, SGD
from core.pretrain import pretrain
from core.step import make_views

DATA = color_data()


def feature_maps() -> nn.Module:
    return nn.Conv2d(3, 6, 3, padding=1)


def not_a_number(first: Tensor, second: Tensor) -> Tensor:
    return (first + second).sum() * math.nan


def test_another_seed_is_another_run() -> None:
    assert pretrain(replace(TINY, seed=1), DATA).history != pretrain(TINY, DATA).history


def test_views_of_an_image_depend_on_no_other_setting() -> None:
    alone = make_views(TINY, DATA.train, torch.tensor([5]), epoch=3)
    others: list[dict[str, Any]] = [{"batch_size": 16}, {"head": NoHead()}, {"encoder": convolutions}, {"epochs": 9}]
    for change in others:
        together = make_views(replace(TINY, **change), DATA.train, torch.tensor([0, 9, 5, 1]), epoch=3)
        for ours, theirs in zip(alone, together, strict=True):
            assert_close(ours[0], theirs[2])
    subset = make_views(TINY, DATA.train[torch.tensor([2, 5])], torch.tensor([1]), epoch=3)
    assert_close(subset[0], alone[0])


def test_views_differ_by_view_epoch_and_seed() -> None:
    batch = torch.arange(8)
    first, second = make_views(TINY, DATA.train, batch, epoch=0)
    assert (first.shape, first.dtype) == ((8, 3, 8, 8), torch.float32)
    assert not torch.equal(first, second)
    assert not torch.equal(first, make_views(TINY, DATA.train, batch, epoch=1)[0])
    assert not torch.equal(first, make_views(replace(TINY, seed=1), DATA.train, batch, epoch=0)[0])


def test_prepare_is_shared_by_both_branches_and_new_each_epoch() -> None:
    batch, experiment = torch.arange(8), replace(TINY, prepare=Crop(), augment=Identity())
    first, second = make_views(experiment, DATA.train, batch, epoch=0)
    assert torch.equal(first, second)
    assert not torch.equal(first, make_views(experiment, DATA.train, batch, epoch=1)[0])


def test_augment_other_makes_the_second_view() -> None:
    images = DATA.train.pixels[:8].permute(0, 3, 1, 2).float() / 255
    first, second = make_views(replace(TINY, augment=Identity(), augment_other=Sobel()), DATA.train, torch.arange(8), 0)
    assert torch.equal(first, images)
    assert not torch.equal(second, images)
    plain = make_views(replace(TINY, augment=Flip()), DATA.train, torch.arange(8), 0)
    paired = make_views(replace(TINY, augment=Flip(), augment_other=GaussianNoise()), DATA.train, torch.arange(8), 0)
    assert torch.equal(plain[0], paired[0])


def test_only_training_images_are_looked_at() -> None:
    assert_same_bits(pretrain(TINY, without(DATA, "valid", "test")), pretrain(TINY, DATA))


RATES: list[float] = []


class Recording(torch.optim.SGD):
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        RATES.append(self.param_groups[0]["lr"])


def recording(module: nn.Module, weight_decay: float) -> torch.optim.Optimizer:
    return Recording(module.parameters(), lr=0.0)


def test_the_learning_rate_ends_with_the_training() -> None:
    RATES.clear()  # 30 images in batches of 8: 3 steps an epoch
    experiment = replace(TINY, images=30, epochs=4, warmup_epochs=2.0, learning_rate=64.0, optimizer=recording)
    pretrain(experiment, DATA)
    warmup, total = 6, 12
    cosine = [1 + math.cos(math.pi * (step - warmup) / (total - warmup)) for step in range(warmup, 12)]
    assert pytest.approx([2 * step / warmup for step in range(warmup)] + cosine) == RATES


def test_a_contrastive_run_lowers_its_loss_and_tells_how_hard_the_task_is() -> None:
    history = pretrain(replace(TINY, epochs=10, optimizer=SGD(), learning_rate=3.0), DATA).history
    assert [row["epoch"] for row in history] == list(range(1, 11))
    assert history[-1]["train_loss"] < history[0]["train_loss"] - 0.1
    names = {"epoch", "train_loss", "contrastive_top1", "contrastive_entropy", "contrastive_entropy_limit"}
    assert all(row.keys() == names for row in history)
    assert all(row["contrastive_entropy"] <= row["contrastive_entropy_limit"] + 1e-6 for row in history)
    assert history[0]["contrastive_entropy_limit"] == pytest.approx(math.log(8))


def test_the_supervised_arm_learns_its_classes() -> None:
    change: dict[str, Any] = {"loss": CrossEntropy(), "views": 1, "optimizer": SGD(), "learning_rate": 3.0}
    history = pretrain(replace(TINY, epochs=10, **change), DATA).history
    assert history[-1]["train_top1"] > 80
    assert history[-1].keys() == {"epoch", "train_loss", "train_top1"}


def test_no_epochs_give_the_random_encoder() -> None:
    trained = pretrain(replace(TINY, epochs=0), DATA)
    assert trained.history == []
    assert_same_state(trained.model.state_dict(), build_model(TINY, DATA).state_dict())


def test_the_random_encoder_needs_no_whole_batch() -> None:
    trained = pretrain(replace(TINY, epochs=0, batch_size=4096), DATA)
    assert_same_state(trained.model.state_dict(), build_model(TINY, DATA).state_dict())


def viewing() -> nn.Module:
    class Viewing(nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return images.view(len(images), -1)

    return Viewing()


def test_an_encoder_that_views_is_told_how_its_images_lie_in_memory() -> None:
    with pytest.raises(RuntimeError, match="view size is not compatible") as told:
        pretrain(replace(TINY, encoder=viewing), DATA)
    assert "images come with their channels last in memory: .flatten(1) takes them" in told.value.__notes__[0]


def test_a_function_may_be_the_encoder() -> None:
    trained = pretrain(replace(TINY, encoder=convolutions), DATA)
    assert trained.model.represent(torch.rand(2, 3, 8, 8)).shape == (2, 6)
    assert len(trained.history) == 2


@pytest.mark.parametrize("precision", ["bfloat16", "float32", "float64"])
def test_embeddings_are_float32_unless_all_is_float64(precision: Any) -> None:
    model = pretrain(replace(TINY, precision=precision, epochs=1), DATA).model
    dtype = torch.float64 if precision == "float64" else torch.float32
    images = torch.rand(2, 3, 8, 8)
    assert {model.represent(images).dtype, model(images).dtype} == {dtype}
    assert {weight.dtype for weight in model.parameters()} == {dtype}


def test_errors_name_the_setting_and_the_value() -> None:
    with pytest.raises(ValueError, match=r"^batch_size takes at most the 32 training images, not 64$"):
        pretrain(replace(TINY, batch_size=64), DATA)
    with pytest.raises(ValueError, match=r"^batch_size takes at most the 6 training images, not 8$"):
        pretrain(replace(TINY, images=6), DATA)
    with pytest.raises(DataError, match=r"^images=33 does not fit: take 1 to 32 images"):
        pretrain(replace(TINY, images=33), DATA)
    with pytest.raises(FloatingPointError, match=r"^the loss is nan in step 1 of epoch 1; no weight has changed yet"):
        pretrain(replace(TINY, loss=not_a_number, optimizer=LARS()), DATA)
    with pytest.raises(ValueError, match=r"^an encoder maps images to \(N, features\), this one to \(1, 6, 8, 8\)$"):
        pretrain(replace(TINY, encoder=feature_maps), DATA)
