"""Projection heads g(.): representations h (N, features) -> embeddings z (N, width), Sec. 4.2 and Fig. 8.

A head is a value with `.build(features) -> nn.Module`, or a module-level function of `features` that returns one.
With `batch_norm` the layers are those of the official code (no bias; the last batch norm scales but does not center);
without it they are the paper's equation z = W2 relu(W1 h), with biases. Weights begin as torch's Linear has them, where
the official code draws them with a standard deviation of 0.01.
"""

from torch import nn

from core.value import check, value


@value
class NoHead:
    """z = h."""

    def build(self, features: int) -> nn.Module:
        """Maps (N, features) to itself."""
        return nn.Identity()


@value
class Linear:
    """z = W h."""

    width: int = 128
    batch_norm: bool = True

    def __post_init__(self) -> None:
        check(self.width >= 1, f"Linear.width takes 1 or more, not {self.width}")

    def build(self, features: int) -> nn.Module:
        """Maps (N, features) to (N, width)."""
        return nn.Sequential(*_layer(features, self.width, self.batch_norm, last=True))


@value
class MLP:
    """z = W2 relu(W1 h); `layers` counts the W, `hidden=None` is the width of h, as in the paper."""

    width: int = 128
    hidden: int | None = None
    layers: int = 2
    batch_norm: bool = True

    def __post_init__(self) -> None:
        check(self.width >= 1, f"MLP.width takes 1 or more, not {self.width}")
        check(self.hidden is None or self.hidden >= 1, f"MLP.hidden takes None or 1 or more, not {self.hidden}")
        check(self.layers >= 2, f"MLP.layers takes 2 or more, not {self.layers}; one layer is Linear")

    def build(self, features: int) -> nn.Module:
        """Maps (N, features) to (N, width)."""
        modules: list[nn.Module] = []
        inputs = features
        for _ in range(self.layers - 1):
            modules += [*_layer(inputs, self.hidden or features, self.batch_norm), nn.ReLU(inplace=True)]
            inputs = self.hidden or features
        return nn.Sequential(*modules, *_layer(inputs, self.width, self.batch_norm, last=True))


def _layer(inputs: int, outputs: int, batch_norm: bool, last: bool = False) -> list[nn.Module]:
    linear = nn.Linear(inputs, outputs, bias=not batch_norm)
    if not batch_norm:
        return [linear]
    norm = nn.BatchNorm1d(outputs)
    norm.bias.requires_grad_(not last)
    return [linear, norm]
