"""LARS is the plain loop of its description; each optimizer resumes to the same bits; the learning rate's course."""

import io
import math
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import nn

from core.optimizer import LARS, SGD, AdamW, learning_rate, parameter_groups, peak_learning_rate

Numbers = list[float]
each_optimizer = pytest.mark.parametrize(
    "part", [LARS(), SGD(), SGD(nesterov=True), AdamW()], ids=["LARS", "SGD", "Nesterov", "AdamW"]
)


class Parameters(nn.Module):
    """A kernel, a matrix of zeros, a matrix without gradient at first, a bias; and one that is not trained."""

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        kernel = torch.randn(2, 3, 2, 2, generator=generator, dtype=torch.float64)
        matrix, bias, fixed = torch.randn(3, 4, 4, generator=generator, dtype=torch.float64)
        self.kernel, self.zeros = nn.Parameter(kernel), nn.Parameter(torch.zeros(2, 2, dtype=torch.float64))
        self.idle, self.bias = nn.Parameter(matrix), nn.Parameter(bias[0].clone())
        self.fixed = nn.Parameter(fixed, requires_grad=False)


def set_gradients(module: nn.Module, step: int) -> None:
    """Random ones; those of `idle` are 0 at step 0."""
    generator = torch.Generator().manual_seed(100 + step)
    for name, parameter in module.named_parameters():
        gradient = torch.randn(parameter.shape, generator=generator, dtype=parameter.dtype)
        parameter.grad = gradient * (0.0 if name == "idle" and step == 0 else 1.0)


def steps(module: nn.Module, optimizer: torch.optim.Optimizer, numbers: range) -> None:
    for step in numbers:
        for group in optimizer.param_groups:
            group["lr"] = 0.3 + 0.1 * step
        set_gradients(module, step)
        optimizer.step()


def norm(numbers: Numbers) -> float:
    return math.sqrt(sum(number * number for number in numbers))


def lars_loop(p: Numbers, gradients: Iterator[Numbers], weight_decay: float, adapt: bool) -> Numbers:
    """facts.md: g += wd p; trust = 0.001 |p| / |g|, 1 if either norm is 0; v = 0.9 v + lr trust g; p -= v."""
    v = [0.0] * len(p)
    for step, g in enumerate(gradients):
        g = [a + weight_decay * b for a, b in zip(g, p, strict=True)]
        trust = 0.001 * norm(p) / norm(g) if adapt and norm(p) > 0 and norm(g) > 0 else 1.0
        v = [0.9 * a + (0.3 + 0.1 * step) * trust * b for a, b in zip(v, g, strict=True)]
        p = [a - b for a, b in zip(p, v, strict=True)]
    return p


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
def test_lars_is_the_loop_of_its_description(weight_decay: float) -> None:
    module = Parameters()
    before = {name: parameter.detach().flatten().tolist() for name, parameter in module.named_parameters()}
    steps(module, LARS().build(module, weight_decay), range(4))

    def gradients(name: str) -> Iterator[Numbers]:
        again = Parameters()
        for step in range(4):
            set_gradients(again, step)
            gradient = dict(again.named_parameters())[name].grad
            assert gradient is not None
            yield gradient.flatten().tolist()

    for name in ("kernel", "zeros", "idle"):
        loop = lars_loop(before[name], gradients(name), weight_decay, adapt=True)
        assert dict(module.named_parameters())[name].detach().flatten().tolist() == pytest.approx(loop, abs=1e-12)
    assert module.bias.tolist() == pytest.approx(
        lars_loop(before["bias"], gradients("bias"), 0, adapt=False), abs=1e-12
    )
    assert module.fixed.flatten().tolist() == before["fixed"]


def test_the_first_step_of_lars_has_the_norm_that_its_trust_says() -> None:
    module = Parameters()
    before = module.kernel.detach().clone()
    steps(module, LARS().build(module, 0.0), range(1))
    torch.testing.assert_close((module.kernel - before).norm(), 0.001 * 0.3 * before.norm(), rtol=1e-12, atol=0)


def test_only_matrices_and_kernels_decay() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 2))
    module[1].bias.requires_grad_(False)
    wide, narrow = parameter_groups(module, 0.1)
    assert [p.shape for p in wide["params"]] == [(4, 3, 3, 3), (2, 4)]
    assert [p.shape for p in narrow["params"]] == [(4,), (4,), (2,)]
    assert (wide["weight_decay"], narrow["weight_decay"]) == (0.1, 0.0)


