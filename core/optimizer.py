"""Optimizers and the learning rate's course: LARS as the official code has it, SGD, AdamW; warm-up, cosine, scaling."""

import math
from collections.abc import Callable, Iterable
from typing import Any, Literal, overload

import torch
from torch import Tensor, nn

from core.value import check, value

LearningRateScaling = Literal["none", "linear", "sqrt"]


@value
class LARS:
    """Layer-wise adaptive rate scaling (You et al. 2017), the paper's optimizer; `trust` is its coefficient."""

    momentum: float = 0.9
    trust: float = 0.001

    def __post_init__(self) -> None:
        _check_decay("LARS.momentum", self.momentum)
        check(self.trust > 0, f"LARS.trust takes more than 0, not {self.trust}")

    def build(self, module: nn.Module, weight_decay: float) -> torch.optim.Optimizer:
        """An optimizer of the module's parameters; the learning rate is set before each step."""
        return LayerwiseSGD(parameter_groups(module, weight_decay), self.momentum, self.trust)


@value
class SGD:
    """Stochastic gradient descent with momentum."""

    momentum: float = 0.9
    nesterov: bool = False

    def __post_init__(self) -> None:
        _check_decay("SGD.momentum", self.momentum)
        check(self.momentum > 0 or not self.nesterov, "SGD.nesterov takes a momentum above 0")

    def build(self, module: nn.Module, weight_decay: float) -> torch.optim.Optimizer:
        """An optimizer of the module's parameters; the learning rate is set before each step."""
        groups = parameter_groups(module, weight_decay)
        return torch.optim.SGD(groups, lr=0.0, momentum=self.momentum, nesterov=self.nesterov)


@value
class AdamW:
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019)."""

    beta1: float = 0.9
    beta2: float = 0.999

    def __post_init__(self) -> None:
        _check_decay("AdamW.beta1", self.beta1)
        _check_decay("AdamW.beta2", self.beta2)

    def build(self, module: nn.Module, weight_decay: float) -> torch.optim.Optimizer:
        """An optimizer of the module's parameters; the learning rate is set before each step."""
        return torch.optim.AdamW(parameter_groups(module, weight_decay), lr=0.0, betas=(self.beta1, self.beta2))


class LayerwiseSGD(torch.optim.Optimizer):
    """g += wd p; v = momentum v + lr trust |p| / |g| g; p -= v. The trust ratio is 1 where a norm is 0.

    The learning rate lies inside the momentum ("classic"). Groups with `adapt=False` (batch norm, biases) get no trust
    ratio. After github.com/google-research/simclr, lars_optimizer.py, first release.
    """

    def __init__(self, groups: Iterable[dict[str, Any]], momentum: float, trust: float) -> None:
        super().__init__(groups, {"lr": 0.0, "weight_decay": 0.0, "momentum": momentum, "trust": trust, "adapt": True})

    @overload
    def step(self, closure: None = None) -> None: ...
    @overload
    def step(self, closure: Callable[[], float]) -> float: ...
    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """One step on the gradients there are."""
        loss = closure() if closure is not None else None
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._update(parameter, group)
        return loss

    def _update(self, parameter: Tensor, group: dict[str, Any]) -> None:
        assert parameter.grad is not None
        gradient = parameter.grad.add(parameter, alpha=group["weight_decay"])
        if group["adapt"]:
            weight_norm, gradient_norm = parameter.norm(), gradient.norm()
            ratio = group["trust"] * weight_norm / gradient_norm
            gradient = gradient * torch.where((weight_norm > 0) & (gradient_norm > 0), ratio, 1.0)
        state = self.state[parameter]
        if "velocity" not in state:
            state["velocity"] = torch.zeros_like(parameter)
        velocity = state["velocity"]
        velocity.mul_(group["momentum"]).add_(gradient, alpha=group["lr"])
        parameter.sub_(velocity)


def _check_decay(name: str, rate: float) -> None:
    check(0 <= rate < 1, f"{name} takes 0 or more and less than 1, not {rate}")


def parameter_groups(module: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Matrices and kernels, which decay and adapt; then batch norm and biases, which do neither."""
    trained = [parameter for parameter in module.parameters() if parameter.requires_grad]
    wide = [parameter for parameter in trained if parameter.ndim > 1]
    narrow = [parameter for parameter in trained if parameter.ndim <= 1]
    groups: list[dict[str, Any]] = [
        {"params": wide, "weight_decay": weight_decay, "adapt": True},
        {"params": narrow, "weight_decay": 0.0, "adapt": False},
    ]
    return [group for group in groups if group["params"]]


def peak_learning_rate(rate: float, scaling: LearningRateScaling, batch_size: int) -> float:
    """The rate after warm-up: `rate` is per 256 images under linear scaling, per sqrt(image) under sqrt (Table B.1)."""
    return rate * {"none": 1.0, "linear": batch_size / 256, "sqrt": math.sqrt(batch_size)}[scaling]


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Give all groups of parameters this rate."""
    for group in optimizer.param_groups:
        group["lr"] = rate


def learning_rate(step: int, warmup: int, total: int, peak: float) -> float:
    """The rate of step 0, 1, ...: linear from 0 over `warmup` steps, then a cosine to 0 at `total`, no restarts."""
    check(0 <= step <= total, f"step takes 0 to {total}, not {step}")
    if step < warmup:
        return peak * step / warmup
    return peak * 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(total - warmup, 1)))
