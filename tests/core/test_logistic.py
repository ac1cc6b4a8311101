"""Logistic regression: its solution is a plain Newton solver's, for every penalty of the path."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from core.logistic import fit_logistic

PENALTIES = (1.0, 0.1, 0.01)


def problem(number: int = 60, width: int = 3, classes: int = 3) -> tuple[Tensor, Tensor]:
    """Overlapping classes, float64."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(number) % classes
    centers, noise = torch.randn(2, number, width, generator=generator, dtype=torch.float64)
    return centers[labels] + noise, labels


def objective(features: Tensor, labels: Tensor, solution: Tensor, penalty: float) -> Tensor:
    """`solution` (D + 1, classes): the weight, then the bias."""
    logits = features @ solution[:-1] + solution[-1]
    return F.cross_entropy(logits, labels) + penalty / 2 * solution[:-1].square().sum()


def newton(features: Tensor, labels: Tensor, classes: int, penalty: float) -> Tensor:
    solution = torch.zeros(features.shape[1] + 1, classes, dtype=torch.float64)
    for _ in range(20):
        leaf = solution.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(objective(features, labels, leaf, penalty), leaf)
        hessian = torch.autograd.functional.hessian(  # type: ignore[no-untyped-call]
            lambda s: objective(features, labels, s, penalty), solution
        )
        square = hessian.reshape(solution.numel(), -1)  # singular: a constant added to every bias says nothing
        solution = solution - (torch.linalg.pinv(square) @ gradient.flatten()).view_as(solution)
    return solution


def test_each_fit_of_the_path_is_newton_s() -> None:
    features, labels = problem()
    for penalty, (weight, bias) in zip(PENALTIES, fit_logistic(features, labels, PENALTIES), strict=True):
        ours, theirs = torch.cat([weight, bias[None]]), newton(features, labels, 3, penalty)
        best = objective(features, labels, theirs, penalty).item()
        assert objective(features, labels, ours, penalty).item() == pytest.approx(best, abs=1e-7)
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-3)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_gradient_vanishes_at_the_solution(dtype: torch.dtype) -> None:
    features, labels = problem(width=6)
    features = features.to(dtype)
    for penalty, (weight, bias) in zip(PENALTIES, fit_logistic(features, labels, PENALTIES), strict=True):
        solution = torch.cat([weight, bias[None]]).requires_grad_()
        (gradient,) = torch.autograd.grad(objective(features, labels, solution, penalty), solution)
        assert gradient.abs().max() < 1e-3


def test_a_path_gives_what_each_penalty_gives_alone() -> None:
    features, labels = problem()
    for penalty, (weight, bias) in zip(PENALTIES, fit_logistic(features, labels, PENALTIES), strict=True):
        ((alone, bias_alone),) = fit_logistic(features, labels, [penalty])
        torch.testing.assert_close((weight, bias), (alone, bias_alone), rtol=0, atol=1e-3)


def test_shapes_and_that_the_features_are_left_alone() -> None:
    features, labels = problem(width=5, classes=4)
    before = features.clone()
    ((weight, bias),) = fit_logistic(features, labels, [0.1])
    assert (weight.shape, bias.shape, weight.dtype) == ((5, 4), (4,), torch.float64)
    assert not weight.requires_grad
    assert torch.equal(features, before)
