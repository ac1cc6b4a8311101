"""Batch norm with the statistics of all ranks' rows: one process's, whatever computes it, on any device.

torch's SyncBatchNorm refuses the CPU, and only takes the place of torch's own modules. Here it is the function beneath
them that is replaced, so that layers of one's own and timm's are global too, and a model is the same on one process.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.overrides import TorchFunctionMode

from core import ranks


def global_batch_norm() -> AbstractContextManager[Any]:
    """In this block batch norm in training is over the rows of all ranks; alone nothing changes."""
    return _Global() if ranks.world_size() > 1 else nullcontext()


class _Global(TorchFunctionMode):
    def __torch_function__(
        self,
        function: Callable[..., Any],
        types: Iterable[type],
        arguments: tuple[Any, ...] = (),
        named: Mapping[str, Any] | None = None,
    ) -> Any:
        chosen = batch_norm if function is F.batch_norm else function
        return chosen(*arguments, **(named or {}))


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """F.batch_norm of the rows (N, C, ...) of all ranks, as many on each; updates the running statistics as it does."""
    if not training:
        return F.batch_norm(input, running_mean, running_var, weight, bias, False, momentum, eps)
    mean, var, number = _statistics(input.detach())
    if running_mean is not None and running_var is not None:
        running_mean.lerp_(mean.to(running_mean.dtype), momentum)
        running_var.lerp_((var * (number / (number - 1))).to(running_var.dtype), momentum)
    weight = mean.new_ones(len(mean)) if weight is None else weight
    bias = mean.new_zeros(len(mean)) if bias is None else bias
    return cast(Tensor, _Normalize.apply(input, weight, bias, mean, var, number, eps))


def _statistics(rows: Tensor) -> tuple[Tensor, Tensor, int]:
    """Mean and biased variance (C,) of all ranks' rows (N, C, ...), from those of each; and how many numbers they tell.

    Squares of means are not subtracted from means of squares, which would cost the digits that they share.
    """
    wide = rows if rows.dtype == torch.float64 else rows.float()
    var, mean = torch.var_mean(wide, [0, *range(2, rows.ndim)], correction=0)
    means, variances = ranks.all_gather(torch.stack([mean, var])[None]).unbind(1)
    mean = means.mean(0)
    number = ranks.world_size() * (rows.numel() // rows.shape[1])
    return mean, (variances + (means - mean).square()).mean(0), number


class _Normalize(torch.autograd.Function):
    """weight (x - mean) / sqrt(var + eps) + bias, and its gradient through mean and var, which all ranks share.

    With dy the gradient at the output and x' = (x - mean) / sqrt(var + eps), that at x is
    weight / sqrt(var + eps) (dy - sum(dy) / n - x' sum(dy x') / n), the sums over the n numbers of all ranks. torch's
    own backward for fixed statistics gives the first term and this rank's sums; the rest is linear in x.
    """

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, mean: Tensor, var: Tensor, number: int, eps: float
    ) -> Tensor:
        ctx.save_for_backward(x, weight, mean, var)
        ctx.number, ctx.eps = number, eps
        return F.batch_norm(x, mean, var, weight, bias, False, 0.0, eps)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, mean, var = ctx.saved_tensors
        by_x, by_weight, by_bias = torch.ops.aten.native_batch_norm_backward(
            gradient, x, weight, mean, var, None, None, False, ctx.eps, [True, True, True]
        )
        scale = (var + ctx.eps).rsqrt()
        sum_of_products, total = ranks.all_reduce(torch.stack([by_weight, by_bias])).unbind()
        slope = -weight * scale.square() * sum_of_products / ctx.number
        offset = -weight * scale * total / ctx.number - slope * mean
        shape = (1, -1, *[1] * (x.ndim - 2))
        by_x += torch.addcmul(offset.view(shape), x, slope.view(shape))
        return by_x, by_weight, by_bias, None, None, None, None
