"""Streamed images: which views they become, whatever their files."""

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from image_files import image_column, write_table
from jpeg_files import SIDE, in_memory, smooth, streamed, write
from PIL import Image
from tiny_runs import TINY
from torchvision.transforms.v2 import functional as F

from core import first_crop, loaders
from core.augmentations import Compose, Crop, Flip, GaussianNoise, Identity
from core.data import DataSet, Images, load
from core.experiment import Experiment
from core.fetch import fetch, fetched
from core.files import Streamed
from core.losses import CrossEntropy, NTXent, pairwise
from core.step import make_views

STREAMED = replace(TINY, image_size=SIDE)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> DataSet:
    folder = tmp_path_factory.mktemp("streamed")
    return streamed(write(folder / "flowers"), folder / "cache")


@pytest.fixture(autouse=True)
def two_loaders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaders, "number", lambda: 2)
    monkeypatch.setattr(loaders, "AT_LEAST", 3)


def views(experiment: Experiment, images: Images, epoch: int = 0) -> Iterator[torch.Tensor]:
    """Those of all images in batches, (views, N, 3, H, W) each."""
    batches = torch.split(torch.randperm(len(images), generator=torch.Generator().manual_seed(1)), 8)
    for batch, seen in fetched(experiment, images, batches, epoch, "cpu"):
        yield torch.stack(make_views(experiment, seen, batch, epoch))


OF_CROPS: dict[str, dict[str, Any]] = {
    "crop and flip": {},
    "one branch": {"augment_other": Identity()},
    "a shared crop": {"prepare": Crop(), "augment": Flip(), "augment_other": Identity()},
    "supervised": {"loss": CrossEntropy(), "views": 1},
    "three views": {"loss": pairwise(NTXent()), "views": 3},
}


