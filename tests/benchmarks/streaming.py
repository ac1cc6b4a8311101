"""Images from files, 224 px: ours against torchvision's ImageFolder and DataLoader, with as many workers."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch.utils.data import DataLoader, Subset
from torchvision import transforms
from torchvision.datasets import ImageFolder
from torchvision.io import ImageReadMode, decode_image
from torchvision.transforms import v2

from ablations._scale import PAPER
from core.augmentations import Compose, Crop
from core.data import load
from core.draws import order
from core.experiment import Experiment
from core.fetch import fetched
from core.losses import CrossEntropy
from core.step import make_views
from core.value import replace
from tests.benchmarks._fresh import CORES, fresh, take_turns
from tests.benchmarks._jpegs import made
from tests.benchmarks._row import Row, compare

REPEATS, SIDE, BATCH = 3, 224, 256
CROP = Experiment(image_size=SIDE, augment=Compose((Crop(),)), loss=CrossEntropy(), views=1)
TWO = Experiment(image_size=SIDE, augment=Compose((Crop(),)))
SIMCLR = replace(PAPER, image_size=SIDE)


def measure() -> list[Row]:
    """Images/s from the start of the loaders to the last batch of float32 views, of files that the system has read."""
    return [
        *rows("decode and crop", CROP, 1, 1024, 1.3),
        *rows("decode and crop, two views", TWO, 2, 1024, 1.3),
        *rows("decode, crop, flip, color and blur, two views", SIMCLR, 2, 512, 2.0),
    ]


def rows(name: str, experiment: Experiment, views: int, images: int, times: float) -> list[Row]:
    """Ours against torchvision's on PIL images, which is the goal's peer, and on tensors."""
    folder = made()
    whole = experiment is SIMCLR
    with TemporaryDirectory() as cache:
        measured = take_turns(
            REPEATS,
            ours=lambda: fresh(ours, folder, Path(cache), experiment, images),
            pil=lambda: fresh(torchvision, folder, whole, views, images, True),
            tensors=lambda: fresh(torchvision, folder, whole, views, images, False),
        )
    title = f"{name}, {SIDE} px, {CORES} loaders"
    peers = {"pil": ("torchvision, ImageFolder", times), "tensors": ("torchvision, tensors by decode_image", None)}
    return [
        compare(title, "images/s", measured["ours"], peer, measured[side], times=goal)
        for side, (peer, goal) in peers.items()
    ]


def ours(folder: Path, cache: Path, experiment: Experiment, images: int) -> float:
    """Loaders decode and crop, this process does the rest in batches."""
    data = load("made", folder, cache, SIDE, memory=1)
    chosen = order(len(data.train), "benchmark")
    for number in (BATCH, images):  # the first batch warms up
        asked = fetched(experiment, data.train, torch.split(chosen[:number], BATCH), 0, "cpu")
        rate = _rate(make_views(experiment, seen, batch, 0) for batch, seen in asked)
    return rate


def torchvision(folder: Path, whole: bool, views: int, images: int, pil: bool) -> float:
    """Everything in the workers, an image at a time: on PIL images, or on uint8 tensors by the same decoder as ours."""
    kind: Any = transforms if pil else v2
    parts = [kind.RandomResizedCrop(SIDE)]
    if whole:
        parts += [
            kind.RandomHorizontalFlip(),
            kind.RandomApply([kind.ColorJitter(0.8, 0.8, 0.8, 0.2)], p=0.8),
            kind.RandomGrayscale(p=0.2),
            kind.RandomApply([kind.GaussianBlur(SIDE // 10 // 2 * 2 + 1, (0.1, 2.0))], p=0.5),
        ]
    parts.append(transforms.ToTensor() if pil else v2.ToDtype(torch.float32, scale=True))
    loaded = {} if pil else {"loader": _decoded}
    data = ImageFolder(str(folder), _Views(kind.Compose(parts), views), **loaded)
    chosen = order(len(data), "benchmark").tolist()
    for number in (BATCH, images):
        rate = _rate(views for views, _ in DataLoader(Subset(data, chosen[:number]), BATCH, num_workers=CORES))
    return rate


class _Views:
    """A transform that gives several views of an image."""

    def __init__(self, transform: Callable[[Any], torch.Tensor], number: int) -> None:
        self.transform, self.number = transform, number

    def __call__(self, image: Any) -> list[torch.Tensor]:
        return [self.transform(image) for _ in range(self.number)]


def _decoded(path: str) -> torch.Tensor:
    return decode_image(path, ImageReadMode.RGB)


def _rate(batches: Iterable[list[torch.Tensor]]) -> float:
    start, images = time.perf_counter(), 0
    for views in batches:
        images += len(views[0])
    return images / (time.perf_counter() - start)
