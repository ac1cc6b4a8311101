"""core.streamed and core.index: when a data set is streamed, and by what it is known again."""

import os
import shutil
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from image_files import random_split, write_folders, write_parquet
from jpeg_files import SIDE, streamed, write

import core.streamed
from core.data import DataError, load

DECODED = 60 * SIDE * SIDE * 3


def test_what_is_decided_by_the_size_of_all_pixels_three_times(tmp_path: Path) -> None:
    write(tmp_path / "flowers")
    for memory, is_streamed in ((3 * DECODED, False), (3 * DECODED - 1, True), (3 * DECODED, False)):
        data = load("flowers", tmp_path / "flowers", tmp_path / "cache", SIDE, memory)
        assert (data.streamed, data.nbytes) == (is_streamed, DECODED)
    assert not load("flowers", tmp_path / "flowers", tmp_path / "cache", SIDE).streamed  # this machine's memory


def test_images_of_one_size_are_counted_before_they_are_decoded(tmp_path: Path) -> None:
    write_folders(tmp_path / "squares", random_split(20))
    write_parquet(tmp_path / "parquet" / "train.parquet", random_split(20))
    for folder in ("squares", "parquet"):
        with pytest.raises(DataError, match="flowers does not fit in memory and is streamed, which takes image_size"):
            load("flowers", tmp_path / folder, tmp_path / "cache", memory=3 * 40 * 8 * 8 * 3 - 1)
        assert not load("flowers", tmp_path / folder, tmp_path / "cache", memory=3 * 40 * 8 * 8 * 3).streamed


def test_files_elsewhere_by_other_names_and_of_another_age_are_the_same_data_set(tmp_path: Path) -> None:
    first = streamed(write(tmp_path / "flowers"), tmp_path / "cache")
    for number, file in enumerate(sorted((tmp_path / "flowers").glob("*/*"))):
        (tmp_path / "other" / file.parent.name).mkdir(parents=True, exist_ok=True)
        copy = shutil.copy(file, tmp_path / "other" / file.parent.name / f"{9000 - number}.jpeg")
        os.utime(copy, (1, 1))
    again = streamed(tmp_path / "other", tmp_path / "another cache")
    assert again.fingerprint == first.fingerprint
    for split in ("train", "valid", "test"):
        assert (getattr(again, split).labels == getattr(first, split).labels).all()
        assert (getattr(again, split).index == getattr(first, split).index).all()
    assert streamed(tmp_path / "flowers", tmp_path / "cache", side=8).fingerprint == first.fingerprint


def test_another_byte_label_or_file_is_another_data_set(tmp_path: Path) -> None:
    found = [streamed(write(tmp_path / "flowers"), tmp_path / "cache").fingerprint]
    file = tmp_path / "flowers" / "rose" / "4.jpg"
    changes = (
        lambda: file.write_bytes(file.read_bytes() + b"\0"),
        lambda: file.rename(tmp_path / "flowers" / "daisy" / "4.jpg"),
        lambda: shutil.copy(tmp_path / "flowers" / "rose" / "1.jpg", tmp_path / "flowers" / "rose" / "copy.jpg"),
    )
    for change in changes:
        change()
        found.append(streamed(tmp_path / "flowers", tmp_path / "cache").fingerprint)
    assert len(set(found)) == 4


def png(pixels: np.ndarray) -> bytes:
    """A PNG whose bytes no version of any library decides: nothing in it is compressed."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    packed = b"\x78\x01" + b"\x01" + struct.pack("<HH", len(rows), 0xFFFF - len(rows)) + rows
    packed += struct.pack(">I", zlib.adler32(rows))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def test_a_fingerprint_is_the_same_in_every_version(tmp_path: Path) -> None:
    """If not, all runs of streamed data sets are orphaned: raise streamed.VERSION and say so, or undo the change."""
    for number in range(20):
        kind = tmp_path / "made" / ("daisy", "rose")[number % 2]
        kind.mkdir(parents=True, exist_ok=True)
        (kind / f"{number}.png").write_bytes(png(np.arange(192).reshape(8, 8, 3).astype(np.uint8) + np.uint8(number)))
    data = streamed(tmp_path / "made", tmp_path / "cache")
    assert (core.streamed.VERSION, data.fingerprint) == (2, "fb42adf587af7098")
    assert [len(split) for split in (data.train, data.valid, data.test)] == [14, 2, 4]


def test_files_are_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "flowers")
    first = streamed(tmp_path / "flowers", tmp_path / "cache")
    assert "flowers does not fit in memory: reading its 0.0 GB once, for an index" in capsys.readouterr().err
    monkeypatch.setattr(core.streamed, "make_index", None)
    assert streamed(tmp_path / "flowers", tmp_path / "cache").fingerprint == first.fingerprint
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", ["test", "val", "valid", "validation"])
def test_a_test_split_is_kept_apart(tmp_path: Path, name: str) -> None:
    write(tmp_path / "flowers" / "train")
    write(tmp_path / "flowers" / name, 12)
    data = streamed(tmp_path / "flowers", tmp_path / "cache")
    assert [len(split) for split in (data.train, data.valid, data.test)] == [54, 6, 12]
    assert data.test.index.tolist() == list(range(12))


def test_parquet_files_are_unpacked_only_where_there_is_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_parquet(tmp_path / "parquet" / "train.parquet", random_split(20))
    (tmp_path / "cache").write_text("no folder")
    with pytest.raises(DataError, match=r"^cannot unpack parquet files into .*packed \(.*\): set ABLATIONS_CACHE to a"):
        streamed(tmp_path / "parquet", tmp_path / "cache")
    monkeypatch.setattr(shutil, "disk_usage", lambda place: shutil._ntuple_diskusage(10**9, 10**9, 0))  # type: ignore[attr-defined]
    with pytest.raises(DataError, match=r"unpacked into .*, which takes 0\.0 GB and has 0\.0: set ABLATIONS_CACHE to"):
        streamed(tmp_path / "parquet", tmp_path / "other")
    assert list((tmp_path / "other" / "packed").iterdir()) == []


def test_a_damaged_copy_of_parquet_files_is_named(tmp_path: Path) -> None:
    write_parquet(tmp_path / "parquet" / "train.parquet", random_split(20))
    data = streamed(tmp_path / "parquet", tmp_path / "cache")
    (pack,) = (tmp_path / "cache" / "packed").glob("*/images")
    pack.write_bytes(b"\0" * pack.stat().st_size)
    store = data.train.pixels.store  # type: ignore[union-attr]
    with pytest.raises(DataError, match=r"train\.parquet, row 7 is not what it was .*restore it; remove .*packed"):
        store.read(7)
    pack.unlink()
    assert streamed(tmp_path / "parquet", tmp_path / "cache").fingerprint == data.fingerprint
    store.read(7)
