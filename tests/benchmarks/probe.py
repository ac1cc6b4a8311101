"""The linear probe's whole search, five penalties and the choice among them, on features of a CIFAR-10's size."""

import time
from typing import Any

import torch
from torch import Tensor

from core.logistic import choose_classifier
from core.probe import LinearProbe
from tests.benchmarks._fresh import fresh

TRAIN, VALID, WIDTH, CLASSES, LATENT = 50_000, 5_000, 512, 10, 64
GOAL = 15.0


def measure() -> list[dict[str, Any]]:
    """Seconds on one thread, which is what a run has, and on two."""
    rows = []
    for threads in (1, 2):
        seconds, top1 = fresh(search, threads, threads=threads)
        name = f"linear probe, {TRAIN} x {WIDTH}, {CLASSES} classes, {threads} threads (top-1 {top1:.1f})"
        rows.append({"name": name, "ours": seconds, "unit": "s", "goal": GOAL, "held": seconds < GOAL})
    return rows


def search(threads: int) -> tuple[float, float]:
    """Seconds of the search, and the chosen classifier's accuracy on the validation features in percent."""
    torch.set_num_threads(threads)
    train, valid = features(TRAIN, seed=0), features(VALID, seed=1)
    start = time.perf_counter()
    classify = choose_classifier(train, valid, LinearProbe().l2)
    seconds = time.perf_counter() - start
    return seconds, 100 * float((classify(valid[0]).argmax(1) == valid[1]).double().mean())


def features(number: int, seed: int) -> tuple[Tensor, Tensor]:
    """As an encoder's: ReLU of a linear map of overlapping Gaussians of unlike scales; (N, WIDTH) float32 and (N,)."""
    fixed, generator = torch.Generator().manual_seed(2), torch.Generator().manual_seed(seed)
    labels = torch.arange(number) % CLASSES
    centers = 0.25 * torch.randn(CLASSES, LATENT, generator=fixed)
    mixing = torch.randn(LATENT, WIDTH, generator=fixed) / LATENT**0.5
    scales = 2 * torch.logspace(0, -0.75, LATENT)
    latent = (centers[labels] + torch.randn(number, LATENT, generator=generator)) * scales
    return torch.relu(latent @ mixing + 0.1 * torch.randn(number, WIDTH, generator=generator) - 0.2), labels


if __name__ == "__main__":
    for line in measure():
        print(line)
