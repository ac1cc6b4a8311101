"""core.shapes: colors tell which image a crop is from, and nothing of its class."""

import torch

from core.data import load
from core.shapes import CLASSES, _inside

DATA = load("shapes")


def histograms(pixels):
    """Color histograms, 4 bins a channel: (N, H, W, 3) uint8 to (N, 64), rows sum to 1."""
    bins = (pixels.long() // 64 * torch.tensor([16, 4, 1])).sum(-1).flatten(1)
    counts = torch.zeros(len(bins), 64).scatter_add_(1, bins, torch.ones(bins.shape))
    return counts / bins.shape[1]


def random_crops(images, side, seed):
    corners = torch.randint(0, 33 - side, (len(images), 2), generator=torch.Generator().manual_seed(seed))
    crops = [image[y : y + side, x : x + side] for image, (y, x) in zip(images.pixels, corners.tolist(), strict=True)]
    return torch.stack(crops)


def distances(queries, keys):
    """Hellinger distances of histograms, (N, M)."""
    return torch.cdist(queries.sqrt(), keys.sqrt())


def test_sizes_and_balance():
    assert DATA.classes == CLASSES
    for images, number in ((DATA.train, 2700), (DATA.valid, 300), (DATA.test, 600)):
        assert images.pixels.shape == (number, 32, 32, 3)
        assert torch.bincount(images.labels).tolist() == [number // 6] * 6


def test_the_same_on_every_machine():
    assert DATA.fingerprint == load("shapes").fingerprint == "9dcc5a8f815dad4c"


def test_drawn_at_any_size():
    assert load("shapes", side=16).train.pixels.shape == (2700, 16, 16, 3)


def test_color_histograms_match_two_crops_of_an_image_among_a_hundred():
    images = DATA.train[torch.arange(100)]
    found = distances(*(histograms(random_crops(images, 20, seed)) for seed in (0, 1)))
    assert (found.argmin(1) == torch.arange(100)).float().mean() > 0.8


def test_color_histograms_do_not_tell_the_class():
    colors, labels = histograms(DATA.train.pixels), DATA.train.labels
    nearest = distances(colors, colors).fill_diagonal_(torch.inf).argmin(1)
    accuracy = (labels[nearest] == labels).float().mean().item()
    assert abs(accuracy - 1 / 6) < 0.03  # guessing has a standard error of 0.007, and pairs of neighbors double it


def test_every_shape_has_the_area_pi():
    axis = torch.linspace(-2, 2, 801)
    x, y = torch.meshgrid(axis, axis, indexing="xy")
    for name in CLASSES:
        area = _inside(name, x, y).sum().item() * (4 / 800) ** 2
        assert abs(area - torch.pi) < 0.02, name