@pytest.mark.parametrize("change", OF_CROPS.values(), ids=OF_CROPS.keys())
def test_images_that_have_their_size_already_give_the_views_of_those_in_memory(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    """But that a loader's crop is rounded to levels of 255, which makes no more than one of them."""
    experiment = replace(STREAMED, **change)
    images = streamed(write(tmp_path / "squares", 30, "PNG", SIDE), tmp_path / "cache").train
    for ours, theirs in zip(views(experiment, images, 2), views(experiment, in_memory(images), 2), strict=True):
        assert ours.shape == theirs.shape and float((ours - theirs).abs().max()) <= 1.001 / 255


@pytest.mark.parametrize("augment", [Compose((Flip(), GaussianNoise())), Identity()])
def test_without_a_crop_in_front_views_are_those_of_images_in_memory_to_the_bit(data: DataSet, augment: Any) -> None:
    experiment = replace(STREAMED, augment=augment)
    for ours, theirs in zip(views(experiment, data.train), views(experiment, in_memory(data.train)), strict=True):
        assert torch.equal(ours, theirs)


def test_a_crop_is_torchvisions_of_the_whole_image_at_the_box_that_crop_draws(data: DataSet) -> None:
    experiment, images = replace(STREAMED, augment=Crop()), data.train
    assert isinstance(images.pixels, Streamed)
    batch = torch.arange(len(images))
    ((_, seen),) = fetched(experiment, images, [batch], 3, "cpu")
    rows, columns = images.pixels.sizes(batch)
    for view, start in enumerate(first_crop.starts(experiment, 3)(images.index)):
        top, left, height, width = first_crop.boxes([start], rows, columns)[:, 0].unbind(1)
        for place, pixels in enumerate(seen.starts(batch)[view]):
            with Image.open(images.pixels.store.files.where(int(images.pixels.places[place]))) as file:
                box = (int(each[place]) for each in (top, left, height, width))
                whole = F.pil_to_tensor(file.convert("RGB"))
            expected = F.resized_crop(whole, *box, [SIDE, SIDE], antialias=True).permute(1, 2, 0)
            assert int((pixels.int() - expected.int()).abs().max()) <= 1


def test_centers_are_the_pixels_that_images_have_in_memory_to_the_bit(data: DataSet, tmp_path: Path) -> None:
    held = load("flowers", write(tmp_path / "flowers"), tmp_path / "cache", SIDE)
    assert not held.streamed and held.fingerprint != data.fingerprint

    def seen(*splits: Images) -> set[tuple[int, bytes]]:
        return {(int(label), one.numpy().tobytes()) for split in splits for one, label in pairs(split)}

    def pairs(split: Images) -> Iterator[Any]:
        images = in_memory(split)
        return zip(images.held, images.labels, strict=True)

    assert seen(data.train, data.valid, data.test) == seen(held.train, held.valid, held.test)


def test_a_large_jpeg_is_decoded_smaller_which_changes_little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(1)
    for number in range(8):
        (tmp_path / "large" / "rose").mkdir(parents=True, exist_ok=True)
        smooth(random, 397, 301).save(tmp_path / "large" / "rose" / f"{number}.jpg", quality=95)
    images = streamed(tmp_path / "large", tmp_path / "cache").train
    whole = replace(STREAMED, augment=Crop(area=(0.5, 1.0)))  # boxes of more than 4 SIDE
    (ours,) = views(whole, images)
    monkeypatch.setattr("core.crop_files.GAP", 1000)
    (exact,) = views(whole, images)
    assert not torch.equal(ours, exact)
    changed = 255 * (ours - exact).abs()
    assert float(changed.mean()) < 0.5 and float(changed.flatten().quantile(0.99)) < 4


def test_parquet_and_class_folders_of_the_same_files_are_one_data_set(data: DataSet, tmp_path: Path) -> None:
    files = sorted(write(tmp_path / "flowers").glob("*/*"))
    (tmp_path / "parquet").mkdir()
    for number in range(2):
        some = files[number::2]
        write_table(
            tmp_path / "parquet" / f"train-0000{number}.parquet",
            {
                "img": image_column([{"bytes": file.read_bytes(), "path": None} for file in some]),
                "label": [file.parent.name for file in some],
            },
        )
    packed = streamed(tmp_path / "parquet", tmp_path / "cache")
    assert packed.fingerprint == data.fingerprint
    for ours, theirs in zip(views(STREAMED, packed.train), views(STREAMED, data.train), strict=True):
        assert torch.equal(ours, theirs)
    again = streamed(tmp_path / "parquet", tmp_path / "cache")
    assert torch.equal(in_memory(again.valid).held, in_memory(data.valid).held)


def test_other_seeds_and_epochs_are_other_crops(data: DataSet) -> None:
    once = torch.cat(list(views(STREAMED, data.train)), dim=1)
    for other in (views(STREAMED, data.train, epoch=1), views(replace(STREAMED, seed=1), data.train)):
        assert not torch.equal(once, torch.cat(list(other), dim=1))


def test_nothing_random_of_everybodys_is_drawn(data: DataSet) -> None:
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    list(fetch(data.train, [torch.arange(8)], first_crop.starts(STREAMED, 0), "cpu"))
    assert torch.equal(torch.rand(1), expected)


def test_images_of_every_mode_come_through(tmp_path: Path) -> None:
    for number, mode in enumerate(["RGB", "RGBA", "P", "L", "LA", "1"] * 2):
        (tmp_path / "modes" / "rose").mkdir(parents=True, exist_ok=True)
        image = smooth(np.random.default_rng(number), 20, 30).convert(mode)
        image.save(tmp_path / "modes" / "rose" / f"{number}.png")
    buffer = io.BytesIO()
    Image.new("CMYK", (20, 30), (0, 255, 255, 0)).save(buffer, "JPEG")
    (tmp_path / "modes" / "rose" / "cmyk.jpg").write_bytes(buffer.getvalue())
    images = streamed(tmp_path / "modes", tmp_path / "cache").train
    assert all(bool((both.amax((1, 2, 3, 4)) > 0).all()) for both in views(STREAMED, images))
