"""Encoders f(.): images (N, C, H, W) -> representations h (N, features).

An encoder is a value with `.build() -> nn.Module`, or any module-level function that returns one (timm's, say).
Blocks are torchvision's; the width of h is measured by who needs it, never declared.
"""

from typing import TYPE_CHECKING, Literal

from torch import Tensor, nn

from core.value import check, value

if TYPE_CHECKING:  # torchvision's import takes as long as torch's own: only what builds an encoder waits for it
    from torchvision.models.resnet import BasicBlock, Bottleneck

    Block = type[BasicBlock] | type[Bottleneck]


@value
class ResNet:
    """ResNet (He et al. 2016); `width` multiplies every channel count, as the paper's 2x and 4x (Fig. 7).

    `stem="cifar"` is a 3x3 convolution of stride 1 and no pooling (App. B.9), "imagenet" a 7x7 of stride 2 and pooling.
    """

    depth: Literal[18, 34, 50, 101, 152] = 18
    width: int = 1
    stem: Literal["cifar", "imagenet"] = "cifar"

    def __post_init__(self) -> None:
        check(self.width >= 1, f"ResNet.width takes 1 or more, not {self.width}")

    def build(self) -> nn.Module:
        """Maps (N, 3, H, W) to (N, 512 width), or (N, 2048 width) from depth 50 on."""
        from torchvision.models.resnet import BasicBlock, Bottleneck

        blocks = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
        block: Block = BasicBlock if self.depth < 50 else Bottleneck
        channels = 64 * self.width
        layers: list[nn.Module] = [_cifar_stem(channels) if self.stem == "cifar" else _imagenet_stem(channels)]
        return _residual(layers, block, channels, blocks[self.depth])


@value
class SmallResNet:
    """The CIFAR ResNet (He et al. 2016, Sec. 4.2) with 3 stages of `width`, 2 width, 4 width channels.

    `expansion` adds a 1x1 convolution to so many channels before pooling, so that h can be wider than the last stage.
    """

    depth: Literal[8, 14, 20] = 8
    width: int = 16
    expansion: int | None = None

    def __post_init__(self) -> None:
        check(self.width >= 1, f"SmallResNet.width takes 1 or more, not {self.width}")
        check(
            self.expansion is None or self.expansion >= 1,
            f"SmallResNet.expansion takes 1 or more, not {self.expansion}",
        )

    def build(self) -> nn.Module:
        """Maps (N, 3, H, W) to (N, expansion or 4 width)."""
        from torchvision.models.resnet import BasicBlock

        return _residual(
            [_cifar_stem(self.width)], BasicBlock, self.width, ((self.depth - 2) // 6,) * 3, self.expansion
        )


class AveragePool(nn.Module):
    """The mean over pixels: (N, C, H, W) to (N, C)."""

    def forward(self, images: Tensor) -> Tensor:
        """The bits of nn.AdaptiveAvgPool2d(1), whose gradient has the other memory layout than channels_last: the
        backward pass of what comes before would take ten times as long."""
        return images.permute(0, 2, 3, 1).flatten(1, 2).mean(1)


def _residual(
    layers: list[nn.Module], block: "Block", channels: int, blocks: tuple[int, ...], expansion: int | None = None
) -> nn.Module:
    inputs = channels
    for stage, count in enumerate(blocks):
        planes = channels * 2**stage
        for number in range(count):
            stride = 2 if stage > 0 and number == 0 else 1
            layers.append(block(inputs, planes, stride, _shortcut(inputs, planes * block.expansion, stride)))
            inputs = planes * block.expansion
    if expansion is not None:
        layers.append(_normalized(nn.Conv2d(inputs, expansion, 1, bias=False)))
    return _initialize(nn.Sequential(*layers, AveragePool()))


def _shortcut(inputs: int, outputs: int, stride: int) -> nn.Module | None:
    if stride == 1 and inputs == outputs:
        return None
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))


def _cifar_stem(channels: int) -> nn.Module:
    return _normalized(nn.Conv2d(3, channels, 3, padding=1, bias=False))


def _imagenet_stem(channels: int) -> nn.Module:
    stem = nn.Conv2d(3, channels, 7, stride=2, padding=3, bias=False)
    return nn.Sequential(_normalized(stem), nn.MaxPool2d(3, stride=2, padding=1))


def _normalized(convolution: nn.Conv2d) -> nn.Module:
    return nn.Sequential(convolution, nn.BatchNorm2d(convolution.out_channels), nn.ReLU(inplace=True))


def _initialize(encoder: nn.Module) -> nn.Module:
    """He's initialization; each block starts as its shortcut (the official code: gamma 0 in its last batch norm)."""
    from torchvision.models.resnet import BasicBlock, Bottleneck

    for module in encoder.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(module, BasicBlock):
            nn.init.zeros_(module.bn2.weight)
        elif isinstance(module, Bottleneck):
            nn.init.zeros_(module.bn3.weight)
    return encoder
