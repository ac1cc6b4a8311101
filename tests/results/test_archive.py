"""Folded records are read as if their files were there."""

from pathlib import Path

from results.archive import fold
from results.records import publish, read, training_records


def test_a_folded_record_is_read_when_its_file_is_gone(tmp_path: Path) -> None:
    paths = [tmp_path / "a" / "record.json", tmp_path / "a" / "probes" / "p.json", tmp_path / "b" / "record.json"]
    for number, path in enumerate(paths):
        publish({"run": path.parts[-2], "number": number}, path)
    fold(tmp_path, paths[:2])
    fold(tmp_path, paths[2:])
    before = [read(path) for path in paths]
    for path in paths:
        path.unlink()
    assert [read(path) for path in paths] == before
    assert read(tmp_path / "c" / "record.json") is None


def test_a_folded_record_is_not_published_again(tmp_path: Path) -> None:
    path = tmp_path / "a" / "record.json"
    assert publish({"run": "a"}, path)
    fold(tmp_path, [path])
    path.unlink()
    assert not publish({"run": "a", "again": True}, path) and not path.exists()
    assert training_records(tmp_path) == [path]


def test_a_file_comes_before_the_archive(tmp_path: Path) -> None:
    path, other = tmp_path / "a" / "record.json", tmp_path / "b" / "record.json"
    publish({"run": "a"}, path)
    fold(tmp_path, [path])
    publish({"run": "a", "again": True}, other)
    other.rename(path)
    assert read(path) == {"run": "a", "again": True}
    assert training_records(tmp_path) == [path]
