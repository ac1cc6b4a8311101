"""Probes: what is measured on a trained encoder, which they leave as it is. A probe maps `Features` to `Measured`."""

import torch
import torch.nn.functional as F
from torch import Tensor

from core.features import Features, Layer, Measured, Split, embed, measure, measured, suffix
from core.finetune import FineTune
from core.logistic import choose_classifier
from core.transfer import Transfer
from core.transformations import TransformationProbe
from core.value import check, value

__all__ = [
    "Features",
    "FineTune",
    "LinearProbe",
    "Measured",
    "NearestNeighbors",
    "Transfer",
    "TransformationProbe",
    "embed",
]


@value
class LinearProbe:
    """Multinomial logistic regression on h or z, by L-BFGS (App. B.8's protocol); l2 chosen on validation images.

    `test=False` leaves the test images alone: for what is tuned. Metrics: linear_top1, linear_valid_top1 (`_z` on z).
    """

    version = 2  # 1 stopped after 100 steps, short of the minimum where the penalty is weak

    layer: Layer = "h"
    l2: tuple[float, ...] = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
    test: bool = True

    def __post_init__(self) -> None:
        check(len(self.l2) > 0 and min(self.l2) > 0, f"LinearProbe.l2 takes numbers above 0, not {self.l2}")

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of what it measures."""
        return measured(self._name, self.test)

    @property
    def _name(self) -> str:
        return f"linear{{}}_top1{suffix(self.layer)}"

    def __call__(self, features: Features) -> Measured:
        """Fit on the training images, choose on the validation images, read the test images once."""
        train, valid = ((features.of(split, self.layer), features.labels(split)) for split in ("train", "valid"))
        classify = choose_classifier(train, valid, self.l2)
        return measure(self._name, features.labels, lambda split: classify(features.of(split, self.layer)), self.test)


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

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of what it measures."""
        return measured("knn{}_top1", self.test)

    def __call__(self, features: Features) -> Measured:
        """The neighbors are training images."""
        return measure("knn{}_top1", features.labels, lambda split: self._votes(features, split), self.test)

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
