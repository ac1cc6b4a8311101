"""What a probe gets and gives: `Features` of a trained model, and `Measured` metrics with the test predictions."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

from core import data as sources
from core.data import DataSet, Images
from core.experiment import Experiment
from core.images import to_float
from core.model import Model

Layer = Literal["h", "z"]
Split = Literal["train", "valid", "test"]


@dataclass
class Features:
    """The representations h and embeddings z of a data set, each computed once for all probes of a run.

    experiment: what `model` was trained by, where it is known; load: finds another data set by its name.
    """

    model: Model
    data: DataSet
    device: str = "cpu"
    experiment: Experiment | None = None
    load: Callable[[str], DataSet] = sources.load
    _kept: dict[Split, tuple[Tensor, Tensor]] = field(default_factory=dict)

    def of(self, split: Split, layer: Layer = "h") -> Tensor:
        """float32 (N, features) of h, (N, D) of z."""
        if split not in self._kept:
            self._kept[split] = embed(self.model, getattr(self.data, split), self.device)
        return self._kept[split][layer == "z"]

    def labels(self, split: Split) -> Tensor:
        """int64 (N,)."""
        images: Images = getattr(self.data, split)
        return images.labels.to(self.device)


@dataclass(frozen=True)
class Measured:
    """Metrics in percent, and the predicted class of each test image."""

    metrics: dict[str, float]
    predictions: dict[str, list[int]]


@torch.no_grad()
def embed(
    model: Model,
    images: Images,
    device: str = "cpu",
    chunk: int = 500,
    change: Callable[[Tensor, Tensor], Tensor] | None = None,
) -> tuple[Tensor, Tensor]:
    """h (N, features) and z (N, D) of unaugmented images, float32; the model comes out as it went in.

    `change` maps pixels (n, 3, H, W) in [0, 1] and the places (n,) of their images to the pixels to embed.
    """
    before = [(module, module.training) for module in model.modules()]  # an encoder may keep parts of it frozen
    model.eval()
    both = []
    for places in torch.split(torch.arange(len(images)), chunk):
        pixels = to_float(images.pixels[places[0] : places[-1] + 1].to(device))
        h = model.represent(pixels if change is None else change(pixels, places))
        both.append((h.float(), model.head(h).float()))
    for module, training in before:
        module.training = training
    return torch.cat([h for h, _ in both]), torch.cat([z for _, z in both])


def measure(name: str, labels: Callable[[Split], Tensor], logits: Callable[[Split], Tensor], test: bool) -> Measured:
    """Top-1 on the validation images and, if asked, on the test images; `name` has a place for "_valid"."""
    valid, *tested = measured(name, test)
    metrics = {valid: top1(logits("valid"), labels("valid"))}
    if not tested:
        return Measured(metrics, {})
    of_test = logits("test")
    metrics[tested[0]] = top1(of_test, labels("test"))
    return Measured(metrics, {tested[0]: of_test.argmax(1).tolist()})


def measured(name: str, test: bool) -> tuple[str, ...]:
    """The metrics that `measure` makes of `name`."""
    return (name.format("_valid"), *([name.format("")] if test else []))


def top1(logits: Tensor, labels: Tensor) -> float:
    """The percentage of `labels` (N,) that `logits` (N, classes) have as their largest."""
    return 100 * float((logits.argmax(1) == labels).double().mean())


def suffix(layer: Layer) -> str:
    """What the names of metrics of z end in."""
    return "_z" if layer == "z" else ""
