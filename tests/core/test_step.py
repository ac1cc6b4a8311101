"""A step in chunks: the loss sees the whole batch, batch norm a chunk, and memory holds one."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from tiny_runs import TINY, color_data
from torch import Tensor, nn

from core.augmentations import Compose, Flip, Identity, Pair, RandomApply
from core.experiment import Experiment
from core.images import Fetched
from core.losses import CrossEntropy, NTXent
from core.model import Model, build_model
from core.pretrain import pretrain
from core.step import backpropagate, embedding_gradient, make_views, train_step

DATA = color_data()
BATCH = torch.tensor([3, 1, 4, 15, 9, 2, 6, 5])


def gradients_of_a_step(experiment: Experiment, model: Model) -> Tensor:
    """A step's gradients; the weights stay."""
    train_step(experiment, model, torch.optim.SGD(model.parameters(), lr=0.0), DATA.train, BATCH, (0, 0))
    return torch.cat([weight.grad.flatten() for weight in model.parameters() if weight.grad is not None])


def gradients_with_a_whole_graph(experiment: Experiment, model: Model, size: int) -> Tensor:
    """The same by one graph over all chunks: what the chunked step must equal."""
    chunks = [torch.cat(make_views(experiment, DATA.train, part, 0)) for part in torch.split(BATCH, size)]
    embedded = torch.cat([model(chunk).unflatten(0, (experiment.views, -1)) for chunk in chunks], dim=1)
    value = (
        experiment.loss(embedded[0], DATA.train.labels[BATCH]) if experiment.supervised else experiment.loss(*embedded)
    )
    model.zero_grad()
    value.backward()
    return torch.cat([weight.grad.flatten() for weight in model.parameters() if weight.grad is not None])


@pytest.mark.parametrize("size", [2, 4])
@pytest.mark.parametrize(
    "experiment", [TINY, replace(TINY, loss=CrossEntropy(), views=1)], ids=["contrastive", "supervised"]
)
def test_gradients_are_those_of_one_graph_over_all_chunks(experiment: Experiment, size: int) -> None:
    chunked, model = replace(experiment, bn_batch=size), build_model(experiment, DATA).train()
    other = build_model(experiment, DATA).train()
    ours, whole = gradients_of_a_step(chunked, model), gradients_with_a_whole_graph(experiment, other, size)
    assert (ours - whole).norm() <= 1e-5 * whole.norm()
    for name, buffer in model.named_buffers():  # one update of the running statistics a chunk, none in the second pass
        torch.testing.assert_close(buffer, dict(other.named_buffers())[name])


def test_gradients_are_the_one_piece_batchs_where_batch_norm_uses_the_same_statistics() -> None:
    whole, chunked = build_model(TINY, DATA).eval(), build_model(TINY, DATA).eval()
    ours = gradients_of_a_step(replace(TINY, bn_batch=2), chunked)
    one_piece = gradients_of_a_step(TINY, whole)
    assert (ours - one_piece).norm() <= 1e-5 * one_piece.norm()


def test_an_embedding_gradient_is_autograds() -> None:
    first, second = torch.randn(2, 6, 5, dtype=torch.float64, requires_grad=True)
    value, gradients = embedding_gradient(NTXent(0.5), first, second)
    whole = NTXent(0.5)(first, second)
    assert torch.equal(value, whole.detach())
    torch.testing.assert_close(gradients, torch.autograd.grad(whole, (first, second)))


def test_a_loss_may_stop_the_gradient_of_a_view() -> None:
    first, second = torch.randn(2, 6, 5, dtype=torch.float64)
    _, gradients = embedding_gradient(lambda u, v: (u * v.detach()).sum(), first, second)
    assert torch.equal(gradients[0], second) and not gradients[1].any()


def test_a_loss_that_nothing_can_be_learned_from_is_refused() -> None:
    with pytest.raises(ValueError, match=r"torch cannot differentiate this loss: .* detached"):
        embedding_gradient(lambda a, b: a.detach().sum(), torch.ones(2, 3), torch.ones(2, 3))


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (lambda a, b: a.sum(1), r"returns a scalar tensor, not one of shape \(2,\)"),
        (lambda a, b: 1.0, "a scalar tensor, not 1.0"),
        (lambda a, b: None, "a scalar tensor, not None"),
    ],
)
def test_a_loss_that_returns_no_scalar_is_told_what_to_return(loss: Callable[..., Tensor], words: str) -> None:
    with pytest.raises(TypeError, match=words):
        embedding_gradient(loss, torch.ones(2, 3), torch.ones(2, 3))


