"""core.sources: where a name is looked for, and what is said when nothing is found there."""

import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from image_files import random_split, write_folders
from torchvision import datasets

from core.data import DataError, load
from core.layouts import layout

TRAIN = random_split(20)


@pytest.fixture(autouse=True)
def _no_cache_of_the_person(tmp_path, monkeypatch):
    monkeypatch.setenv("ABLATIONS_CACHE", str(tmp_path / "cache"))


def test_places_are_searched_in_order(tmp_path, monkeypatch):
    for number, place in enumerate(("data/flowers", "data", "cache/flowers"), start=10):
        write_folders(tmp_path / place / "train", random_split(number))
    monkeypatch.chdir(tmp_path)

    def images():
        data = load("flowers", cache=Path("cache"))
        return len(data.train) + len(data.valid) + len(data.test)

    for place, number in (("data/flowers", 20), ("data", 22), ("cache/flowers", 24)):
        assert images() == number
        (tmp_path / place / "train").rename(tmp_path / place / "hidden")
    with pytest.raises(
        DataError, match=r"no data set 'flowers' in ./data/flowers, ./data or cache/flowers: pass --data"
    ):
        images()


def test_a_folder_given_is_the_only_place(tmp_path, monkeypatch):
    write_folders(tmp_path / "data" / "flowers", TRAIN)
    (tmp_path / "empty" / "rose").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=r"empty holds no images: give a folder .* train/<class>"):
        load("flowers", tmp_path / "empty")
    with pytest.raises(DataError, match="nowhere is no folder: give a folder"):
        load("flowers", tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["../flowers", "/etc", "..", ".hidden", "a/b", "", "a b", "rose\n"])
def test_names_that_leave_the_folder_are_refused(name, tmp_path):
    with pytest.raises(DataError, match="is not one: use letters, digits"):
        load(name, tmp_path)


@given(
    name=st.text(max_size=12)
    | st.lists(st.sampled_from(["..", "/", ".", "a", "~", "\\", "\0", "\n", "-"])).map("".join)
)
def test_no_name_reads_or_writes_outside_of_its_folder(name, tmp_path_factory):
    base = tmp_path_factory.getbasetemp() / "named"
    write_folders(base / "data" / "train", random_split(2))
    with suppress(DataError):
        load(name, base / "data", base / "cache")
    grown = {path.relative_to(base).parts[0] for path in base.rglob("*")}
    assert grown <= {"data", "cache"} and {path.name for path in (base / "data").iterdir()} == {"train"}
    assert not (base / "cache").exists() or {path.name for path in (base / "cache").iterdir()} == {"decoded"}


def test_what_is_no_file_is_named_and_not_waited_for(tmp_path):
    write_folders(tmp_path, TRAIN)
    os.mkfifo(tmp_path / "rose" / "pipe.png")
    with pytest.raises(DataError, match=r"rose/pipe\.png is no file: remove it"):
        load("flowers", tmp_path)


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ("rose/scan.BMP", r"rose/scan\.BMP is no png, jpg, jpeg or webp: convert it, or take it out"),
        ("bud/scan.tif", r"bud/scan\.tif is no png"),
        ("rose/old/first.png", r"rose/old holds images, but lies in a class folder"),
        ("bud/old/first.png", r"bud/old holds images"),
        ("bud/first", r"class folder .*/train/bud holds no png, jpg, jpeg or webp: fill it, or take it out"),
    ],
)
def test_no_image_is_passed_over_in_silence(extra, message, tmp_path):
    write_folders(tmp_path / "train", TRAIN)
    (tmp_path / "train" / extra).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "train" / extra).touch()
    with pytest.raises(DataError, match=message):
        load("flowers", tmp_path)


def test_what_is_no_image_is_passed_over(tmp_path):
    write_folders(tmp_path / "first", TRAIN)
    write_folders(tmp_path / "second", TRAIN)
    for extra in ("rose/notes.txt", "rose/.hidden.bmp", "rose/old/notes.txt", ".git/rose.bmp", "about.bmp"):
        (tmp_path / "second" / extra).parent.mkdir(exist_ok=True)
        (tmp_path / "second" / extra).touch()
    assert load("flowers", tmp_path / "second").fingerprint == load("flowers", tmp_path / "first").fingerprint


def test_a_class_may_be_called_train(tmp_path):
    write_folders(tmp_path, random_split(4, ("bus", "train")))
    assert load("vehicles", tmp_path).classes == ("bus", "train")


@pytest.mark.parametrize("names", [("train",), ("train", "test")])
def test_images_without_classes_are_no_classes_of_their_splits(names, tmp_path):
    write_folders(tmp_path, random_split(4, names))
    assert layout(tmp_path, "flowers") is None


def test_a_folder_of_data_sets_is_none(tmp_path):
    write_folders(tmp_path / "flowers" / "train", TRAIN)
    (tmp_path / "flowers" / "about.bmp").touch()
    assert layout(tmp_path, "cifar10") is None


def test_a_failed_download_says_what_to_do(tmp_path, monkeypatch):
    def no_network(*_, **__):
        raise OSError("<urlopen error Name or service not known>")

    monkeypatch.setattr(datasets, "CIFAR100", no_network)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        DataError, match=r"torchvision's download of cifar100 failed \(<urlopen.*\): pass --data DIR with"
    ):
        load("cifar100", cache=tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_download_goes_into_the_cache(tmp_path, monkeypatch):
    names = [f"class{number}" for number in range(10)]
    monkeypatch.setattr(datasets, "CIFAR10", lambda folder, download: write_folders(folder, random_split(4, names)))
    monkeypatch.chdir(tmp_path)
    data = load("cifar10", cache=tmp_path / "cache")
    monkeypatch.delattr(datasets, "CIFAR10")
    assert load("cifar10", cache=tmp_path / "cache").fingerprint == data.fingerprint


def test_other_images_named_cifar_are_refused(tmp_path):
    write_folders(tmp_path, TRAIN)
    with pytest.raises(DataError, match="cifar10 has 10 classes, but these files 2: name the data set otherwise"):
        load("cifar10", tmp_path)
