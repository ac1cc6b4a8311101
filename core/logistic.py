"""Multinomial logistic regression by L-BFGS, for a path of l2 penalties."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


def fit_logistic(features: Tensor, labels: Tensor, penalties: Sequence[float]) -> list[tuple[Tensor, Tensor]]:
    """Weight (D, classes) and bias (classes,) for each penalty, from features (N, D) and labels (N,).

    Minimizes mean cross entropy + l2 / 2 |weight|^2; each fit starts from the one before, so give penalties strongest
    first.
    """
    classes = int(labels.max()) + 1
    weight = features.new_zeros(features.shape[1], classes, requires_grad=True)
    bias = features.new_zeros(classes, requires_grad=True)
    fits = []
    for penalty in penalties:
        _minimize(features, labels, weight, bias, penalty)
        fits.append((weight.detach().clone(), bias.detach().clone()))
    return fits


def _minimize(features: Tensor, labels: Tensor, weight: Tensor, bias: Tensor, penalty: float) -> None:
    solver = torch.optim.LBFGS(
        [weight, bias], max_iter=100, tolerance_grad=1e-5, tolerance_change=1e-7, line_search_fn="strong_wolfe"
    )

    def objective() -> Tensor:
        solver.zero_grad()
        loss = F.cross_entropy(features @ weight + bias, labels) + penalty / 2 * weight.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    solver.step(objective)  # type: ignore[no-untyped-call]
