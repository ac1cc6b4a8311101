"""core.parquet_images: a bad file, column or row is named."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from image_files import encoded, image_column, random_split, write_parquet, write_table

from core import parquet_images
from core.data import DataError, load
from core.decode import BATCH


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


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.large_string())], ids=str
)
def test_labels_of_text_are_read_however_pandas_writes_them(kind, tmp_path):
    split = random_split(6)
    images = image_column([{"bytes": encoded(pixels), "path": None} for _, pixels in split])
    names = [name for name, _ in split]
    labels = pa.array(names).dictionary_encode().cast(kind) if pa.types.is_dictionary(kind) else pa.array(names, kind)
    (tmp_path / "flowers").mkdir()
    try:
        write_table(tmp_path / "flowers" / "train.parquet", {"image": images, "label": labels})
    except pa.ArrowNotImplementedError:
        pytest.skip(f"this pyarrow writes no {kind}")
    assert load("flowers", tmp_path / "flowers").classes == ("daisy", "rose")


def test_a_damaged_parquet_file_is_named(tmp_path):
    file = tmp_path / "train-00000-of-00001.parquet"
    write_parquet(file, random_split(5))
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"cannot read .*train-00000-of-00001.parquet as parquet: .*; copy or download"):
        load("flowers", tmp_path)


def repeated(file: Path, size: int, rows: int) -> Path:
    """A small file whose rows are all the same `size` bytes, which it holds once."""
    cells = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array([bytes(size)], pa.binary()))
    table = pa.table({"img": cells, "label": np.zeros(rows, np.int64)})
    pq.write_table(table, file, compression="zstd", store_schema=False)
    return file


def test_rows_that_repeat_one_cell_are_read_a_few_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet_images, "MAX_READ", 1 << 20)
    monkeypatch.setattr(parquet_images, "MAX_BYTES", 1 << 18)
    file = repeated(tmp_path / "train-0.parquet", 100_000, 1000)
    assert file.stat().st_size < 20_000
    pool = pa.default_memory_pool()
    before, most = pool.bytes_allocated(), 0
    sizes = []
    for batch in parquet_images.rows([file]):
        sizes.append(len(batch))
        most = max(most, pool.bytes_allocated() - before)
    assert (sum(sizes), max(sizes)) == (1000, 2)
    assert most < 4 << 20, "all rows at once are 100 MB"


def test_an_image_of_too_many_bytes_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet_images, "MAX_BYTES", 1 << 16)
    file = repeated(tmp_path / "train-0.parquet", (1 << 16) + 1, 3)
    with pytest.raises(DataError, match=r"row 0 has an image of 65537 bytes: shrink or remove it, the limit is 65536"):
        list(parquet_images.rows([file]))


def test_batches_are_whole_whatever_is_read_at_once(tmp_path, monkeypatch):
    write_parquet(tmp_path / "train-0.parquet", random_split(150))
    write_parquet(tmp_path / "train-1.parquet", random_split(20))
    files = sorted(tmp_path.iterdir())
    whole = [image for batch in parquet_images.rows(files) for image in batch]
    monkeypatch.setattr(parquet_images, "MAX_READ", 1)
    batches = list(parquet_images.rows(files))
    assert [len(batch) for batch in batches] == [BATCH, 340 - BATCH]
    assert [image for batch in batches for image in batch] == whole
    assert whole[-1].where == f"{files[1]}, row 39"


@pytest.mark.parametrize("cells", [[["a", "b"]], ["text"], [[b"a"]]], ids=repr)
def test_what_is_no_column_of_bytes_is_not_read(cells, tmp_path):
    struct = pa.array([{"bytes": cell} for cell in cells])
    with pytest.raises(DataError, match="has columns img, label: give it one column of image bytes"):
        load("flowers", bad_table(tmp_path / "bad", img=struct, label=[0] * len(cells)))


@pytest.mark.parametrize(
    "metadata",
    [b"{", b"[]", b'{"info": 3}', b'{"info": {"features": {"label": {"names": [1]}}}}', b"\xff", b"[" * 100_000],
    ids=range(6),
)
def test_metadata_that_is_no_list_of_names_is_named(metadata, tmp_path):
    table = pa.table({"img": image_column([{"bytes": b"", "path": ""}]), "label": [0]})
    pq.write_table(table.replace_schema_metadata({"huggingface": metadata}), tmp_path / "train-0.parquet")
    with pytest.raises(DataError, match=r"train-0\.parquet names its classes in metadata that cannot be read"):
        load("flowers", tmp_path)


def test_names_of_classes_are_words_and_no_places(tmp_path):
    names = ("../../rose", "/daisy")
    write_parquet(
        tmp_path / "data" / "train-0.parquet", [(names[i % 2], x) for i, (_, x) in enumerate(random_split(9))], names
    )
    before = list((tmp_path / "data").rglob("*"))
    assert load("flowers", tmp_path / "data").classes == names
    assert list((tmp_path / "data").rglob("*")) == before
    cached = [path.name for path in (tmp_path / "cache").rglob("*") if path.is_dir()]
    assert cached[0] == "decoded" and cached[1].startswith("flowers-") and len(cached) == 2
