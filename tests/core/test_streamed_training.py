"""Streamed images: training and probes need not know, and neither the number of loaders nor of ranks changes a view."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from jpeg_files import SIDE, in_memory, streamed, write
from rank_runs import on_ranks
from tiny_runs import TINY, StoppedError, Stopping, assert_same_bits
from torch import Tensor

from core import loaders
from core.augmentations import GaussianNoise
from core.data import DataSet, Images
from core.experiment import Experiment
from core.features import embed
from core.fetch import fetched
from core.finetune import FineTune
from core.images import Fetched, balanced
from core.model import build_model
from core.pretrain import Trained, pretrain
from core.probe import Features, LinearProbe
from core.step import make_views

STREAMED = replace(TINY, image_size=SIDE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("streamed")


@pytest.fixture(scope="module")
def data(folder: Path) -> DataSet:
    return streamed(write(folder / "flowers"), folder / "cache")


@pytest.fixture(autouse=True)
def two_loaders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaders, "number", lambda: 2)
    monkeypatch.setattr(loaders, "AT_LEAST", 3)


def trained(experiment: Experiment, data: DataSet, *places: tuple[int, int]) -> Trained:
    """Stopped at each of these places, and resumed."""
    journal = Stopping(*places)
    for _ in places:
        with pytest.raises(StoppedError):
            pretrain(experiment, data, journal)
    return pretrain(experiment, data, journal)


def test_resumed_runs_and_other_numbers_of_loaders_make_the_same_bits(
    data: DataSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = trained(STREAMED, data)
    assert_same_bits(trained(STREAMED, data, (0, 2), (1, 1)), whole)
    monkeypatch.setattr(loaders, "number", lambda: 1)
    assert_same_bits(trained(STREAMED, data, (1, 3)), whole)


def test_a_batch_in_chunks_has_the_views_of_the_whole(data: DataSet) -> None:
    chunked = pretrain(replace(STREAMED, bn_batch=4, epochs=1), data).history
    whole = pretrain(replace(STREAMED, epochs=1), data).history
    assert chunked[0]["contrastive_entropy_limit"] == whole[0]["contrastive_entropy_limit"]
    assert chunked != whole
    held = replace_train(data, in_memory(data.train))
    plain = replace(STREAMED, augment=GaussianNoise(), bn_batch=4, epochs=1)
    assert_same_bits(pretrain(plain, data), pretrain(plain, held))


def replace_train(data: DataSet, images: Images) -> DataSet:
    return DataSet(data.name, data.classes, data.fingerprint, images, in_memory(data.valid), in_memory(data.test))


def test_a_subset_is_fixed_and_streams(data: DataSet) -> None:
    assert torch.equal(in_memory(balanced(data.train, 9)).held, balanced(in_memory(data.train), 9).held)
    assert pretrain(replace(STREAMED, images=16), data).history


def test_probes_see_what_they_would_in_memory(data: DataSet) -> None:
    model, held = build_model(STREAMED, data), replace_train(data, in_memory(data.train))
    for ours, theirs in zip(embed(model, data.train, chunk=7), embed(model, held.train, chunk=7), strict=True):
        assert torch.equal(ours, theirs)
    assert LinearProbe()(Features(model, data)) == LinearProbe()(Features(model, held))
    tuned = FineTune(labels=0.5, epochs=2, batch_size=8)(Features(model, data))
    assert tuned.metrics.keys() == {"finetune_valid_top1_50", "finetune_top1_50"}
    assert tuned == FineTune(labels=0.5, epochs=2, batch_size=8)(Features(model, data))


def share(folder: Path) -> list[tuple[Tensor, Tensor]]:
    """Of two batches in chunks: which images this rank decodes, and their views."""
    data, found = streamed(folder / "flowers", folder / "cache"), []
    experiment = replace(STREAMED, bn_batch=4)
    for _, seen in fetched(experiment, data.train, torch.arange(16).split(8), 0, "cpu"):
        assert isinstance(seen, Fetched) and seen.pixels.shape[1] == len(seen.batch)
        found.append((seen.batch, torch.stack(make_views(experiment, seen, seen.batch, 0))))
    return found


def test_a_rank_decodes_its_own_images_alone_to_the_same_views(data: DataSet, folder: Path) -> None:
    first, second = on_ranks(2, share, folder)
    assert [batch.tolist() for batch, _ in first] == [[0, 1, 4, 5], [8, 9, 12, 13]]
    assert [batch.tolist() for batch, _ in second] == [[2, 3, 6, 7], [10, 11, 14, 15]]
    for number, (batch, whole) in enumerate(share(folder)):
        for mine, views in (first[number], second[number]):
            assert torch.equal(views, whole[:, torch.isin(batch, mine)])
