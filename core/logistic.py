"""Multinomial logistic regression for a path of l2 penalties: L-BFGS in coordinates in which it needs few steps.

Features are correlated, which makes plain L-BFGS slow. Its unknown is therefore V = [W | b] A, where A is the Cholesky
factor of the Hessian (but for the coupling of the classes) at W = 0 with centered features. The minimum stays the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

_TOLERANCE = 1e-5  # of the gradient by V, whose Hessian is about 1: the objective is off by about its square


@dataclass(frozen=True)
class Classifier:
    """A linear classifier of standardized features: `mean`, `scale` (D,), `weight` (D, classes), `bias` (classes,)."""

    mean: Tensor
    scale: Tensor
    weight: Tensor
    bias: Tensor

    def __call__(self, features: Tensor) -> Tensor:
        """Features (N, D) to logits (N, classes)."""
        return (features - self.mean) / self.scale @ self.weight + self.bias


def choose_classifier(
    train: tuple[Tensor, Tensor], valid: tuple[Tensor, Tensor], penalties: Sequence[float]
) -> Classifier:
    """Fitted to `train` with each l2 penalty, the one that is best on `valid`: both features (N, D) and labels (N,).

    Of equally good penalties the strongest.
    """
    features, labels = train
    mean, scale = features.mean(0), features.std(0).clamp_min(1e-6)
    fits = fit_logistic((features - mean) / scale, labels, sorted(penalties, reverse=True))
    classifiers = [Classifier(mean, scale, weight, bias) for weight, bias in fits]
    right = [int((classify(valid[0]).argmax(1) == valid[1]).sum()) for classify in classifiers]
    return classifiers[right.index(max(right))]


def fit_logistic(features: Tensor, labels: Tensor, penalties: Sequence[float]) -> list[tuple[Tensor, Tensor]]:
    """Weight (D, classes) and bias (classes,) for each penalty, from features (N, D) and labels (N,).

    Minimizes mean cross entropy + l2 / 2 |weight|^2 (SimCLR, App. B.8); the bias is free. Each fit starts from the one
    before, so give penalties strongest first. Fastest where the features' means are 0.
    """
    classes = int(labels.max()) + 1
    count = len(features) * classes
    gram = (features.T @ features).double() / count
    weight, bias = features.new_zeros(classes, features.shape[1]), features.new_zeros(classes)
    fits = []
    for penalty in penalties:
        ridge = penalty * torch.eye(len(gram), device=gram.device)
        factor, failed = torch.linalg.cholesky_ex(gram + ridge)
        if failed:  # fewer images than features, and a penalty below the product's rounding
            gram = features.double().T @ features.double() / count
            factor = torch.linalg.cholesky(gram + ridge)
        weight, bias = _minimize(features, labels, penalty, weight, bias, factor.to(features.dtype))
        fits.append((weight.T.contiguous(), bias))
    return fits


def _minimize(
    features: Tensor, labels: Tensor, penalty: float, weight: Tensor, bias: Tensor, factor: Tensor
) -> tuple[Tensor, Tensor]:
    """Weight (classes, D) and bias at the minimum, found from those given; `factor` (D, D) is lower triangular."""
    scale = len(bias) ** -0.5  # the factor of the bias

    def solution() -> tuple[Tensor, Tensor]:
        return torch.linalg.solve_triangular(factor, unknown[:, :-1], upper=False, left=False), unknown[:, -1] / scale

    def objective() -> float:
        weight, bias = solution()
        loss, by_weight, by_bias = cross_entropy(features, labels, weight, bias)
        by_unknown = torch.linalg.solve_triangular(factor.T, by_weight + penalty * weight, upper=True, left=False)
        unknown.grad = torch.cat([by_unknown, by_bias[:, None] / scale], dim=1)
        return loss + penalty / 2 * float(weight.double().square().sum())

    unknown = torch.cat([weight @ factor, bias[:, None] * scale], dim=1)
    _lbfgs(unknown, objective)
    return solution()


def cross_entropy(features: Tensor, labels: Tensor, weight: Tensor, bias: Tensor) -> tuple[float, Tensor, Tensor]:
    """The mean cross entropy and its gradients by `weight` (classes, D) and `bias`, without autograd's passes.

    Classes come first, since logits (N, classes) would take several times as long on a CPU.
    """
    log_p = (weight @ features.T).add_(bias[:, None]).log_softmax(0)
    chosen = labels[None]
    loss = -float(log_p.gather(0, chosen).mean(dtype=torch.float64))
    errors = log_p.exp_().scatter_add_(0, chosen, log_p.new_full(chosen.shape, -1.0)).div_(len(labels))
    return loss, errors @ features, errors.sum(1)


def _lbfgs(unknown: Tensor, objective: Callable[[], float]) -> None:
    solver = torch.optim.LBFGS(
        [unknown],
        max_iter=200,
        tolerance_grad=_TOLERANCE,
        tolerance_change=0.0,
        history_size=20,
        line_search_fn="strong_wolfe",
    )
    solver.step(objective)  # type: ignore[no-untyped-call]
