"""One run on several processes is the computation of one: loss, gradients, batch norm statistics, weights."""

from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import torch
from rank_runs import on_ranks
from tiny_runs import TINY, color_data
from torch import Tensor

from core import ranks
from core.experiment import Experiment
from core.global_batch_norm import global_batch_norm
from core.losses import CrossEntropy, NTXent, pairwise
from core.model import build_model
from core.optimizer import SGD
from core.pretrain import pretrain
from core.probe import Features, FineTune, LinearProbe, Measured, NearestNeighbors, Transfer, TransformationProbe
from core.ranks import check_divides
from core.step import train_step

DATA = color_data()
BATCH = torch.tensor([3, 1, 4, 15, 9, 2, 6, 5])
KINDS: dict[str, Experiment] = {
    "contrastive": TINY,
    "in chunks": replace(TINY, bn_batch=4),
    "supervised": replace(TINY, loss=CrossEntropy(), views=1),
    "three views": replace(TINY, loss=pairwise(NTXent()), views=3),
}
Step = dict[str, tuple[Tensor, Tensor, dict[str, Tensor]]]


def one_step_of_each() -> Step:
    """By kind the loss of a step, its gradients in one row, and the buffers after it."""
    return {name: one_step(experiment) for name, experiment in KINDS.items()}


def one_step(experiment: Experiment) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    model = build_model(experiment, DATA).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    loss = train_step(experiment, model, optimizer, DATA.train, BATCH, (0, 0))["train_loss"]
    gradients = [weight.grad.flatten() for weight in model.parameters() if weight.grad is not None]
    return loss, torch.cat(gradients), {name: buffer.clone() for name, buffer in model.named_buffers()}


def difference(ours: Tensor, whole: Tensor) -> float:
    """By norm, relative."""
    return float((ours - whole).double().norm() / whole.double().norm().clamp_min(1e-30))


@cache
def steps_on(number: int) -> list[Step]:
    return on_ranks(number, one_step_of_each)


@pytest.mark.parametrize("number", [2, 4])
@pytest.mark.parametrize("name", KINDS)
def test_a_float32_step_is_one_processs(name: str, number: int) -> None:
    loss, gradients, buffers = one_step(KINDS[name])
    for theirs in steps_on(number):
        assert difference(theirs[name][0], loss) <= 1e-5
        assert difference(theirs[name][1], gradients) <= 1e-5
        for buffer, part in buffers.items():
            assert difference(theirs[name][2][buffer], part) <= 1e-5, buffer


def batch_normalized(dtype: torch.dtype) -> list[Tensor]:
    """Output, gradients by rows, weight and bias, and running statistics, of rows that share most of their digits."""
    generator = torch.Generator().manual_seed(0)
    rows, slope = (torch.randn(8, 3, 4, 4, generator=generator, dtype=torch.float64) for _ in range(2))
    mine = ranks.own((rows + 100).to(dtype)).requires_grad_()
    layer = torch.nn.BatchNorm2d(3, momentum=None, dtype=torch.promote_types(dtype, torch.float32))
    with global_batch_norm():
        output = layer(mine)
    output.backward(ranks.own(slope.to(dtype)))
    ranks.add_gradients(layer)
    assert mine.grad is not None and layer.weight.grad is not None and layer.bias.grad is not None
    assert layer.running_mean is not None and layer.running_var is not None
    parts = [ranks.all_gather(output.detach()), ranks.all_gather(mine.grad), layer.weight.grad, layer.bias.grad]
    return [*parts, layer.running_mean, layer.running_var]


@pytest.mark.parametrize(("dtype", "off"), [(torch.float64, 1e-12), (torch.float32, 1e-4), (torch.bfloat16, 1e-2)])
def test_global_batch_norm_is_torch_s_over_all_rows(dtype: torch.dtype, off: float) -> None:
    whole = batch_normalized(dtype)
    for theirs in on_ranks(2, batch_normalized, dtype):
        assert max(map(difference, theirs, whole)) <= off


def trained(experiment: Experiment) -> dict[str, Any]:
    return {name: part.clone() for name, part in pretrain(experiment, DATA).model.state_dict().items()}


@pytest.mark.parametrize("number", [2, 4])
def test_weights_after_20_float64_steps_are_one_processs(number: int) -> None:
    experiment = replace(TINY, epochs=5, precision="float64", optimizer=SGD(), learning_rate=1.0, warmup_epochs=1.0)
    whole, (first, *others) = trained(experiment), on_ranks(number, trained, experiment)
    for name, part in whole.items():
        assert difference(first[name], part) <= 1e-6, name
        assert all(torch.equal(other[name], first[name]) for other in others)


PROBES = [LinearProbe(), NearestNeighbors(neighbors=5), TransformationProbe("rotation"), FineTune(labels=0.5, epochs=1)]
PROBES += [Transfer("other", LinearProbe(layer="z"))]
UNEVEN = color_data(train=32, valid=13, test=5)


def measured() -> tuple[list[Measured], Tensor] | None:
    """What the first rank measures, and its features; the others help."""
    features = Features(build_model(TINY, DATA), DATA, experiment=TINY, load=lambda name: replace(UNEVEN, name=name))
    if ranks.rank() > 0:
        features.help()
        return None
    found = [probe(features) for probe in PROBES]
    features.end()
    return found, features.of("train")


def test_ranks_share_out_the_images_of_probes_and_the_first_measures() -> None:
    here, (there, *others) = measured(), on_ranks(3, measured)
    assert others == [None, None] and here is not None
    torch.testing.assert_close(there[1], here[1])
    for ours, theirs in zip(there[0], here[0], strict=True):
        assert ours.predictions == theirs.predictions and ours.metrics == pytest.approx(theirs.metrics)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "batch_size takes a multiple of the 3 processes of a run, not 8"),
        ({"batch_size": 12, "bn_batch": 4}, "bn_batch takes a multiple of the 3 processes of a run, not 4"),
    ],
)
def test_a_batch_that_cannot_be_shared_out_is_refused(changes: dict[str, Any], message: str) -> None:
    experiment = replace(TINY, **changes)
    with pytest.raises(ValueError, match=message):
        check_divides(experiment.batch_size, experiment.bn_batch, 3)
