"""Model: the encoder f and the projection head g of an experiment, z = g(f(x)), initialized by name."""

from typing import Any, cast

import torch
from torch import Tensor, nn

from core.data import DataSet
from core.draws import seed_libraries
from core.experiment import Experiment, Part, built
from core.fetch import sample
from core.heads import Linear

_DTYPES = {"bfloat16": torch.float32, "float32": torch.float32, "float64": torch.float64}


class Model(nn.Module):
    """Images (N, 3, H, W) to embeddings z (N, D); the encoder may run in bfloat16, z is float32 (or float64)."""

    def __init__(self, encoder: nn.Module, head: nn.Module, precision: str) -> None:
        super().__init__()
        self.encoder, self.head, self.precision = encoder, head, precision

    def represent(self, images: Tensor) -> Tensor:
        """Images (N, 3, H, W) to representations h (N, features)."""
        images = images.to(_DTYPES[self.precision], memory_format=torch.channels_last)
        with torch.autocast(images.device.type, torch.bfloat16, enabled=self.precision == "bfloat16"):
            h = self.encoder(images)
        return cast(Tensor, h.to(_DTYPES[self.precision]))

    def forward(self, images: Tensor) -> Tensor:
        """Images (N, 3, H, W) to embeddings z (N, D)."""
        return cast(Tensor, self.head(self.represent(images)))


def build_model(experiment: Experiment, data: DataSet, device: str = "cpu") -> Model:
    """The experiment's model before training; the supervised arm's head ends in a linear classifier."""
    dtype = _DTYPES[experiment.precision]
    encoder = _build(experiment.encoder, experiment.seed, "encoder").to(device, dtype)
    encoder = encoder.to(memory_format=torch.channels_last)
    features = _width(encoder, data, device, dtype)
    head = _build(experiment.head, experiment.seed, "head", features).to(device, dtype)
    if experiment.supervised:
        embedding = head.eval()(torch.zeros(1, features, device=device, dtype=dtype))
        classifier = Linear(len(data.classes), batch_norm=False)
        layer = _build(classifier, experiment.seed, "classifier", embedding.shape[1]).to(device, dtype)
        head = nn.Sequential(head, layer)
    return Model(encoder, head, experiment.precision)


def _build(part: Part, seed: int, name: str, *arguments: Any) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        seed_libraries(seed, "initialization", name)
        made = built(part, *arguments)
    if not isinstance(made, nn.Module):
        raise TypeError(f"the {name} is an nn.Module, or builds one, not {made!r}")
    return made


def _width(encoder: nn.Module, data: DataSet, device: str, dtype: torch.dtype) -> int:
    images = sample(data.train).permute(0, 3, 1, 2).to(device, dtype)
    try:
        with torch.no_grad():
            h = encoder.eval()(images)
    except RuntimeError as problem:
        if "view size is not compatible" in str(problem):
            problem.add_note("images come with their channels last in memory: .flatten(1) takes them, .view does not")
        raise
    if not (isinstance(h, Tensor) and h.ndim == 2):
        shape = tuple(h.shape) if isinstance(h, Tensor) else f"a {type(h).__name__}"
        raise ValueError(f"an encoder maps images to (N, features), this one to {shape}")
    return int(h.shape[1])
