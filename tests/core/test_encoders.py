"""Encoders: torchvision's architectures, the paper's sizes, an initialization that depends on nothing else."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from tiny_runs import TINY, assert_same_state, color_data
from torch import nn
from torchvision.models import resnet18, resnet34, resnet50
from torchvision.models.resnet import BasicBlock, Bottleneck

from core.encoders import AveragePool, ResNet, SmallResNet
from core.heads import MLP, Linear, NoHead
from core.model import build_model

PAPER_MILLIONS = {  # Fig. 7, (depth, width): parameters
    (18, 1): 11, (34, 1): 21, (18, 2): 45, (34, 2): 85, (50, 1): 24, (18, 4): 179, (101, 1): 43,
    (152, 1): 58, (34, 4): 340, (50, 2): 94, (101, 2): 170, (152, 2): 233, (50, 4): 376,
}  # fmt: skip


def on_paper(part: Any) -> nn.Module:
    """The encoder without memory for its weights."""
    with torch.device("meta"):
        built: nn.Module = part.build()
    return built


def channels(encoder: nn.Module) -> list[int]:
    return [module.num_features for module in encoder.modules() if isinstance(module, nn.BatchNorm2d)]


def blocks(encoder: nn.Module) -> list[nn.Module]:
    return [module for module in encoder.modules() if isinstance(module, BasicBlock | Bottleneck)]


@pytest.mark.parametrize(("depth", "theirs"), [(18, resnet18), (34, resnet34), (50, resnet50)])
def test_the_imagenet_resnet_is_torchvision_s(depth: Any, theirs: Any) -> None:
    encoder, reference = ResNet(depth=depth, stem="imagenet").build().eval(), theirs()
    reference.fc = nn.Identity()
    ours = encoder.state_dict()
    assert [weight.shape for weight in ours.values()] == [weight.shape for weight in reference.state_dict().values()]
    encoder.load_state_dict(dict(zip(ours, reference.state_dict().values(), strict=True)))
    images = torch.rand(2, 3, 64, 64)
    torch.testing.assert_close(encoder(images), reference.eval()(images), rtol=0, atol=1e-5)


@pytest.mark.parametrize(("depth", "width"), PAPER_MILLIONS)
def test_the_sizes_are_the_paper_s(depth: Any, width: int) -> None:
    encoder = on_paper(ResNet(depth=depth, width=width, stem="imagenet"))
    millions = sum(parameter.numel() for parameter in encoder.parameters()) / 1e6
    assert abs(millions - PAPER_MILLIONS[depth, width]) < 1  # the paper rounds, now and then up


@pytest.mark.parametrize("part", [ResNet(18), ResNet(50), ResNet(18, stem="imagenet"), SmallResNet(14)], ids=repr)
def test_width_multiplies_every_channel(part: ResNet | SmallResNet) -> None:
    wide = replace(part, width=3 * part.width)
    assert channels(on_paper(wide)) == [3 * number for number in channels(on_paper(part))]


@pytest.mark.parametrize(
    ("part", "width"),
    [
        (ResNet(18), 512),
        (ResNet(18, width=2), 1024),
        (ResNet(50, stem="imagenet"), 2048),
        (ResNet(50, width=2), 4096),
        (SmallResNet(), 64),
        (SmallResNet(width=4), 16),
        (SmallResNet(width=4, expansion=100), 100),
    ],
    ids=repr,
)
def test_images_become_one_vector_each(part: Any, width: int) -> None:
    assert on_paper(part)(torch.empty(2, 3, 32, 32, device="meta")).shape == (2, width)


def test_the_cifar_stem_keeps_the_resolution() -> None:
    images = torch.empty(1, 3, 32, 32, device="meta")
    assert on_paper(ResNet(18)).get_submodule("0")(images).shape == (1, 64, 32, 32)
    assert on_paper(ResNet(18, stem="imagenet")).get_submodule("0")(images).shape == (1, 64, 8, 8)
    assert on_paper(SmallResNet(width=4)).get_submodule("0")(images).shape == (1, 4, 32, 32)


@pytest.mark.parametrize(("depth", "number"), [(8, 3), (14, 6), (20, 9)])
def test_depth_counts_the_layers_of_a_small_resnet(depth: Any, number: int) -> None:
    encoder = on_paper(SmallResNet(depth=depth))
    assert len(blocks(encoder)) == number
    kernels = [module for module in encoder.modules() if isinstance(module, nn.Conv2d) and module.kernel_size == (3, 3)]
    assert len(kernels) + 1 == depth  # He et al. count the classifier


@pytest.mark.parametrize("part", [ResNet(18), ResNet(50), SmallResNet(8)], ids=repr)
def test_each_block_starts_as_its_shortcut(part: Any) -> None:
    for block in blocks(part.build()):
        first, *_, last = [module for name, module in block.named_children() if name.startswith("bn")]
        assert torch.equal(last.weight, torch.zeros_like(last.weight))  # type: ignore[arg-type]
        assert torch.equal(first.weight, torch.ones_like(first.weight))  # type: ignore[arg-type]


def test_the_initialization_has_a_name_of_its_own() -> None:
    data, state = color_data(), torch.get_rng_state()
    model = build_model(TINY, data)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(1)
    assert_same_state(model.state_dict(), build_model(TINY, data).state_dict())
    for head in (NoHead(), Linear(width=5), MLP(layers=3)):
        other = build_model(replace(TINY, head=head), data)
        assert_same_state(model.encoder.state_dict(), other.encoder.state_dict())
    other = build_model(replace(TINY, encoder=SmallResNet(depth=14, width=4)), data)
    assert_same_state(model.head.state_dict(), other.head.state_dict())
    other = build_model(replace(TINY, seed=1), data)
    for ours, theirs in ((model.encoder, other.encoder), (model.head, other.head)):
        assert not torch.equal(next(ours.parameters()), next(theirs.parameters()))


def test_errors_name_the_setting_and_the_value() -> None:
    with pytest.raises(ValueError, match=r"^ResNet\.depth takes one of 18, 34, 50, 101, 152, not 19$"):
        ResNet(depth=19)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^ResNet\.width takes 1 or more, not 0$"):
        ResNet(width=0)
    with pytest.raises(ValueError, match=r"^ResNet\.stem takes one of 'cifar', 'imagenet', not 'mnist'$"):
        ResNet(stem="mnist")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^SmallResNet\.width takes 1 or more, not 0$"):
        SmallResNet(width=0)
    with pytest.raises(ValueError, match=r"^SmallResNet\.expansion takes 1 or more, not 0$"):
        SmallResNet(expansion=0)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32, torch.float64], ids=str)
def test_the_pool_has_the_bits_of_torch_s_and_keeps_the_memory_layout(dtype: torch.dtype) -> None:
    images = torch.randn(8, 48, 7, 5).to(dtype, memory_format=torch.channels_last).requires_grad_()
    pooled, reference = AveragePool()(images), images.mean((2, 3))
    assert torch.equal(pooled, reference) and torch.equal(pooled, nn.AdaptiveAvgPool2d(1)(images).flatten(1))
    at = torch.randn_like(pooled)
    seen: list[torch.Tensor] = []
    images.register_hook(seen.append)
    pooled.backward(at)
    assert torch.equal(seen[0], torch.autograd.grad(reference, images, at)[0])
    assert seen[0].is_contiguous(memory_format=torch.channels_last)
