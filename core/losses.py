"""Losses of views: `loss(*views) -> scalar`, each view (N, D), a mean over the batch. A function of two tensors is one.

Row i of each view belongs to image i: the other views' row i is its positive, the other images' rows its negatives.
NT-Logistic and the margin triplet take negatives from the other view only, as all losses of Table 4 did (App. B.10).
"""

import math
from collections.abc import Callable
from itertools import combinations

import torch
import torch.nn.functional as F
from torch import Tensor

from core.row_chunks import sum_over_rows
from core.signatures import check_function
from core.triplets import mean_over_triples
from core.value import check, value

Loss = Callable[..., Tensor]


@value
class NTXent:
    """Normalized temperature-scaled cross entropy, Eq. 1 and Algorithm 1; the mean over all 2N anchors.

    An anchor is told from its positive among 2N - 2 negatives, or, with `one_view_negatives`, among the N - 1 of the
    other view (Table 4's protocol). Without `normalize` similarities are dot products (Table 5).
    """

    temperature: float = 0.1
    normalize: bool = True
    one_view_negatives: bool = False

    def __post_init__(self) -> None:
        _check_temperature(self)

    def __call__(self, first: Tensor, second: Tensor) -> Tensor:
        """Views (N, D) and (N, D) to a scalar."""
        first, second = embeddings(self.normalize, first, second)
        if self.one_view_negatives:
            total = sum_over_rows(self._terms, first, second) + sum_over_rows(self._terms, second, first)
        else:
            both = torch.cat([first, second])
            total = sum_over_rows(self._terms, both, both)
        return total / (2 * len(first))

    def _terms(self, anchors: Tensor, candidates: Tensor, start: int) -> Tensor:
        logits = anchors / self.temperature @ candidates.T
        positives = torch.arange(start, start + len(anchors), device=anchors.device)
        if not self.one_view_negatives:
            _hide_anchors(logits, start)
            positives = (positives + len(candidates) // 2) % len(candidates)
        return F.cross_entropy(logits, positives, reduction="sum")


@value
class MultiPositive:
    """NT-Xent of K views with the K - 1 positives of an anchor summed inside the logarithm; NT-Xent itself at K = 2.

    Khosla et al. 2020, "Supervised Contrastive Learning", Eq. 3, with each image its own class, less the constant
    log(K - 1); the mean over all KN anchors, each told from K (N - 1) negatives.
    """

    temperature: float = 0.1
    normalize: bool = True

    def __post_init__(self) -> None:
        _check_temperature(self)

    def __call__(self, *views: Tensor) -> Tensor:
        """K views, each (N, D), to a scalar."""
        number = len(views[0])

        def terms(anchors: Tensor, candidates: Tensor, start: int) -> Tensor:
            logits = anchors / self.temperature @ candidates.T
            _hide_anchors(logits, start)
            images = torch.arange(start, start + len(anchors), device=anchors.device) % number
            places = images[:, None] + number * torch.arange(len(views), device=anchors.device)
            return (logits.logsumexp(1) - logits.gather(1, places).logsumexp(1)).sum()

        every = torch.cat(embeddings(self.normalize, *views))
        return sum_over_rows(terms, every, every) / len(every)


@value
class NTLogistic:
    """NT-Logistic, Table 2: -log s(u.v+/tau) - log s(-u.v-/tau), s the logistic function; the mean over all triples.

    The paper leaves the reduction open; the mean over triples (u, v+, v-) weighs positives and negatives alike.
    `semi_hard` keeps of each anchor's negatives the most similar one that is less similar than the positive; an anchor
    without any gives zero.
    """

    temperature: float = 0.2
    normalize: bool = True
    semi_hard: bool = False

    def __post_init__(self) -> None:
        _check_temperature(self)

    def __call__(self, first: Tensor, second: Tensor) -> Tensor:
        """Views (N, D) and (N, D) to a scalar."""

        def triplet(positive: Tensor, negative: Tensor) -> Tensor:
            return F.softplus(-positive / self.temperature) + F.softplus(negative / self.temperature)

        within = math.inf if self.semi_hard else None
        return mean_over_triples(triplet, embeddings(self.normalize, first, second), within)


@value
class MarginTriplet:
    """Margin triplet, Table 2: max(u.v- - u.v+ + margin, 0); the mean over all triples.

    `semi_hard` (Schroff et al. 2015) keeps of each anchor's negatives the most similar one that is less similar than
    the positive, by less than the margin; an anchor without any gives zero.
    """

    margin: float = 0.8
    normalize: bool = True
    semi_hard: bool = False

    def __post_init__(self) -> None:
        check(self.margin >= 0, f"MarginTriplet.margin takes 0 or more, not {self.margin}")
        learns = self.margin > 0 or not self.semi_hard
        check(learns, "MarginTriplet.margin takes more than 0 with semi_hard: no negative lies within a margin of 0")

    def __call__(self, first: Tensor, second: Tensor) -> Tensor:
        """Views (N, D) and (N, D) to a scalar."""

        def triplet(positive: Tensor, negative: Tensor) -> Tensor:
            return F.relu(negative - positive + self.margin)

        within = self.margin if self.semi_hard else None
        return mean_over_triples(triplet, embeddings(self.normalize, first, second), within)


@value
class CrossEntropy:
    """The supervised arm: a linear classifier on the embeddings learns the labels."""

    def __call__(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Logits (N, classes) and labels (N,) to a scalar."""
        return F.cross_entropy(logits, labels)


@value
class pairwise:  # noqa: N801 - it reads as the function of a loss that it is
    """Carries a loss of two views to any number of them: the mean over all pairs."""

    loss: Loss

    def __post_init__(self) -> None:
        check_function(self.loss, "pairwise.loss", ("first", "second"))

    def __call__(self, *views: Tensor) -> Tensor:
        """K views, each (N, D), to a scalar."""
        return torch.stack([self.loss(first, second) for first, second in combinations(views, 2)]).mean()


def embeddings(normalize: bool, *views: Tensor) -> tuple[Tensor, ...]:
    """The views (N, D), on the unit sphere if asked."""
    return tuple(F.normalize(view, dim=1) for view in views) if normalize else views


def _hide_anchors(logits: Tensor, start: int) -> None:
    """Keep the anchors from row `start` on from being their own candidates: their logits (n, M) become -inf."""
    with torch.no_grad():  # what is hidden has no gradient: its softmax is 0
        logits.diagonal(start).fill_(-math.inf)


def _check_temperature(loss: NTXent | NTLogistic | MultiPositive) -> None:
    check(loss.temperature > 0, f"{type(loss).__name__}.temperature takes more than 0, not {loss.temperature}")
