"""Means over triples (anchor, positive, negative) of two views, with all negatives or a semi-hard one an anchor."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from core.row_chunks import sum_over_rows


def mean_over_triples(
    triplet: Callable[[Tensor, Tensor], Tensor], views: tuple[Tensor, ...], semi_hard_margin: float | None
) -> Tensor:
    """The mean of `triplet(positive, negative)` over all triples, or over anchors with one semi-hard negative each."""

    def terms(anchors: Tensor, candidates: Tensor, start: int) -> Tensor:
        similarity = anchors @ candidates.T
        positive = similarity.diagonal(start)[:, None]
        if semi_hard_margin is not None:
            return _semi_hard(triplet, similarity, positive, semi_hard_margin, start)
        every = triplet(positive, similarity)
        return (every.sum() - every.diagonal(start).sum()) / (len(candidates) - 1)

    first, second = views
    return (sum_over_rows(terms, first, second) + sum_over_rows(terms, second, first)) / (2 * len(first))


def _semi_hard(
    triplet: Callable[[Tensor, Tensor], Tensor], similarity: Tensor, positive: Tensor, margin: float, start: int
) -> Tensor:
    """The sum of `triplet` over rows of (n, N) similarities, whose positives (n, 1) lie on the diagonal at `start`."""
    eligible = (similarity < positive) & (similarity > positive - margin)
    eligible.diagonal(start).fill_(False)
    hardest = similarity.masked_fill(~eligible, -math.inf).argmax(1, keepdim=True)
    terms = triplet(positive, similarity.gather(1, hardest))
    return torch.where(eligible.any(1, keepdim=True), terms, 0.0).sum()