@each_optimizer
def test_weight_decay_spares_what_is_not_a_matrix(part: Any) -> None:
    with_decay, without_decay = Parameters(), Parameters()
    steps(with_decay, part.build(with_decay, 0.5), range(3))
    steps(without_decay, part.build(without_decay, 0.0), range(3))
    assert torch.equal(with_decay.bias, without_decay.bias)
    assert not torch.equal(with_decay.kernel, without_decay.kernel)


def test_sgd_and_adamw_are_torch_s() -> None:
    pairs: list[tuple[Any, Callable[[list[nn.Parameter]], torch.optim.Optimizer]]] = [
        (SGD(momentum=0.8, nesterov=True), lambda p: torch.optim.SGD(p, lr=1.0, momentum=0.8, nesterov=True)),
        (AdamW(beta1=0.8, beta2=0.9), lambda p: torch.optim.AdamW(p, lr=1.0, betas=(0.8, 0.9), weight_decay=0.0)),
    ]
    for part, theirs in pairs:
        ours, reference = Parameters(), Parameters()
        steps(ours, part.build(ours, 0.0), range(3))
        steps(reference, theirs([p for p in reference.parameters() if p.requires_grad]), range(3))
        torch.testing.assert_close(ours.state_dict(), reference.state_dict(), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("part", "change", "words"),
    [
        (LARS, {"momentum": -3.0}, "LARS.momentum takes 0 or more and less than 1, not -3.0"),
        (LARS, {"trust": 0.0}, "LARS.trust takes more than 0, not 0.0"),
        (SGD, {"momentum": 1.0}, "SGD.momentum takes 0 or more and less than 1, not 1.0"),
        (SGD, {"momentum": 0.0, "nesterov": True}, "SGD.nesterov takes a momentum above 0"),
        (AdamW, {"beta1": 7.0}, "AdamW.beta1 takes 0 or more and less than 1, not 7.0"),
        (AdamW, {"beta2": 1.0}, "AdamW.beta2 takes 0 or more and less than 1, not 1.0"),
    ],
)
def test_an_optimizer_that_cannot_train_is_refused_when_it_is_made(part: Any, change: Any, words: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
        part(**change)


@each_optimizer
def test_a_resumed_optimizer_makes_the_same_bits(part: Any) -> None:
    whole = Parameters()
    steps(whole, part.build(whole, 0.1), range(6))
    first = Parameters()
    optimizer = part.build(first, 0.1)
    steps(first, optimizer, range(3))
    buffer = io.BytesIO()
    torch.save({"module": first.state_dict(), "optimizer": optimizer.state_dict()}, buffer)
    buffer.seek(0)
    kept, second = torch.load(buffer, weights_only=True), Parameters()
    second.load_state_dict(kept["module"])
    optimizer = part.build(second, 0.1)
    optimizer.load_state_dict(kept["optimizer"])
    steps(second, optimizer, range(3, 6))
    for ours, theirs in zip(second.parameters(), whole.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_the_learning_rate_warms_up_and_falls_to_zero_as_a_cosine() -> None:
    course = [learning_rate(step, 10, 110, 4.8) for step in range(111)]
    assert [course[step] for step in (0, 5, 10, 60, 110)] == pytest.approx([0, 2.4, 4.8, 2.4, 0], abs=1e-12)
    assert course[35] == pytest.approx(4.8 * (1 + math.sqrt(0.5)) / 2, abs=1e-12)
    assert course[:11] == sorted(course[:11])
    assert course[10:] == sorted(course[10:], reverse=True)
    assert learning_rate(0, 0, 100, 4.8) == 4.8
    assert learning_rate(7, 20, 10, 4.8) == pytest.approx(4.8 * 7 / 20)  # a warm-up longer than the run
    with pytest.raises(ValueError, match=r"^step takes 0 to 110, not 111$"):
        learning_rate(111, 10, 110, 4.8)


def test_scalings_agree_at_the_paper_s_batch_size() -> None:
    assert peak_learning_rate(0.3, "linear", 4096) == pytest.approx(4.8)
    assert peak_learning_rate(0.075, "sqrt", 4096) == pytest.approx(4.8)
    assert peak_learning_rate(0.3, "linear", 256) == pytest.approx(0.3)
    assert peak_learning_rate(0.075, "sqrt", 256) == pytest.approx(1.2)
    assert peak_learning_rate(4.8, "none", 256) == 4.8