def half(images: Tensor, draws: object) -> Tensor:
    return images[: len(images) // 2]


def as_bytes(images: Tensor, draws: object) -> Tensor:
    return (255 * images).to(torch.uint8)


def nothing(images: Tensor, draws: object) -> None:
    return None


@pytest.mark.parametrize(("augment", "given"), [(half, "torch"), (as_bytes, "torch"), (nothing, "None")])
def test_an_augmentation_that_returns_other_than_images_is_refused(augment: Callable[..., Any], given: str) -> None:
    returns = rf"an augmentation returns floats of shape \(8, 3, H, W\), not {given}"
    with pytest.raises((TypeError, ValueError), match=returns):
        make_views(replace(TINY, augment=augment), DATA.train, BATCH, 0)


def darker(images: Tensor, draws: object) -> Tensor:
    images *= 0.5
    return images


@pytest.mark.parametrize("augment", [darker, RandomApply(darker), Pair(darker, Identity()), Compose((darker,))])
def test_an_augmentation_that_changes_what_the_other_view_reads_is_refused(augment: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match=r"returns new images; .*darker.* changes those that it gets, in place"):
        make_views(replace(TINY, augment=augment), DATA.train, BATCH, 0)
    make_views(replace(TINY, augment=Compose((Flip(), darker))), DATA.train, BATCH, 0)  # of Flip's images it may


def noisy(images: Tensor, draws: object) -> Tensor:
    return images + random.random() + torch.from_numpy(np.random.rand(len(images), 1, 1, 1)).float()


def scaled_encoder() -> nn.Module:
    encoder = dropout_encoder()
    for weight in encoder.parameters():
        weight.data *= np.random.rand() + random.random()
    return encoder


def test_what_ones_own_parts_draw_from_numpy_and_python_is_the_runs_own_too() -> None:
    experiment = replace(TINY, augment=noisy, encoder=scaled_encoder, epochs=1)
    first = pretrain(experiment, DATA)
    np.random.rand(3), random.random()
    assert pretrain(experiment, DATA).history == first.history


def no_encoder() -> None:
    return None


def test_an_encoder_that_is_no_module_is_named() -> None:
    with pytest.raises(TypeError, match=r"the encoder is an nn\.Module, or builds one, not None"):
        build_model(replace(TINY, encoder=no_encoder), DATA)


def test_decoded_images_are_told_apart_in_memory_though_their_draws_lie_on_a_device() -> None:
    pixels = torch.arange(8, dtype=torch.uint8)[None, :, None, None, None].expand(1, 8, 4, 4, 3)
    elsewhere = torch.arange(16, device="meta")
    images = Fetched(BATCH, pixels, elsewhere, elsewhere)
    for part in (BATCH, BATCH[2:5]):
        for view in make_views(replace(TINY, augment=Identity()), images, part, 0):
            assert (255 * view[:, 0, 0, 0]).round().tolist() == [BATCH.tolist().index(image) for image in part]


def test_no_more_than_one_chunk_has_a_graph_at_a_time() -> None:
    alive: list[int] = []
    layer = nn.Linear(4, 3)

    class Counted(torch.autograd.Function):
        @staticmethod
        def forward(ctx: object, embedded: Tensor) -> Tensor:
            alive.append(len(alive) + 1 if torch.is_grad_enabled() else 1)
            return embedded.clone()

        @staticmethod
        def backward(ctx: object, gradient: Tensor) -> Tensor:
            alive.clear()
            return gradient

    def embed(number: int, chunk: Tensor) -> Tensor:
        embedded = layer(chunk)
        return (Counted.apply(embedded) if embedded.requires_grad else embedded)[None]  # type: ignore[no-untyped-call]

    backpropagate(layer, embed, torch.randn(12, 4).split(3), lambda whole: torch.ones_like(whole))
    assert not alive  # each graph was gone through before the next was built


def dropout_encoder() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(192, 6))


def test_both_passes_drop_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Tensor] = []
    experiment = replace(TINY, encoder=dropout_encoder, bn_batch=4)
    model = build_model(experiment, DATA).train()
    forward: Callable[[Tensor], Tensor] = model.forward
    monkeypatch.setattr(model, "forward", lambda images: seen.append(forward(images)) or seen[-1])
    train_step(experiment, model, torch.optim.SGD(model.parameters(), lr=0.0), DATA.train, BATCH, (0, 0))
    assert torch.equal(seen[0], seen[2]) and torch.equal(seen[1], seen[3])
    assert not torch.equal(seen[0], seen[1])


class Remembering(nn.Module):
    """What it returns depends on how often it was asked, and on nothing else that the passes share."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(192, 6)
        self.register_buffer("asked", torch.zeros(()))
        self.register_buffer("mean", torch.zeros(6))

    def forward(self, images: Tensor) -> Tensor:
        self.asked += 1
        h: Tensor = self.layer(images.flatten(1)) + self.asked
        self.mean = 0.9 * self.mean + 0.1 * h.detach().mean(0)  # another tensor than before
        return h - self.mean


def test_both_passes_see_and_leave_the_same_buffers(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Tensor] = []
    experiment = replace(TINY, encoder=Remembering, bn_batch=4)
    model = build_model(experiment, DATA).train()
    before = int(model.encoder.asked)  # type: ignore[arg-type]
    forward: Callable[[Tensor], Tensor] = model.forward
    monkeypatch.setattr(model, "forward", lambda images: seen.append(forward(images)) or seen[-1])
    train_step(experiment, model, torch.optim.SGD(model.parameters(), lr=0.0), DATA.train, BATCH, (0, 0))
    assert torch.equal(seen[0], seen[2]) and torch.equal(seen[1], seen[3])
    assert int(model.encoder.asked) == before + 2  # type: ignore[arg-type]


def test_a_run_in_chunks_learns_another_thing_but_sees_the_same_images() -> None:
    plain, chunked = pretrain(TINY, DATA).history, pretrain(replace(TINY, bn_batch=4), DATA).history
    assert plain != chunked
    assert plain[0].keys() == chunked[0].keys()


@pytest.mark.parametrize("size", [1, 3, 16])
def test_bn_batch_divides_the_batch(size: int) -> None:
    with pytest.raises(ValueError, match=f"bn_batch takes a divisor of batch_size=8, 2 or more, not {size}"):
        replace(TINY, bn_batch=size)
