"""Pretraining at scale `gpu`, where there is one."""

from statistics import median

import torch

from ablations._scale import GPU
from tests.benchmarks._fresh import fresh
from tests.benchmarks._row import Row
from tests.benchmarks._training import images_per_second

REPEATS, STEPS = 3, 50


def measure() -> list[Row]:
    """Images/s of whole steps; no peer, no goal."""
    if not torch.cuda.is_available():
        return [Row("pretraining, ResNet-18, batch 512: no GPU measured", None, "images/s")]
    rate = median(fresh(images_per_second, GPU, STEPS, "cuda") for _ in range(REPEATS))
    return [Row(f"pretraining, ResNet-18, batch 512, on {torch.cuda.get_device_name()}", rate, "images/s")]
