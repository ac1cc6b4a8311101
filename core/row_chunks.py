"""Sums over the rows of a similarity matrix that is never whole: a chunk of anchors at a time, gradients included."""

from collections.abc import Callable, Iterator
from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

Terms = Callable[[Tensor, Tensor, int], Tensor]
"""`terms(anchors, candidates, start) -> sum` for the anchors (n, D) from row `start` on, and all candidates (M, D)."""

ENTRIES = 1 << 21
"""Similarities in a chunk: few enough for a processor's cache, many enough for a full-speed product."""
_ROWS = 128  # fewer would make the products thin where candidates are very many


def sum_over_rows(terms: Terms, anchors: Tensor, candidates: Tensor) -> Tensor:
    """The sum of `terms` over all anchors (N, D): a scalar, or, where no gradient is asked for, of any one shape.

    Gradients are taken chunk by chunk with the value, so that what is kept between forward and backward is (N, D) and
    (M, D), and nothing is computed twice. They cannot be differentiated again.
    """
    if torch.is_grad_enabled() and (anchors.requires_grad or candidates.requires_grad):
        return cast(Tensor, _RowSum.apply(terms, anchors, candidates))
    parts = [terms(anchors[rows], candidates, rows.start) for rows in _chunks(anchors, candidates)]
    return torch.stack(parts).sum(0)


def _chunks(anchors: Tensor, candidates: Tensor) -> Iterator[slice]:
    size = max(ENTRIES // len(candidates), _ROWS)
    for start in range(0, len(anchors), size):
        yield slice(start, min(start + size, len(anchors)))


class _RowSum(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, terms: Terms, anchors: Tensor, candidates: Tensor) -> Tensor:
        total = anchors.new_zeros(())
        all_candidates = candidates.detach().requires_grad_()
        anchor_gradient, candidate_gradient = torch.empty_like(anchors), torch.zeros_like(candidates)
        for rows in _chunks(anchors, candidates):
            chunk = anchors[rows].detach().requires_grad_()
            with torch.enable_grad():
                part = terms(chunk, all_candidates, rows.start)
            anchor_gradient[rows], gradient = torch.autograd.grad(part, (chunk, all_candidates))
            candidate_gradient += gradient
            total += part.detach()
        ctx.save_for_backward(anchor_gradient, candidate_gradient)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[None, Tensor, Tensor]:
        anchors, candidates = ctx.saved_tensors
        return None, gradient * anchors, gradient * candidates
