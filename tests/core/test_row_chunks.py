"""Losses by row chunks equal the plain dense ones at any chunk size, and keep no (2N, 2N) matrix."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from loss_loops import near_views
from torch import Tensor

from core import row_chunks
from core.contrastive_metrics import contrastive_metrics
from core.losses import Loss, MarginTriplet, MultiPositive, NTLogistic, NTXent

LOSSES: list[Loss] = [
    NTXent(0.1),
    NTXent(0.1, one_view_negatives=True),
    MultiPositive(0.1),
    NTLogistic(0.2),
    NTLogistic(0.2, semi_hard=True),
    MarginTriplet(0.4),
    MarginTriplet(0.4, semi_hard=True),
]


def views(number: int, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    drawn = torch.randn(2, number, 12, generator=torch.Generator().manual_seed(number), dtype=torch.float64)
    first = drawn[0]
    return first.to(dtype), (first + 2 * drawn[1]).to(dtype)


def value_and_gradient(loss: Loss, pair: tuple[Tensor, Tensor]) -> Tensor:
    leaves = [view.clone().requires_grad_() for view in pair]
    value = loss(*leaves)
    return torch.cat([value.detach().view(1), *(part.flatten() for part in torch.autograd.grad(3 * value, leaves))])


def chunks_of(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_chunks, "ENTRIES", 0)
    monkeypatch.setattr(row_chunks, "_ROWS", rows)


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
@settings(max_examples=15)
@given(number=st.integers(3, 40), rows=st.integers(1, 90))
def test_any_chunk_size_gives_the_float64_value_and_gradient(loss: Loss, number: int, rows: int) -> None:
    whole = value_and_gradient(loss, views(number, torch.float64))
    with pytest.MonkeyPatch.context() as patch:
        chunks_of(rows, patch)
        exact = value_and_gradient(loss, views(number, torch.float64))
        single = value_and_gradient(loss, views(number, torch.float32)).double()
    torch.testing.assert_close(exact, whole, rtol=1e-10, atol=1e-12)
    assert (single - whole).norm() <= 1e-5 * whole.norm()


def dense_nt_xent(first: Tensor, second: Tensor) -> Tensor:
    both = F.normalize(torch.cat([first, second]), dim=1)
    logits = (both @ both.T / 0.1).fill_diagonal_(-torch.inf)
    return F.cross_entropy(logits, torch.arange(2 * len(first)).roll(len(first)))


def test_nt_xent_of_many_chunks_is_the_dense_one_of_autograd() -> None:
    pair = views(1500, torch.float32)  # 3000 candidates: chunks of 699 rows, and a last short one
    dense = value_and_gradient(dense_nt_xent, (pair[0].double(), pair[1].double()))
    assert (value_and_gradient(NTXent(0.1), pair) - dense).norm() <= 1e-5 * dense.norm()


def test_metrics_do_not_depend_on_the_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = contrastive_metrics(NTXent(0.1), *near_views())
    chunks_of(3, monkeypatch)
    torch.testing.assert_close(contrastive_metrics(NTXent(0.1), *near_views()), whole)


def test_a_view_that_is_not_trained_gets_no_gradient() -> None:
    first, second = near_views()
    first.requires_grad_()
    NTXent(0.1)(first, second).backward()  # type: ignore[no-untyped-call]
    assert first.grad is not None
    assert second.grad is None


def test_nothing_as_large_as_the_matrix_is_kept_for_backward() -> None:
    kept: list[int] = []

    def keep(tensor: Tensor) -> Tensor:
        kept.append(tensor.numel())
        return tensor

    first, second = views(600, torch.float32)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        NTXent(0.1)(first.requires_grad_(), second.requires_grad_())
    assert max(kept) <= max(row_chunks.ENTRIES, 1200 * 12)
    assert sum(size for size in kept if size > 1200 * 12) <= 4 * row_chunks.ENTRIES
