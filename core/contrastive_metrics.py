"""How hard the contrastive task is (SimCLR, Table 5): accuracy and entropy of telling an image's other view."""

import math

import torch
from torch import Tensor

from core.losses import Loss, embeddings, pairwise
from core.row_chunks import sum_over_rows


def contrastive_metrics(loss: Loss, first: Tensor, second: Tensor) -> dict[str, Tensor]:
    """Scalars over the N cross-view logits of (N, D) views.

    contrastive_top1 in percent and contrastive_entropy of the softmax in nats, means of both directions at the loss's
    own temperature and normalization; contrastive_entropy_limit is ln N, the entropy of knowing nothing.
    """
    loss = loss.loss if isinstance(loss, pairwise) else loss
    first, second = embeddings(getattr(loss, "normalize", True), first.detach(), second.detach())
    temperature = getattr(loss, "temperature", 1.0)

    def terms(anchors: Tensor, candidates: Tensor, start: int) -> Tensor:
        logarithms = (anchors / temperature @ candidates.T).log_softmax(1)
        images = torch.arange(start, start + len(anchors), device=anchors.device)
        right = (logarithms.argmax(1) == images).sum()
        return torch.stack([100 * right, -(logarithms.exp() * logarithms).sum()])

    sums = sum_over_rows(terms, first, second) + sum_over_rows(terms, second, first)
    top1, entropy = sums / (2 * len(first))
    limit = torch.full_like(top1, math.log(len(first)))
    return {"contrastive_top1": top1, "contrastive_entropy": entropy, "contrastive_entropy_limit": limit}
