"""What training an experiment takes, from the shapes of its tensors alone: no step is computed, and no GPU is needed.

The model's weights become torch's fake tensors, which have a shape and no numbers, and it goes forward and backward on
a few views; torch's own counter counts the operations, and hooks of autograd see what is kept for the backward pass.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils.flop_counter import FlopCounterMode

from core.data import DataSet, Images
from core.experiment import Experiment, built
from core.model import build_model

FEW = 2


@dataclass(frozen=True)
class Footprint:
    """forward, backward: floating-point operations of a view (a product and its sum are two); kept: bytes that a view
    keeps for the backward pass; widest: those of the largest tensor among them; work: bytes in which a view is made.

    fixed: bytes whatever the batch is: weights, gradients, the optimizer's state, and weights in another precision;
    gradients: those of the gradients alone.
    """

    forward: int
    backward: int
    kept: int
    widest: int
    work: int
    fixed: int
    gradients: int

    def flops(self, experiment: Experiment) -> int:
        """Of a step. A batch in chunks goes forward twice; the loss is left out, which is small beside the encoder."""
        passes = 2 if _chunk(experiment) < experiment.batch_size else 1
        return experiment.batch_size * experiment.views * (passes * self.forward + self.backward)

    def memory(self, experiment: Experiment, ranks: int = 1) -> int:
        """Peak bytes on each of so many ranks: what is fixed, and what its views in one chunk of the batch take.

        Counted beside what is kept: each view twice, as it was made and in the joined batch; four times the largest
        tensor, for the gradients before and after a batch norm and that norm's float32; on several ranks the gradients
        once more, joined to be summed. Left out: the images on the device, the workspace of convolutions, and what an
        allocator wastes.
        """
        views = _chunk(experiment) * experiment.views // ranks
        several = self.gradients if ranks > 1 else 0
        return self.fixed + several + views * (self.kept + 2 * self.work + 4 * self.widest)


def footprint(experiment: Experiment, side: int, classes: tuple[str, ...]) -> Footprint:
    """The footprint on images of `side` pixels in these classes; raises what a part does that needs real numbers."""
    one = Images(torch.zeros(1, side, side, 3, dtype=torch.uint8), torch.zeros(1).long(), torch.zeros(1).long())
    model = build_model(experiment, DataSet(experiment.dataset, classes, "", one, one, one)).train()
    mode = FakeTensorMode()
    _forget_numbers(model, mode)
    with mode:
        few, more = (_passes(model, torch.zeros(number, 3, side, side)) for number in (FEW, 2 * FEW))
        state = _state(experiment, model)
    kept, same = (more.kept - few.kept) // FEW, 2 * few.kept - more.kept
    return Footprint(
        forward=few.forward // FEW,
        backward=few.backward // FEW,
        kept=kept,
        widest=(more.widest - few.widest) // FEW,
        work=4 * 3 * side * side,
        fixed=state.weights + state.gradients + state.optimizer + same,
        gradients=state.gradients,
    )


def _forget_numbers(model: nn.Module, mode: FakeTensorMode) -> None:
    """Leave of the model's weights and statistics their shapes."""
    for module in model.modules():
        for name, weight in module._parameters.items():
            if weight is not None:
                module._parameters[name] = nn.Parameter(mode.from_tensor(weight.detach()), weight.requires_grad)
        for name, buffer in module._buffers.items():
            module._buffers[name] = None if buffer is None else mode.from_tensor(buffer)


@dataclass(frozen=True)
class _Passes:
    forward: int
    backward: int
    kept: int
    widest: int


@dataclass(frozen=True)
class _State:
    weights: int
    gradients: int
    optimizer: int


def _passes(model: nn.Module, views: Tensor) -> _Passes:
    """What a forward and a backward pass of these views take; a storage that is kept twice counts once."""
    weights = {_key(weight) for weight in model.parameters()}
    kept: dict[int, Any] = {}

    def keep(tensor: Tensor) -> Tensor:
        if _key(tensor) not in weights:
            kept[_key(tensor)] = tensor.untyped_storage()
        return tensor

    with FlopCounterMode(display=False) as forward, torch.autograd.graph.saved_tensors_hooks(keep, lambda kept: kept):
        embedded = model(views)
    sizes = [storage.nbytes() for storage in kept.values()]
    with FlopCounterMode(display=False) as backward:
        embedded.sum().backward()
    return _Passes(forward.get_total_flops(), backward.get_total_flops(), sum(sizes), max(sizes))


def _state(experiment: Experiment, model: nn.Module) -> _State:
    """What does not depend on the batch, after a step of the optimizer."""
    optimizer = built(experiment.optimizer, model, experiment.weight_decay)
    optimizer.step()
    kept = [one for state in optimizer.state.values() for one in state.values() if isinstance(one, Tensor)]
    gradients = [weight.grad for weight in model.parameters() if weight.grad is not None]
    return _State(_bytes(list(model.state_dict().values())), _bytes(gradients), _bytes(kept))


def _chunk(experiment: Experiment) -> int:
    return experiment.bn_batch or experiment.batch_size


def _bytes(tensors: list[Tensor]) -> int:
    return sum(tensor.nbytes for tensor in tensors)


def _key(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)
