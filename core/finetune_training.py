"""The training of FineTune: a copy of the encoder with a new classifier; resumes from its own checkpoint."""

import copy
from contextlib import closing
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.augmentations import Compose, Crop, Flip
from core.data import Images
from core.draws import Draws, key, order, seed_libraries
from core.features import Features
from core.fetch import fetch, sample
from core.first_crop import Start, after_first_crop
from core.images import Fetched, to_float
from core.journal import Journal, State
from core.model import Model, build_model
from core.optimizer import SGD, learning_rate, peak_learning_rate, set_learning_rate

_AUGMENT = Compose((Crop(), Flip()))


def start(features: Features, from_scratch: bool) -> Model:
    """A copy of the encoder, trained or as it was before, with a linear classifier of zeros in the head's place."""
    encoder = features.model.encoder
    if from_scratch:
        if features.experiment is None:
            raise ValueError("FineTune.from_scratch takes Features(experiment=...), what the model was trained by")
        encoder = build_model(features.experiment, features.data, features.device).encoder
    model = Model(copy.deepcopy(encoder), nn.Identity(), features.model.precision).eval()
    with torch.no_grad():
        h = model(to_float(sample(features.data.train).to(features.device)))
    classes = len(features.data.classes)
    with torch.random.fork_rng(devices=[]):
        model.head = nn.Linear(h.shape[1], classes, device=h.device, dtype=h.dtype)
    for parameter in model.head.parameters():
        nn.init.zeros_(parameter)
    return model


def train(
    model: Model,
    labeled: Images,
    epochs: int,
    rate: float,
    weight_decay: float,
    batch_size: int,
    seed: int,
    device: str,
    journal: Journal,
) -> None:
    """Train model, whose head gives logits, in place, or go on with what the journal kept.

    `rate` is per 256 images, the short last batch of an epoch is dropped. Raises whatever `journal.save` raises.
    """
    steps = len(labeled) // batch_size
    peak = peak_learning_rate(rate, "linear", batch_size)
    optimizer = SGD(momentum=0.9, nesterov=True).build(model, weight_decay)
    done = _resume(journal.load(), model, optimizer)
    model.train()
    for epoch in range(done // steps, epochs):
        base, first = key(seed, "finetune view", epoch), done - epoch * steps
        batches = torch.split(order(len(labeled), seed, "finetune order", epoch), batch_size)[first:steps]
        with closing(fetch(labeled, batches, partial(_first, base), device)) as prepared:
            for step, (batch, seen) in enumerate(prepared, first):
                seed_libraries(seed, "finetune step", epoch, step)  # for dropout in an encoder of one's own
                set_learning_rate(optimizer, learning_rate(done, 0, epochs * steps, peak))
                _step(model, optimizer, _views(seen, labeled, batch, base, device), labeled.labels[batch].to(device))
                done += 1
                if journal.due():
                    journal.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "done": done})


def _step(model: nn.Module, optimizer: torch.optim.Optimizer, views: Tensor, labels: Tensor) -> None:
    optimizer.zero_grad()
    F.cross_entropy(model(views), labels).backward()  # type: ignore[no-untyped-call]
    optimizer.step()


def _views(seen: Images | Fetched, labeled: Images, batch: Tensor, base: int, device: str) -> Tensor:
    pixels, index = seen.starts(batch)[0].to(device), labeled.index[batch].to(device)
    augment = after_first_crop(_AUGMENT) if isinstance(seen, Fetched) else _AUGMENT
    return augment(to_float(pixels), Draws(base, index))


def _resume(state: State | None, model: nn.Module, optimizer: torch.optim.Optimizer) -> int:
    """How many steps the kept state has behind it, which model and optimizer come from."""
    if state is None:
        return 0
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    return int(state["done"])


def _first(base: int, index: Tensor) -> list[Start]:
    return [(_AUGMENT, Draws(base, index))]
