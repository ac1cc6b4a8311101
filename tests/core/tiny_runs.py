"""Tiny data, experiments and journals: a run takes a tenth of a second."""

import io
from dataclasses import replace
from typing import Any, cast

import torch
from torch import Tensor, nn

from core.augmentations import Compose, Crop, Flip
from core.data import DataSet, Images
from core.encoders import SmallResNet
from core.experiment import Experiment
from core.heads import MLP
from core.journal import State
from core.losses import NTXent
from core.model import Model
from core.pretrain import Trained

TINY = Experiment(
    dataset="colors",
    augment=Compose((Crop(), Flip())),
    encoder=SmallResNet(width=4),
    head=MLP(width=8),
    loss=NTXent(temperature=0.5),
    batch_size=8,
    epochs=2,
    warmup_epochs=0.0,
    precision="float32",
)


def random_images(number: int, classes: int = 3, side: int = 8, seed: int = 0) -> Images:
    """Each class has a color of its own, under noise."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(number) % classes
    colors = torch.randint(60, 190, (classes, 3), generator=torch.Generator().manual_seed(classes))
    noise = torch.randint(-50, 50, (number, side, side, 3), generator=generator)
    return Images((colors[labels][:, None, None] + noise).to(torch.uint8), labels, torch.arange(number))


def color_data(train: int = 32, valid: int = 12, test: int = 12, classes: int = 3, side: int = 8) -> DataSet:
    splits = [random_images(number, classes, side, seed) for seed, number in enumerate((train, valid, test))]
    return DataSet("colors", tuple("abcdefghij"[:classes]), "0" * 16, *splits)


def without(data: DataSet, *splits: str) -> DataSet:
    """The data set with these splits gone, so that whoever looks at one fails."""
    return replace(data, **dict.fromkeys(splits, cast(Any, None)))


def convolutions() -> nn.Module:
    """Images (N, 3, H, W) to (N, 6)."""
    return nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())


class MeanColor(nn.Module):
    """Images (N, 3, H, W) to their mean color (N, 3): an encoder whose features are known."""

    def forward(self, images: Tensor) -> Tensor:
        return images.mean((2, 3))


def color_model() -> Model:
    return Model(MeanColor(), nn.Identity(), "float32")


class StoppedError(Exception):
    """Somebody stopped the run."""


class Stopping:
    """Keeps the state as bytes after every step, and stops the run once at each of the places (epoch, step)."""

    def __init__(self, *places: tuple[int, int]) -> None:
        self.places, self.kept = set(places), b""

    def load(self) -> State | None:
        return cast(State, torch.load(io.BytesIO(self.kept), weights_only=True)) if self.kept else None

    def save(self, state: State) -> None:
        buffer = io.BytesIO()
        torch.save(state, buffer)
        self.kept = buffer.getvalue()
        if (place := self.place_of(state)) in self.places:
            self.places.remove(place)
            raise StoppedError

    def place_of(self, state: State) -> tuple[int, int]:
        return state["progress"]["epoch"], state["progress"]["step"]

    def due(self) -> bool:
        return True

    def tell(self, row: dict[str, float]) -> None: ...


def assert_same_state(ours: dict[str, Tensor], theirs: dict[str, Tensor]) -> None:
    assert ours.keys() == theirs.keys()
    for name in ours:
        assert torch.equal(ours[name], theirs[name]), name


def assert_same_bits(ours: Trained, theirs: Trained) -> None:
    assert_same_state(ours.model.state_dict(), theirs.model.state_dict())
    assert ours.history == theirs.history
