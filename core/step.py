"""One training step: views, embeddings, loss, gradients, update. A batch beyond memory goes through in chunks."""

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor, nn

from core import ranks
from core.augmentations import applied
from core.contrastive_metrics import contrastive_metrics
from core.draws import Draws, key, seed_libraries
from core.experiment import Experiment
from core.first_crop import augments, without_first_crop
from core.global_batch_norm import global_batch_norm
from core.images import Fetched, Images, beside, to_float
from core.model import Model


def train_step(
    experiment: Experiment,
    model: Model,
    optimizer: torch.optim.Optimizer,
    images: Images | Fetched,
    batch: Tensor,
    place: tuple[int, int],
) -> dict[str, Tensor]:
    """One step on the images at `batch` (N,), at `place` (epoch, step); of several ranks each embeds its rows.

    Returns the loss, and how hard the contrastive task is, or the accuracy of the supervised arm.
    """
    optimizer.zero_grad()
    metrics: dict[str, Tensor] = {}
    labels = images.labels[beside(images.labels, batch)]

    def gradient(embeddings: Tensor) -> Tensor:
        if ranks.world_size() > 1:  # a loss of one's own that draws must draw the same on each
            seed_libraries(experiment.seed, "loss", *place)
        loss, gradients = embedding_gradient(_loss(experiment, labels), *embeddings)
        metrics.update({"train_loss": loss}, **_metrics(experiment, embeddings.detach(), labels))
        return torch.stack(gradients)

    def embed(chunk: int, members: Tensor) -> Tensor:
        draw = chunk * ranks.world_size() + ranks.rank()
        seed_libraries(experiment.seed, "step", *place, draw)  # for dropout, and one's own parts
        views = make_views(experiment, images, ranks.own(members), place[0])
        with global_batch_norm():
            return cast(Tensor, model(torch.cat(views)).unflatten(0, (len(views), -1)))

    backpropagate(model, embed, torch.split(batch, experiment.bn_batch or len(batch)), gradient)
    ranks.add_gradients(model)
    optimizer.step()
    return metrics


def make_views(experiment: Experiment, images: Images | Fetched, batch: Tensor, epoch: int) -> list[Tensor]:
    """The views of the images at `batch` (N,) in this epoch, each (N, 3, H, W) float32 in [0, 1].

    Of fetched images a loader has done the Crop with which prepare, or a view's augmentation, begins.
    """
    if isinstance(images, Fetched):
        experiment = without_first_crop(experiment)
    pixels = [to_float(start) for start in images.starts(batch)]
    index = images.index[beside(images.index, batch)]
    if experiment.prepare is not None:
        pixels = [experiment.prepare(pixels[0], Draws(key(experiment.seed, "prepare", epoch), index))]
    views = [
        applied(augment, pixels[view % len(pixels)], Draws(key(experiment.seed, "view", epoch, view), index))
        for view, augment in enumerate(augments(experiment))
    ]
    number, channels = pixels[0].shape[:2]
    takes = f"floats of shape ({number}, {channels}, H, W)"
    for view in views:
        if not isinstance(view, Tensor):
            raise TypeError(f"an augmentation returns {takes}, not {view!r}")
        if view.shape[:2] != (number, channels) or not view.is_floating_point():
            raise ValueError(f"an augmentation returns {takes}, not {view.dtype} of {tuple(view.shape)}")
    return views


def embedding_gradient(loss: Callable[..., Tensor], *views: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
    """The loss of embeddings, each (N, D), and its gradient at each, (N, D); the graph behind the embeddings stays."""
    leaves = [view.detach().requires_grad_() for view in views]
    value = loss(*leaves)
    if not (isinstance(value, Tensor) and value.ndim == 0):
        given = f"one of shape {tuple(value.shape)}" if isinstance(value, Tensor) else repr(value)
        raise TypeError(f"a loss returns a scalar tensor, not {given}")
    if not value.requires_grad:
        raise ValueError("torch cannot differentiate this loss: it is no function of the views, or detached from them")
    return value.detach(), torch.autograd.grad(value, leaves, materialize_grads=True)  # of a view that it stops, 0


def backpropagate(
    model: nn.Module,
    embed: Callable[[int, Tensor], Tensor],
    chunks: tuple[Tensor, ...],
    gradient: Callable[[Tensor], Tensor],
) -> None:
    """Add to the parameters' gradients those of a loss of all chunks, in the memory of one.

    `embed(number, chunk)` maps chunk (n,) to embeddings (views, n, D), or to this rank's rows of them; `gradient` all
    embeddings (views, N, D) to the loss's gradient at them, of which each rank takes its rows. Several chunks are
    embedded without a graph, then again with it and with the buffers as they were (Gao et al. 2021, "Scaling Deep
    Contrastive Learning Batch Size under Memory Limited Setup"): the loss sees the whole batch.
    """
    if len(chunks) == 1:
        embeddings = embed(0, chunks[0])
        whole = ranks.all_gather(embeddings.detach(), dim=1)
        embeddings.backward(ranks.own(gradient(whole), dim=1))  # type: ignore[no-untyped-call]
        return
    before = {name: buffer.clone() for name, buffer in model.named_buffers()}  # running statistics, and one's own
    with torch.no_grad():
        whole = torch.cat([ranks.all_gather(embed(number, chunk), dim=1) for number, chunk in enumerate(chunks)], dim=1)
        for name, buffer in model.named_buffers():
            buffer.copy_(before[name])
    for number, part in enumerate(torch.split(gradient(whole), len(chunks[0]), dim=1)):
        embed(number, chunks[number]).backward(ranks.own(part, dim=1))  # type: ignore[no-untyped-call]


def _loss(experiment: Experiment, labels: Tensor) -> Callable[..., Tensor]:
    return (lambda logits: experiment.loss(logits, labels)) if experiment.supervised else experiment.loss


def _metrics(experiment: Experiment, embeddings: Tensor, labels: Tensor) -> dict[str, Tensor]:
    if experiment.supervised:
        return {"train_top1": 100 * (embeddings[0].argmax(1) == labels).float().mean()}
    return contrastive_metrics(experiment.loss, embeddings[0], embeddings[1])
