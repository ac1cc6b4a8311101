"""core.data: the same images are the same data set in every layout; splits and subsets are fixed and balanced."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from image_files import image_column, random_split, write_folders, write_parquet, write_table
from torchvision import datasets

from core.data import DataError, Images, balanced, load

TRAIN, TEST = random_split(20), random_split(5, seed=1)
REAL = Path(os.environ.get("ABLATIONS_DATA") or Path(__file__).parents[3] / "shared" / "data")
CACHE = os.environ.get("ABLATIONS_CACHE")


@pytest.fixture(autouse=True)
def _no_cache_of_the_person(tmp_path, monkeypatch):
    monkeypatch.setenv("ABLATIONS_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def parquet(tmp_path):
    write_parquet(tmp_path / "parquet" / "train-00000-of-00001.parquet", TRAIN)
    write_parquet(tmp_path / "parquet" / "test-00000-of-00001.parquet", TEST)
    return tmp_path / "parquet"


@pytest.fixture
def folders(tmp_path):
    write_folders(tmp_path / "folders" / "train", TRAIN)
    write_folders(tmp_path / "folders" / "test", TEST)
    return tmp_path / "folders"


def assert_same(one, other):
    assert (one.classes, one.fingerprint) == (other.classes, other.fingerprint)
    for split in ("train", "valid", "test"):
        for field in ("pixels", "labels", "index"):
            assert torch.equal(getattr(getattr(one, split), field), getattr(getattr(other, split), field))


def seen(images):
    return {
        (label, pixels.numpy().tobytes()) for label, pixels in zip(images.labels.tolist(), images.pixels, strict=True)
    }


def test_parquet_and_class_folders_hold_the_same_data_set_in_the_same_order(parquet, folders, tmp_path):
    one, other = (load("flowers", folder, tmp_path / "cache") for folder in (parquet, folders))
    assert_same(one, other)
    assert one.classes == ("daisy", "rose")
    assert one.train.pixels.dtype == torch.uint8
    assert one.train.labels.dtype == one.train.index.dtype == torch.int64
    given = {(one.classes.index(name), pixels.tobytes()) for name, pixels in TRAIN}
    assert seen(one.train) | seen(one.valid) == given


def test_rows_in_another_order_and_several_files_are_the_same_data_set(parquet, tmp_path):
    write_parquet(tmp_path / "more" / "train-00000-of-00002.parquet", TRAIN[::-2])
    write_parquet(tmp_path / "more" / "train-00001-of-00002.parquet", TRAIN[::2], label="fine_label")
    write_parquet(tmp_path / "more" / "validation-00000-of-00001.parquet", TEST)
    assert_same(load("flowers", parquet, tmp_path / "cache"), load("flowers", tmp_path / "more", tmp_path / "cache"))


def test_what_is_wrong_with_the_test_images_is_said_before_the_others_are_read(tmp_path):
    (tmp_path / "flowers").mkdir()
    (tmp_path / "flowers" / "train.parquet").write_text("which would be read for hours")
    unlabeled = image_column([{"bytes": b"", "path": None}])
    columns, names = {"img": unlabeled, "label": [-1]}, {"info": {"features": {"label": {"names": ["rose", "daisy"]}}}}
    write_table(tmp_path / "flowers" / "test-00000-of-00001.parquet", columns, names)
    with pytest.raises(DataError, match=r"row 0 has label -1, .* those of a validation split serve as such"):
        load("flowers", tmp_path / "flowers", tmp_path / "cache")


def test_another_pixel_label_name_or_split_is_another_data_set(tmp_path):
    changed = [("rose", TRAIN[0][1]), *TRAIN[1:]]
    pixel = [(TRAIN[0][0], TRAIN[0][1] ^ np.uint8(1)), *TRAIN[1:]]
    renamed = [(name.replace("rose", "tulip"), pixels) for name, pixels in TRAIN]
    prints = set()
    for number, split in enumerate((TRAIN, changed, pixel, renamed, TRAIN[:-1])):
        write_folders(tmp_path / str(number), split)
        prints.add(load("flowers", tmp_path / str(number), tmp_path / "cache").fingerprint)
    assert len(prints) == 5


def test_torchvisions_own_folder_is_read(tmp_path, monkeypatch):
    names = [f"class{number}" for number in range(10)]
    train, test = random_split(2, names, side=32), random_split(1, names, side=32, seed=1)
    write_folders(tmp_path / "folders" / "train", train)
    write_folders(tmp_path / "folders" / "test", test)
    inner = tmp_path / "torchvision" / "cifar-10-batches-py"
    inner.mkdir(parents=True)
    for file, split in (("data_batch_1", train), ("test_batch", test)):
        rows = np.stack([pixels.transpose(2, 0, 1).ravel() for _, pixels in split])
        (inner / file).write_bytes(pickle.dumps({"data": rows, "labels": [names.index(name) for name, _ in split]}))
    (inner / "batches.meta").write_bytes(pickle.dumps({"label_names": names}))
    with pytest.raises(DataError, match="incomplete or damaged"):  # torchvision knows the real files' checksums
        load("cifar10", inner.parent, tmp_path / "cache")
    monkeypatch.setattr(datasets.CIFAR10, "train_list", [["data_batch_1", None]])
    monkeypatch.setattr(datasets.CIFAR10, "test_list", [["test_batch", None]])
    monkeypatch.setattr(datasets.CIFAR10, "meta", {"filename": "batches.meta", "key": "label_names", "md5": None})
    expected = load("cifar10", tmp_path / "folders", tmp_path / "cache")
    for folder in (inner.parent, inner):
        assert_same(load("cifar10", folder, tmp_path / "cache"), expected)
        assert_same(load("cifar10", folder, tmp_path / "cache", memory=1), expected)  # it fits everywhere


def test_validation_is_a_tenth_of_each_class_and_no_image_is_in_two_splits(folders, tmp_path):
    data = load("flowers", folders, tmp_path / "cache")
    assert [torch.bincount(images.labels).tolist() for images in (data.train, data.valid, data.test)] == [
        [18, 18],
        [2, 2],
        [5, 5],
    ]
    assert not seen(data.train) & seen(data.valid)
    assert sorted([*data.train.index.tolist(), *data.valid.index.tolist()]) == list(range(40))
    assert data.test.index.tolist() == list(range(10))


def test_a_fifth_of_each_class_is_the_test_split_where_the_source_has_none(tmp_path):
    write_folders(tmp_path / "flowers", TRAIN)
    data = load("flowers", tmp_path, tmp_path / "cache")
    assert [torch.bincount(images.labels).tolist() for images in (data.train, data.valid, data.test)] == [
        [14, 14],
        [2, 2],
        [4, 4],
    ]
    assert len(seen(data.train) | seen(data.valid) | seen(data.test)) == 40


def test_balanced_subsets_are_nested_and_balanced():
    labels = torch.arange(60) % 3
    images = Images(torch.zeros(60, 2, 2, 3, dtype=torch.uint8), labels, torch.arange(60))
    assert balanced(images, None) is images
    smaller = set()
    for number in (1, 10, 30, 59, 60):
        subset = balanced(images, number)
        counts = torch.bincount(subset.labels, minlength=3)
        assert len(subset) == number
        assert counts.max() - counts.min() <= 1
        assert smaller <= set(subset.index.tolist())
        smaller = set(subset.index.tolist())
    assert smaller == set(range(60))


@pytest.mark.parametrize("number", [0, -1, 61])
def test_balanced_refuses_more_images_than_there_are(number):
    images = Images(torch.zeros(60, 2, 2, 3), torch.arange(60) % 3, torch.arange(60))
    with pytest.raises(DataError, match=f"images={number} does not fit: take 1 to 60"):
        balanced(images, number)


def test_classes_that_cannot_be_split_are_refused(folders, tmp_path):
    write_folders(tmp_path / "few", [*TRAIN, ("tulip", TRAIN[0][1])])
    with pytest.raises(DataError, match="class 'tulip' has too few images: it takes three, or two where test images"):
        load("flowers", tmp_path / "few")
    write_folders(folders / "test", [("tulip", TRAIN[0][1])])
    with pytest.raises(DataError, match="class 'tulip' has test images but no training images"):
        load("flowers", folders)


def test_real_cifar10(monkeypatch):
    """Decoded into the person's own cache, so that only the first run of this test takes long."""
    if not (REAL / "cifar10").is_dir():
        pytest.skip(f"no cifar10 in {REAL}: set ABLATIONS_DATA to a folder that holds it")
    monkeypatch.setenv("ABLATIONS_CACHE", CACHE or "")
    data = load("cifar10", REAL)
    assert " ".join(data.classes) == "airplane automobile bird cat deer dog frog horse ship truck"
    for images, number in ((data.train, 45_000), (data.valid, 5_000), (data.test, 10_000)):
        assert images.pixels.shape == (number, 32, 32, 3)
        assert torch.bincount(images.labels).tolist() == [number // 10] * 10
    assert data.fingerprint == "0d49fc167357b23b"
