"""Projection heads: the official code's layers with batch norm, the paper's equation without."""

from typing import Any

import pytest
import torch
from torch import nn

from core.heads import MLP, Linear, NoHead


def layers(head: nn.Module) -> list[tuple[int, int, bool]]:
    """(inputs, outputs, has a bias) of each linear layer."""
    return [(m.in_features, m.out_features, m.bias is not None) for m in head.modules() if isinstance(m, nn.Linear)]


def kinds(head: nn.Module) -> list[str]:
    return [type(module).__name__ for module in head.children()]


def test_no_head_is_the_identity() -> None:
    h = torch.randn(4, 7)
    assert NoHead().build(7)(h) is h


def test_layers_have_the_shapes_that_were_asked_for() -> None:
    assert layers(Linear(width=5).build(7)) == [(7, 5, False)]
    assert layers(Linear(width=5, batch_norm=False).build(7)) == [(7, 5, True)]
    assert layers(MLP(width=5).build(7)) == [(7, 7, False), (7, 5, False)]
    assert layers(MLP(width=5, hidden=9).build(7)) == [(7, 9, False), (9, 5, False)]
    assert layers(MLP(width=5, hidden=9, layers=4).build(7)) == [(7, 9, False), *[(9, 9, False)] * 2, (9, 5, False)]
    assert layers(MLP(width=5, batch_norm=False).build(7)) == [(7, 7, True), (7, 5, True)]


def test_batch_norm_follows_each_layer() -> None:
    assert kinds(Linear().build(7)) == ["Linear", "BatchNorm1d"]
    assert kinds(MLP().build(7)) == ["Linear", "BatchNorm1d", "ReLU", "Linear", "BatchNorm1d"]
    assert kinds(MLP(batch_norm=False).build(7)) == ["Linear", "ReLU", "Linear"]


@pytest.mark.parametrize("head", [Linear(), MLP(), MLP(layers=3)], ids=repr)
def test_the_last_batch_norm_scales_but_does_not_center(head: Any) -> None:
    norms = [module for module in head.build(7).modules() if isinstance(module, nn.BatchNorm1d)]
    assert [norm.bias.requires_grad for norm in norms] == [True] * (len(norms) - 1) + [False]
    assert all(norm.weight.requires_grad for norm in norms)
    assert not norms[-1].bias.any()


def test_without_batch_norm_a_head_is_the_paper_s_equation() -> None:
    head = MLP(width=3, hidden=5, batch_norm=False).build(4)
    (w1, b1, w2, b2), h = head.parameters(), torch.randn(6, 4)
    torch.testing.assert_close(head(h), (h @ w1.T + b1).relu() @ w2.T + b2)


@pytest.mark.parametrize("head", [NoHead(), Linear(width=5), MLP(width=5), MLP(width=5, batch_norm=False)], ids=repr)
def test_a_head_leaves_the_representations_alone(head: Any) -> None:
    h = torch.randn(6, 5)
    before = h.clone()
    assert head.build(5)(h).shape == (6, 5)
    assert torch.equal(h, before)


def test_errors_name_the_setting_and_the_value() -> None:
    with pytest.raises(ValueError, match=r"^Linear\.width takes 1 or more, not 0$"):
        Linear(width=0)
    with pytest.raises(ValueError, match=r"^MLP\.width takes 1 or more, not -1$"):
        MLP(width=-1)
    with pytest.raises(ValueError, match=r"^MLP\.hidden takes None or 1 or more, not 0$"):
        MLP(hidden=0)
    with pytest.raises(ValueError, match=r"^MLP\.layers takes 2 or more, not 1; one layer is Linear$"):
        MLP(layers=1)
