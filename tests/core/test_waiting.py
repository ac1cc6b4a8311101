"""A step asks for no number that a GPU would have to work out first: tried on tensors that have none."""

from dataclasses import replace

import pytest
import torch
from tiny_runs import TINY, color_data
from torch._subclasses.fake_tensor import FakeTensorMode

from core.augmentations import ColorDistortion, Compose, Crop, Flip, GaussianBlur
from core.color import jitter_masked
from core.data import Images
from core.experiment import Experiment
from core.losses import CrossEntropy, NTXent
from core.model import build_model
from core.optimizer import LARS, AdamW
from core.step import train_step

DATA = color_data()
AUGMENT = Compose((Crop(), Flip(), ColorDistortion(), GaussianBlur()))


@pytest.mark.parametrize(
    "experiment",
    [
        replace(TINY, augment=AUGMENT, optimizer=LARS()),
        replace(TINY, augment=AUGMENT, optimizer=AdamW(), loss=NTXent(one_view_negatives=True), bn_batch=4),
        replace(TINY, augment=AUGMENT, loss=CrossEntropy(), views=1),
    ],
    ids=["whole", "in chunks", "supervised"],
)
def test_nothing_in_a_step_waits(experiment: Experiment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.color.jitter_sorted", jitter_masked)  # as on a GPU
    model = build_model(experiment, DATA).train()
    with FakeTensorMode(allow_non_fake_inputs=True) as mode:
        pixels, labels, index = map(mode.from_tensor, (DATA.train.pixels, DATA.train.labels, DATA.train.index))
        optimizer = experiment.optimizer.build(model, 0.0)
        train_step(experiment, model, optimizer, Images(pixels, labels, index), torch.arange(8), (0, 0))
