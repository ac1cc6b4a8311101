"""The footprint of an experiment is what its real tensors take, at sizes that fit here."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from tiny_runs import TINY, color_data
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from core.encoders import ResNet, SmallResNet
from core.experiment import Experiment
from core.footprint import footprint
from core.heads import NoHead
from core.losses import CrossEntropy
from core.model import build_model
from core.optimizer import AdamW
from core.step import train_step

DATA = color_data()
KINDS: dict[str, Experiment] = {
    "float32": TINY,
    "bfloat16": replace(TINY, precision="bfloat16", encoder=SmallResNet(width=8, expansion=24)),
    "in chunks": replace(TINY, bn_batch=4),
    "ResNet-18": replace(TINY, encoder=ResNet(18), head=NoHead(), optimizer=AdamW()),
    "supervised": replace(TINY, loss=CrossEntropy(), views=1),
}
each_kind = pytest.mark.parametrize("experiment", KINDS.values(), ids=KINDS)


@each_kind
def test_flops_are_those_of_a_real_step(experiment: Experiment) -> None:
    model = build_model(experiment, DATA).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    with FlopCounterMode(display=False) as counted:
        train_step(experiment, model, optimizer, DATA.train, torch.arange(experiment.batch_size), (0, 0))
    told = footprint(experiment, 8, DATA.classes).flops(experiment)
    assert told == pytest.approx(counted.get_total_flops(), rel=0.01)  # which has the loss, too


@each_kind
@pytest.mark.parametrize("number", [6, 24])
def test_what_views_keep_is_what_autograd_keeps(experiment: Experiment, number: int) -> None:
    model = build_model(experiment, DATA).train()
    weights, kept = {weight.untyped_storage().data_ptr() for weight in model.parameters()}, dict[int, Any]()

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        model(torch.zeros(number, 3, 8, 8))
    told, state = footprint(experiment, 8, DATA.classes), sum(part.nbytes for part in model.state_dict().values())
    gradients = sum(weight.nbytes for weight in model.parameters() if weight.requires_grad)
    moments = 2 * gradients if isinstance(experiment.optimizer, AdamW) else gradients
    same = told.fixed - state - gradients - moments
    measured = sum(storage.nbytes() for storage in kept.values())
    assert same + number * told.kept == pytest.approx(measured, rel=0.02)


def test_memory_of_ranks_is_a_share_of_the_views_and_all_of_the_weights() -> None:
    told = footprint(TINY, 8, DATA.classes)
    whole, half, chunk = told.memory(TINY), told.memory(TINY, 2), told.memory(replace(TINY, bn_batch=4))
    assert half - told.gradients == chunk == whole - (whole - told.fixed) // 2
