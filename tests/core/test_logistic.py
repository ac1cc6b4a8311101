"""Logistic regression: its solution is a plain Newton solver's, for every penalty of the path."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from core.logistic import choose_classifier, cross_entropy, fit_logistic

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


def relu_features(number: int = 400, width: int = 12) -> tuple[Tensor, Tensor]:
    """As encoders make them: correlated, not separable, one that is always 0; float64, standardized."""
    generator = torch.Generator().manual_seed(1)
    labels = torch.arange(number) % 4
    centers = torch.randn(4, 3, generator=generator, dtype=torch.float64)
    latent = centers[labels] + torch.randn(number, 3, generator=generator, dtype=torch.float64)
    features = torch.relu(latent @ torch.randn(3, width, generator=generator, dtype=torch.float64))
    features[:, 0] = 0
    return (features - features.mean(0)) / features.std(0).clamp_min(1e-6), labels


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_correlated_features_under_weak_penalties_are_fitted_to_the_end(dtype: torch.dtype) -> None:
    """Stated tolerance: the objective within 1e-6 of the float64 minimum, each class's probability within 1e-3."""
    features, labels = relu_features()
    penalties = (1e-1, 1e-3, 1e-5)
    for penalty, fit in zip(penalties, fit_logistic(features.to(dtype), labels, penalties), strict=True):
        ours, theirs = torch.cat([fit[0], fit[1][None]]).double(), newton(features, labels, 4, penalty)
        gap = objective(features, labels, ours, penalty) - objective(features, labels, theirs, penalty)
        assert -1e-12 <= gap.item() < 1e-6
        p, q = ((features @ solution[:-1] + solution[-1]).softmax(1) for solution in (ours, theirs))
        torch.testing.assert_close(p, q, rtol=0, atol=1e-3)


def test_fewer_images_than_features_are_fitted_under_any_penalty() -> None:
    generator = torch.Generator().manual_seed(0)
    features, labels = torch.randn(40, 8, generator=generator), torch.arange(40) % 2
    features = (features @ torch.randn(8, 512, generator=generator)).relu()
    features = (features - features.mean(0)) / features.std(0).clamp_min(1e-6)
    gram = (features.T @ features).double() / 80
    assert torch.linalg.cholesky_ex(gram + 1e-7 * torch.eye(512))[1] > 0, "else this test shows nothing"
    for weight, bias in fit_logistic(features, labels, (1e-2, 1e-7)):
        assert bool(((features @ weight + bias).argmax(1) == labels).all())


def test_the_gradients_are_autograds() -> None:
    features, labels = problem(width=6)
    weight, bias = torch.randn(3, 7, dtype=torch.float64, requires_grad=True).split([6, 1], dim=1)
    loss, by_weight, by_bias = cross_entropy(features, labels, weight.detach(), bias[:, 0].detach())
    theirs = F.cross_entropy(features @ weight.T + bias[:, 0], labels)
    assert loss == pytest.approx(theirs.item(), abs=1e-12)
    expected = torch.autograd.grad(theirs, [weight, bias])
    torch.testing.assert_close((by_weight, by_bias[:, None]), expected)


def test_the_strongest_of_equally_good_penalties_is_chosen() -> None:
    features, labels = problem()
    some = features[:30], labels[:30]
    chosen = choose_classifier(some, (features[:0], labels[:0]), (0.01, 1.0, 0.1))
    assert torch.equal(chosen.weight, choose_classifier(some, some, (1.0,)).weight)
    torch.testing.assert_close(
        chosen(features), (features - some[0].mean(0)) / some[0].std(0) @ chosen.weight + chosen.bias
    )
