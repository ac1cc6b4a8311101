"""What a probe gets and gives: `Features` of a trained model, and `Measured` metrics with the test predictions."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from core import data as sources
from core import ranks
from core.data import DataSet, Images
from core.draws import seed_libraries
from core.experiment import Experiment
from core.fetch import centers
from core.images import to_float
from core.journal import Journal, Unkept
from core.model import Model

Layer = Literal["h", "z"]
Split = Literal["train", "valid", "test"]
Change = Callable[[Tensor, Tensor], Tensor]
"""Maps pixels (n, 3, H, W) in [0, 1] and the `index` (n,) of their images to the pixels to embed."""


@dataclass
class Features:
    """The representations h and embeddings z of a data set, each computed once for all probes of a run.

    With several ranks the first one measures and the others `help`: each embeds its share of the images.
    experiment: what `model` was trained by, where it is known; load: finds another data set by its name; journal: where
    a probe that takes long keeps its state.
    """

    model: Model
    data: DataSet
    device: str = "cpu"
    experiment: Experiment | None = None
    load: Callable[[str], DataSet] = sources.load
    journal: Journal = field(default_factory=Unkept)
    _kept: dict[Split, tuple[Tensor, Tensor]] = field(default_factory=dict, init=False, repr=False)

    def of(self, split: Split, layer: Layer = "h") -> Tensor:
        """float32 (N, features) of h, (N, D) of z."""
        if split not in self._kept:
            self._kept[split] = self.embedded(split)
        return self._kept[split][layer == "z"]

    def embedded(self, split: Split, change: Change | None = None) -> tuple[Tensor, Tensor]:
        """h (N, features) and z (N, D) of the images after `change`, anew; see `embed`."""
        if ranks.world_size() > 1:
            ranks.broadcast((self.data.name, split, change))
        return _embed_shares(self.model, getattr(self.data, split), self.device, change)

    def help(self) -> None:
        """Embed this rank's share of all that the first one asks for, until that has measured everything."""
        asked: tuple[str, Split, Change | None] | None
        while asked := ranks.broadcast():
            name, split, change = asked
            data = self.data if name == self.data.name else self.load(name)
            _embed_shares(self.model, getattr(data, split), self.device, change)

    def end(self) -> None:
        """Everything is measured: the ranks that `help` may go."""
        ranks.broadcast(None)

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
    change: Change | None = None,
) -> tuple[Tensor, Tensor]:
    """h (N, features) and z (N, D) of unaugmented images, float32; the model comes out as it went in."""
    before = [(module, module.training) for module in model.modules()]  # an encoder may keep parts of it frozen
    model.eval()
    both = []
    with closing(centers(images, chunk, device)) as centered:
        for places, theirs in centered:
            seed_libraries("embed", int(images.index[places[0]]))  # for an encoder of one's own that draws here, too
            pixels = to_float(theirs)
            h = model.represent(pixels if change is None else change(pixels, images.index[places]))
            both.append((h.float(), model.head(h).float()))
    for module, training in before:
        module.training = training
    return torch.cat([h for h, _ in both]), torch.cat([z for _, z in both])


def _embed_shares(model: Model, images: Images, device: str, change: Change | None) -> tuple[Tensor, Tensor]:
    """What `embed` gives, of each rank's images by that rank; on the first one alone where there are several."""
    if ranks.world_size() == 1:
        return embed(model, images, device, change=change)
    share = -(-len(images) // ranks.world_size())
    first = min(ranks.rank() * share, len(images) - 1)  # where too few are left, one that is then dropped
    mine = images[torch.arange(first, min(first + share, len(images)))]
    parts = [F.pad(part, (0, 0, 0, share - len(part))) for part in embed(model, mine, device, change=change)]
    h, z = (ranks.gather(part)[: len(images)] for part in parts)
    return h, z


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
