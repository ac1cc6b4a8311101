"""The peer: SimCLR as lightly's documentation has it (docs.lightly.ai/examples/simclr.html), on images in memory."""

import time
from contextlib import nullcontext

import numpy as np
import torch
from lightly.loss import NTXentLoss
from lightly.models.modules import SimCLRProjectionHead
from lightly.transforms.simclr_transform import SimCLRTransform
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torchvision.datasets import CIFAR10

WORKERS, WARM, STEPS = 2, 4, 8
"""Four steps, since two workers prefetch as many batches before the first."""


class InMemory(CIFAR10):
    """torchvision's CIFAR-10 over given pixels (N, 32, 32, 3) uint8; asked for an image, it makes a PIL image."""

    def __init__(self, pixels: np.ndarray) -> None:
        self.data, self.targets = pixels, [0] * len(pixels)
        self.transform, self.target_transform = SimCLRTransform(input_size=32, gaussian_blur=0.0), None


class SimCLR(nn.Module):
    """The example's model: a backbone, and lightly's projection head."""

    def __init__(self, backbone: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone
        self.projection_head = SimCLRProjectionHead(64, 64, 128)

    def forward(self, images: Tensor) -> Tensor:
        """Images (N, 3, H, W) to embeddings (N, 128)."""
        return self.projection_head(self.backbone(images).flatten(start_dim=1))


def images_per_second(backbone: nn.Module, batch: int, bfloat16: bool, channels_last: bool) -> float:
    """The rate of whole steps, once the loader's workers run; `backbone` maps images to (N, 64)."""
    pixels = np.random.default_rng(0).integers(0, 256, (batch * (WARM + STEPS), 32, 32, 3), np.uint8)
    loader = DataLoader(InMemory(pixels), batch_size=batch, shuffle=True, drop_last=True, num_workers=WORKERS)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    model, criterion = SimCLR(backbone).to(memory_format=layout), NTXentLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.06)
    ended = []
    for (first, second), _ in loader:
        with torch.autocast("cpu", torch.bfloat16) if bfloat16 else nullcontext():
            views = (view.to(memory_format=layout) for view in (first, second))
            loss = criterion(*map(model, views))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        ended.append(time.perf_counter())
    return batch * STEPS / (ended[-1] - ended[WARM - 1])
