"""core.image_cache: decoded once, right for processes that start together, noticed and made again when damaged."""

import errno
import multiprocessing
import os
from pathlib import Path

import numpy as np
import pytest
from image_files import random_split, write_folders

from core import data as core_data
from core import image_cache
from core.data import load


@pytest.fixture
def flowers(tmp_path):
    write_folders(tmp_path / "flowers", random_split(20))
    return tmp_path / "flowers"


def loaded(folder, cache):
    data = load("flowers", folder, cache)
    return data.fingerprint, int(data.train.pixels.long().sum()), len(data.train)


def entries(cache: Path):
    return sorted(place.name for place in (cache / "decoded").iterdir())


def test_a_second_load_decodes_nothing(flowers, tmp_path, monkeypatch):
    first = loaded(flowers, tmp_path / "cache")
    monkeypatch.setattr(core_data, "decode", None)
    assert loaded(flowers, tmp_path / "cache") == first
    assert len(entries(tmp_path / "cache")) == 1


def test_changed_files_and_another_side_are_decoded_anew(flowers, tmp_path):
    first = loaded(flowers, tmp_path / "cache")
    write_folders(flowers, random_split(21, seed=1))
    assert loaded(flowers, tmp_path / "cache")[0] != first[0]
    assert load("flowers", flowers, tmp_path / "cache", side=4).train.pixels.shape[1:] == (4, 4, 3)
    assert len(entries(tmp_path / "cache")) == 3


def test_mapped_pixels_may_be_written_without_changing_the_cache(flowers, tmp_path):
    first = loaded(flowers, tmp_path / "cache")
    load("flowers", flowers, tmp_path / "cache").train.pixels.zero_()
    assert loaded(flowers, tmp_path / "cache") == first


def test_processes_that_start_together_on_an_empty_cache_agree(flowers, tmp_path):
    context = multiprocessing.get_context("spawn")
    with context.Pool(2) as pool:
        answers = pool.starmap(loaded, [(flowers, tmp_path / "cache")] * 2, chunksize=1)
    assert set(answers) == {loaded(flowers, tmp_path / "another")}
    assert len(entries(tmp_path / "cache")) == 1  # nor a private folder left


def test_the_first_to_publish_stays(tmp_path):
    target = tmp_path / "entry"
    with image_cache.published(target) as slow:
        (slow / "who").write_text("slow")
        with image_cache.published(target) as fast:
            (fast / "who").write_text("fast")
    assert (target / "who").read_text() == "fast"
    assert list(tmp_path.iterdir()) == [target]


def test_a_full_disk_is_no_other_process(tmp_path):
    (tmp_path / "entry").mkdir()
    with pytest.raises(OSError, match="No space left"), image_cache.published(tmp_path / "entry"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert list(tmp_path.iterdir()) == [tmp_path / "entry"]


def test_what_cannot_be_read_just_now_is_not_set_aside(tmp_path, monkeypatch):
    image_cache.write(tmp_path / "entry", {}, {"a": np.zeros(2)})
    with monkeypatch.context() as now:
        now.setattr(image_cache, "_checksum", no_files_left)
        with pytest.raises(OSError, match="Too many open files"):
            image_cache.read(tmp_path / "entry")
    assert image_cache.read(tmp_path / "entry") is not None


def no_files_left(path):
    raise OSError(errno.EMFILE, os.strerror(errno.EMFILE), str(path))


def truncate(entry):
    file = entry / "train.pixels.npy"
    file.write_bytes(file.read_bytes()[:-1])


def flip(entry):
    file = entry / "valid.labels.npy"
    damaged = bytearray(file.read_bytes())
    damaged[-8] ^= 1
    file.write_bytes(damaged)


def cut_meta(entry):
    file = entry / "meta.json"
    file.write_text(file.read_text()[:-5])


def remove(entry):
    (entry / "test.pixels.npy").unlink()


@pytest.mark.parametrize("damage", [truncate, flip, cut_meta, remove])
def test_a_damaged_entry_is_set_aside_and_made_again(damage, flowers, tmp_path):
    first = loaded(flowers, tmp_path / "cache")
    (entry,) = (tmp_path / "cache" / "decoded").iterdir()
    damage(entry)
    assert loaded(flowers, tmp_path / "cache") == first
    good, aside = entries(tmp_path / "cache")
    assert good == entry.name
    assert aside.startswith(entry.name)
    assert aside.endswith(".damaged")


def test_zeroed_pages_of_a_large_file_are_noticed(tmp_path):
    array = np.random.default_rng(0).integers(0, 256, 20 << 20, np.uint8)  # five times what is read of it
    image_cache.write(tmp_path / "entry", {}, {"pixels": array})
    with (tmp_path / "entry" / "pixels.npy").open("r+b") as file:
        file.seek(10 << 20)
        file.write(bytes(1 << 20))
    assert image_cache.read(tmp_path / "entry") is None


def test_a_cache_that_cannot_be_written_is_done_without(flowers, tmp_path):
    (tmp_path / "file").write_text("no folder can be made below this")
    assert loaded(flowers, tmp_path / "file" / "cache") == loaded(flowers, tmp_path / "cache")
