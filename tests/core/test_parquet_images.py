"""core.parquet_images: a bad file, column or row is named."""

import numpy as np
import pytest
from image_files import image_column, random_split, write_parquet, write_table

from core.data import DataError, load


@pytest.fixture(autouse=True)
def _no_cache_of_the_person(tmp_path, monkeypatch):
    monkeypatch.setenv("ABLATIONS_CACHE", str(tmp_path / "cache"))


def bad_table(folder, **columns):
    folder.mkdir()
    write_table(folder / "train-0.parquet", columns, {"info": {"features": {"label": {"names": ["rose", "daisy"]}}}})
    return folder


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"img": [{"bytes": b"", "path": ""}], "label": [2]}, "train-0.parquet, row 0 has label 2, not one of its 2"),
        ({"img": [{"bytes": b"", "path": ""}], "label": [-1]}, "row 0 has label -1"),
        ({"img": [{"bytes": None, "path": "x"}], "label": [0]}, "row 0 has no image bytes"),
        ({"img": [{"bytes": b"text", "path": "x"}], "label": [0]}, "train-0.parquet, row 0: not a PNG, JPEG or WebP"),
        (
            {"img": [{"bytes": b"", "path": ""}], "one": [0], "two": [0]},
            "has columns img, one, two: give it one column",
        ),
        ({"img": [], "label": []}, "train-0.parquet has no rows"),
    ],
)
def test_bad_rows_are_named(columns, message, tmp_path):
    columns["img"] = image_column(columns["img"])
    if not columns.get("label", True):
        columns["label"] = np.zeros(0, np.int64)
    with pytest.raises(DataError, match=message):
        load("flowers", bad_table(tmp_path / "bad", **columns))


def test_a_damaged_parquet_file_is_named(tmp_path):
    file = tmp_path / "train-00000-of-00001.parquet"
    write_parquet(file, random_split(5))
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"cannot read .*train-00000-of-00001.parquet as parquet: .*; copy or download"):
        load("flowers", tmp_path)
