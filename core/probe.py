"""Probes: what is measured on a trained, frozen encoder. A probe maps `Features` to metrics and predictions."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from core.data import DataSet, Images
from core.logistic import fit_logistic
from core.model import Model
from core.value import check, value

Split = Literal["train", "valid", "test"]


@dataclass
class Features:
    """The representations h and embeddings z of a data set, each computed once for all probes of a run."""

    model: Model
    data: DataSet
    device: str = "cpu"
    _kept: dict[Split, tuple[Tensor, Tensor]] = field(default_factory=dict)

    def of(self, split: Split, layer: Literal["h", "z"] = "h") -> Tensor:
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


@value
class LinearProbe:
    """Multinomial logistic regression on h or z, by L-BFGS (App. B.8's protocol); l2 chosen on validation images.

    `test=False` leaves the test images alone: for what is tuned. Metrics: linear_top1, linear_valid_top1 (`_z` on z).
    """

    layer: Literal["h", "z"] = "h"
    l2: tuple[float, ...] = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
    test: bool = True

    def __post_init__(self) -> None:
        check(len(self.l2) > 0 and min(self.l2) > 0, f"LinearProbe.l2 takes numbers above 0, not {self.l2}")

    def __call__(self, features: Features) -> Measured:
        """Fit on the training images, choose on the validation images, read the test images once."""
        train, valid = features.of("train", self.layer), features.of("valid", self.layer)
        mean, scale = train.mean(0), train.std(0).clamp_min(1e-6)
        fits = fit_logistic((train - mean) / scale, features.labels("train"), sorted(self.l2, reverse=True))
        scores = [_top1(((valid - mean) / scale @ w + b).argmax(1), features.labels("valid")) for w, b in fits]
        weight, bias = fits[max(range(len(fits)), key=scores.__getitem__)]
        suffix = "_z" if self.layer == "z" else ""

        def logits(split: Split) -> Tensor:
            return (features.of(split, self.layer) - mean) / scale @ weight + bias

        return _measure(f"linear{{}}_top1{suffix}", features, logits, self.test)


@value
class NearestNeighbors:
    """Weighted nearest neighbors by cosine similarity of h (Wu et al. 2018): votes exp(similarity / temperature).

    Metrics: knn_top1, knn_valid_top1.
    """

    neighbors: int = 200
    temperature: float = 0.1
    test: bool = True

    def __post_init__(self) -> None:
        check(self.neighbors >= 1, f"NearestNeighbors.neighbors takes 1 or more, not {self.neighbors}")
        check(self.temperature > 0, f"NearestNeighbors.temperature takes more than 0, not {self.temperature}")

    def __call__(self, features: Features) -> Measured:
        """The neighbors are training images."""
        return _measure("knn{}_top1", features, lambda split: self._votes(features, split), self.test)

    def _votes(self, features: Features, split: Split) -> Tensor:
        train, labels = F.normalize(features.of("train"), dim=1), features.labels("train")
        classes = len(features.data.classes)
        votes = []
        for queries in torch.split(F.normalize(features.of(split), dim=1), 500):
            similarity, nearest = (queries @ train.T).topk(min(self.neighbors, len(train)), dim=1)
            weights = torch.exp((similarity - 1) / self.temperature)
            empty = torch.zeros(len(queries), classes, device=weights.device)
            votes.append(empty.scatter_add_(1, labels[nearest], weights))
        return torch.cat(votes)


@torch.no_grad()
def embed(model: Model, images: Images, device: str = "cpu", chunk: int = 500) -> tuple[Tensor, Tensor]:
    """h (N, features) and z (N, D) of unaugmented images, float32; the model comes out as it went in."""
    training = model.training
    model.eval()
    both = []
    for pixels in torch.split(images.pixels, chunk):
        h = model.represent(pixels.to(device).permute(0, 3, 1, 2).float() / 255)
        both.append((h.float(), model.head(h).float()))
    model.train(training)
    return torch.cat([h for h, _ in both]), torch.cat([z for _, z in both])


def _measure(name: str, features: Features, logits: Callable[[Split], Tensor], test: bool) -> Measured:
    """Top-1 on the validation images and, if asked, on the test images; `name` has a place for "_valid"."""
    metrics = {name.format("_valid"): _top1(logits("valid").argmax(1), features.labels("valid"))}
    if not test:
        return Measured(metrics, {})
    predicted = logits("test").argmax(1)
    metrics[name.format("")] = _top1(predicted, features.labels("test"))
    return Measured(metrics, {name.format(""): predicted.tolist()})


def _top1(predicted: Tensor, labels: Tensor) -> float:
    return 100 * float((predicted == labels).double().mean())
