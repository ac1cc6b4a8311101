"""The training loop: an Experiment and its images in, a trained encoder and head out; resumes from its own checkpoint.

All randomness has names (core.draws), so a checkpoint holds no generator and a resumed run makes the same bits.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from core import ranks
from core.data import DataSet, Images, balanced
from core.draws import order
from core.experiment import Experiment, built
from core.fetch import fetched
from core.journal import Journal, Row, State, Unkept
from core.model import Model, build_model
from core.optimizer import learning_rate, peak_learning_rate, set_learning_rate
from core.step import train_step
from core.trouble import Losses, check_weights, located


@dataclass(frozen=True)
class Trained:
    """A trained model and its history, a row an epoch."""

    model: Model
    history: list[Row]


@dataclass
class Progress:
    """What changes while training, beside the weights: the place, and the sums of the epoch's metrics."""

    epoch: int = 0
    step: int = 0
    sums: dict[str, Tensor] = field(default_factory=dict)
    history: list[Row] = field(default_factory=list)

    def add(self, metrics: dict[str, Tensor]) -> None:
        """A step is done."""
        self.sums = {name: self.sums.get(name, 0) + metric for name, metric in metrics.items()}
        self.step += 1


def pretrain(experiment: Experiment, data: DataSet, journal: Journal | None = None, device: str = "cpu") -> Trained:
    """Train, or go on with what the journal kept.

    Raises ValueError where the batch does not fit the images or the ranks, NotFinite where the loss or the weights are
    not, and whatever `journal.save` raises. What a step raises carries its place as a note.
    """
    ranks.check_divides(experiment.batch_size, experiment.bn_batch, ranks.world_size())
    journal = journal or Unkept()
    images = _resident(balanced(data.train, experiment.images), device)
    steps = _steps_per_epoch(experiment, images) if experiment.epochs else 0
    model = build_model(experiment, data, device)
    optimizer = built(experiment.optimizer, model, experiment.weight_decay)
    progress, losses = _resume(journal.load(), model, optimizer), Losses()
    model.train()
    while progress.epoch < experiment.epochs:
        batches = _batches(experiment, len(images.labels), progress, steps)
        with closing(fetched(experiment, images, batches, progress.epoch, device)) as prepared:
            for batch, seen in prepared:
                _set_learning_rate(optimizer, experiment, progress.epoch * steps + progress.step, steps)
                with located(progress.epoch, progress.step):
                    metrics = train_step(experiment, model, optimizer, seen, batch, (progress.epoch, progress.step))
                progress.add(metrics)
                due = progress.step < steps and journal.due()
                losses.add(metrics["train_loss"], progress.epoch, progress.step, due or progress.step == steps)
                if due:
                    journal.save(_state(model, optimizer, progress))
        check_weights(model, progress.epoch)
        _end_epoch(progress, steps)
        journal.tell(progress.history[-1])
        journal.save(_state(model, optimizer, progress))
    return Trained(model, progress.history)


def _batches(experiment: Experiment, number: int, progress: Progress, steps: int) -> Iterator[Tensor]:
    shuffled = order(number, experiment.seed, "order", progress.epoch)
    for step in range(progress.step, steps):
        yield shuffled[step * experiment.batch_size :][: experiment.batch_size]


def _steps_per_epoch(experiment: Experiment, images: Images) -> int:
    number = len(images.labels)
    if experiment.batch_size > number:
        raise ValueError(f"batch_size takes at most the {number} training images, not {experiment.batch_size}")
    return number // experiment.batch_size


def _set_learning_rate(optimizer: torch.optim.Optimizer, experiment: Experiment, step: int, steps: int) -> None:
    # The official code counts steps of all images, though it drops the last short batch as we do: its cosine then ends
    # above 0, far above where an epoch has few steps. Here it ends with the training.
    warmup, total = int(experiment.warmup_epochs * steps), experiment.epochs * steps
    peak = peak_learning_rate(experiment.learning_rate, experiment.lr_scaling, experiment.batch_size)
    set_learning_rate(optimizer, learning_rate(step, warmup, total, peak))


def _end_epoch(progress: Progress, steps: int) -> None:
    means = {name: float(total) / steps for name, total in progress.sums.items()}
    progress.epoch, progress.step, progress.sums = progress.epoch + 1, 0, {}
    progress.history.append({"epoch": progress.epoch, **means})


def _state(model: nn.Module, optimizer: torch.optim.Optimizer, progress: Progress) -> State:
    return {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "progress": dict(vars(progress))}


def _resume(state: State | None, model: nn.Module, optimizer: torch.optim.Optimizer) -> Progress:
    if state is None:
        return Progress()
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    return Progress(**state["progress"])


def _resident(images: Images, device: str) -> Images:
    return Images(images.pixels.to(device), images.labels.to(device), images.index.to(device))
