"""The gradients with respect to normalized embeddings are the closed forms of Table 2."""

import math
from collections.abc import Callable

import pytest
import torch
from loss_loops import near_views
from torch import Tensor

from core.losses import Loss, MarginTriplet, NTLogistic, NTXent

# Table 2 gives the gradient for an anchor u with its v fixed: a weight on v+ (here the diagonal) and on each v-.
# As each embedding is an anchor, and a v of the others, the gradient of the mean is that of both roles together.
Weights = Callable[[Tensor, Tensor], Tensor]


def nt_xent_weights(similarity: Tensor, positive: Tensor) -> Tensor:
    share = (similarity / 0.3).exp() / (similarity / 0.3).exp().sum(1, keepdim=True)
    return torch.where(positive, -(1 - share) / 0.3, share / 0.3)


def nt_logistic_weights(similarity: Tensor, positive: Tensor) -> Tensor:
    negatives = len(similarity) - 1
    attraction, repulsion = torch.sigmoid(-similarity / 0.3) / 0.3, torch.sigmoid(similarity / 0.3) / 0.3
    return torch.where(positive, -attraction, repulsion / negatives)


def margin_weights(similarity: Tensor, positive: Tensor) -> Tensor:
    active = (similarity.diagonal()[:, None] - similarity < 0.4) & ~positive
    return torch.where(positive, -active.sum(1, keepdim=True).double(), active.double()) / (len(similarity) - 1)


@pytest.mark.parametrize(
    ("loss", "weights"),
    [
        (NTXent(0.3, normalize=False, one_view_negatives=True), nt_xent_weights),
        (NTLogistic(0.3, normalize=False), nt_logistic_weights),
        (MarginTriplet(0.4, normalize=False), margin_weights),
    ],
    ids=lambda part: getattr(part, "__name__", type(part).__name__),
)
def test_the_gradient_is_table_2s(loss: Loss, weights: Weights) -> None:
    first, second = (view.requires_grad_() for view in near_views())
    ours = torch.autograd.grad(loss(first, second), (first, second))
    first, second, positive = first.detach(), second.detach(), torch.eye(8, dtype=torch.bool)
    to_second, to_first = weights(first @ second.T, positive), weights(second @ first.T, positive)
    both = (to_second + to_first.T) / 16
    torch.testing.assert_close(ours, (both @ second, both.T @ first), rtol=0, atol=1e-12)


def test_the_gradient_of_nt_xent_with_all_negatives_is_table_2s() -> None:
    first, second = (view.requires_grad_() for view in near_views())
    ours = torch.cat(torch.autograd.grad(NTXent(0.3, normalize=False)(first, second), (first, second)))
    both = torch.cat([first, second]).detach()
    similarity = (both @ both.T).fill_diagonal_(-math.inf)  # an anchor is no negative of itself
    weights = nt_xent_weights(similarity, torch.eye(16, dtype=torch.bool).roll(8, 0)) / 16
    torch.testing.assert_close(ours, (weights + weights.T) @ both, rtol=0, atol=1e-12)
