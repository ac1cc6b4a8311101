"""On a GPU: the same draws, views and losses as on the CPU, and whole runs with their probes. Skipped without one."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from pictures import draws_of, each_augmentation, pictures
from tiny_runs import TINY, StoppedError, Stopping, color_data
from torch import Tensor

from core.augmentations import Augmentation, ColorDistortion, Compose, Crop, Flip, GaussianBlur
from core.draws import Draws
from core.experiment import Experiment
from core.losses import CrossEntropy, MarginTriplet, NTLogistic, NTXent
from core.optimizer import AdamW
from core.pretrain import pretrain
from core.probe import Features, FineTune, LinearProbe, NearestNeighbors, TransformationProbe

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")

LOSSES = [NTXent(), NTXent(one_view_negatives=True), NTLogistic(), MarginTriplet()]
DATA = color_data(train=64)


def there(draws: Draws) -> Draws:
    return replace(draws, index=draws.index.cuda())


@pytest.mark.parametrize("kind", ["uniform", "normal", "permutation"])
def test_a_draw_is_that_of_the_cpu(kind: str) -> None:
    draws, size = draws_of(1000), 4
    ours, theirs = getattr(there(draws), kind)("name", size), getattr(draws, kind)("name", size)
    torch.testing.assert_close(ours.cpu(), theirs, rtol=0, atol=1e-5 if kind == "normal" else 0)


@each_augmentation
def test_a_view_is_that_of_the_cpu(augment: Augmentation) -> None:
    images, draws = pictures(64), draws_of(64)
    ours = augment(images.cuda(), there(draws))
    # a rounding that falls on the other side of a step (of a level, a pixel, a corner) is seen, and is rare
    apart = (ours.cpu() - augment(images, draws)).abs() > 1e-4
    assert ours.is_cuda
    assert apart.float().mean() < 0.002


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_a_loss_and_its_gradient_are_those_of_the_cpu(loss: Callable[..., Tensor]) -> None:
    generator = torch.Generator().manual_seed(0)
    views = [torch.randn(32, 16, generator=generator).requires_grad_() for _ in range(2)]
    theirs = [view.detach().cuda().requires_grad_() for view in views]
    ours, other = loss(*views), loss(*theirs)
    torch.testing.assert_close(other.cpu(), ours, rtol=1e-5, atol=1e-6)
    for here, away in zip(torch.autograd.grad(ours, views), torch.autograd.grad(other, theirs), strict=True):
        torch.testing.assert_close(away.cpu(), here, rtol=1e-4, atol=1e-6)


VARIANTS: dict[str, dict[str, Any]] = {
    "LARS": {},
    "SimCLR's views": {"augment": Compose((Crop(), Flip(), ColorDistortion(), GaussianBlur()))},
    "AdamW": {"optimizer": AdamW(), "learning_rate": 0.01},
    "chunks": {"bn_batch": 4},
    "supervised": {"loss": CrossEntropy(), "views": 1},
}
each_variant = pytest.mark.parametrize("change", VARIANTS.values(), ids=VARIANTS.keys())


@each_variant
def test_a_run_goes_as_on_the_cpu(change: dict[str, Any]) -> None:
    """In float64 nothing but the draws and the operations can tell them apart."""
    experiment = replace(TINY, precision="float64", **change)
    ours, theirs = pretrain(experiment, DATA, device="cuda"), pretrain(experiment, DATA)
    assert next(ours.model.parameters()).is_cuda
    for here, away in zip(ours.history, theirs.history, strict=True):
        assert here == pytest.approx(away, rel=1e-3, abs=1e-3)


@each_variant
def test_a_run_in_bfloat16_stopped_and_resumed_comes_close(change: dict[str, Any]) -> None:
    """The same bits are not promised on a GPU."""
    experiment: Experiment = replace(TINY, precision="bfloat16", **change)
    whole, journal = pretrain(experiment, DATA, device="cuda"), Stopping((0, 3), (1, 5))
    for _ in range(2):
        with pytest.raises(StoppedError):
            pretrain(experiment, DATA, journal, "cuda")
    resumed = pretrain(experiment, DATA, journal, "cuda")
    assert len(resumed.history) == len(whole.history) == experiment.epochs
    assert resumed.history[-1]["train_loss"] == pytest.approx(whole.history[-1]["train_loss"], rel=0.02)


@pytest.mark.parametrize(
    "probe",
    [
        LinearProbe(),
        LinearProbe(layer="z"),
        NearestNeighbors(neighbors=5),
        TransformationProbe("noise"),
        FineTune(labels=0.5, epochs=3, batch_size=8),
        FineTune(labels=0.5, epochs=3, batch_size=8, from_scratch=True),
    ],
    ids=repr,
)
def test_a_probe_measures_what_it_measures_on_the_cpu(probe: Callable[[Features], Any]) -> None:
    experiment = replace(TINY, precision="float32")
    model = pretrain(experiment, DATA).model
    theirs = probe(Features(model, DATA, experiment=experiment))
    ours = probe(Features(model.cuda(), DATA, "cuda", experiment))
    assert ours.metrics.keys() == theirs.metrics.keys()
    for name, metric in ours.metrics.items():
        assert metric == pytest.approx(theirs.metrics[name], abs=100 / 12 + 1e-6), name  # one of 12 images
