"""Images as steps take them: batches of what lies in memory, or of what loaders decode ahead of the step.

A generator here keeps loaders until it ends; who may stop early closes it (contextlib.closing), whatever else holds it.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator

import numpy as np
import torch
from torch import Tensor

from core import ranks
from core.crop_files import cropped
from core.experiment import Experiment
from core.files import Streamed
from core.first_crop import Start, boxes, starts
from core.images import Fetched, Images
from core.loaders import decoded


def fetched(
    experiment: Experiment, images: Images, batches: Iterable[Tensor], epoch: int, device: str
) -> Generator[tuple[Tensor, Images | Fetched]]:
    """The batches (N,) of an epoch, each with the images that `make_views` takes it from.

    Those in memory are `images` as they are. Raises DataError, which names the file, for one that cannot be decoded.
    """

    def share(batch: Tensor) -> Tensor:
        return torch.cat([ranks.own(chunk) for chunk in torch.split(batch, experiment.bn_batch or len(batch))])

    return fetch(images, batches, starts(experiment, epoch), device, share)


def fetch(
    images: Images,
    batches: Iterable[Tensor],
    first: Callable[[Tensor], list[Start]],
    device: str,
    share: Callable[[Tensor], Tensor] = lambda batch: batch,
) -> Generator[tuple[Tensor, Images | Fetched]]:
    """As `fetched`; `first` says what images with the indices (N,) go through first.

    `share` of a batch are those that this rank embeds: it decodes no others.
    """
    if not isinstance(images.pixels, Streamed):
        for batch in batches:
            yield batch, images
        return
    streamed, waiting, index = images.pixels, deque[Tensor](), images.index.cpu()

    def asked() -> Iterator[tuple[Tensor, Tensor]]:
        for batch in batches:
            waiting.append(batch)
            mine = share(batch)
            yield mine, boxes(first(index[mine]), *streamed.sizes(mine))

    for pixels in decoded(streamed, asked(), device):
        batch = waiting.popleft()
        yield batch, Fetched(share(batch), pixels, images.labels, images.index)


def centers(images: Images, chunk: int, device: str) -> Generator[tuple[Tensor, Tensor]]:
    """Places (n,) of so many images at a time, in order, and their pixels (n, H, W, 3) without any augmentation.

    A streamed image is resized and its center cropped, which are the same bits that it would have in memory.
    """
    chunks = torch.split(torch.arange(len(images)), chunk)
    if isinstance(images.pixels, Streamed):
        asked = ((places, torch.zeros(len(places), 1, 4, dtype=torch.int64)) for places in chunks)
        yield from zip(chunks, (pixels[0] for pixels in decoded(images.pixels, asked, device)), strict=True)
        return
    for places in chunks:
        yield places, images.pixels[places[0] : places[-1] + 1].to(device)


def uncropped(images: Images) -> Tensor:
    """The pixels of some images without any augmentation, (N, H, W, 3) uint8."""
    return torch.cat([pixels for _, pixels in centers(images, len(images), "cpu")])


def sample(images: Images) -> Tensor:
    """The pixels of the first image (1, H, W, 3) uint8, decoded in this process."""
    if not isinstance(images.pixels, Streamed):
        return images.pixels[:1]
    pixels = np.empty((1, *images.pixels.shape[1:]), np.uint8)
    cropped(images.pixels.store, int(images.pixels.places[0]), [[0, 0, 0, 0]], pixels)
    return torch.from_numpy(pixels)
