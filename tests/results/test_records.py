"""A record is published once, read as it was written, or Damaged; never anything else."""

import contextlib
import errno
import hashlib
import json
import math
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from results.damage import Damaged, set_aside
from results.records import last_end, publish, read

RECORD = {"run": "0123456789ab", "metrics": {"linear_top1": 53.25}, "history": [{"epoch": 1, "loss": 5.5}]}


def test_absent_is_none(tmp_path: Path) -> None:
    assert read(tmp_path / "record.json") is None


def test_only_the_first_is_published(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "a" / "record.json"
    assert publish(RECORD, path) and not publish({**RECORD, "run": "other"}, path)
    assert read(path) == RECORD
    assert [file.name for file in path.parent.iterdir()] == ["record.json"], "temporary files are left"


def test_of_many_at_once_one_wins(tmp_path: Path) -> None:
    path, won = tmp_path / "record.json", []
    start = threading.Barrier(8)

    def publisher(number: int) -> None:
        start.wait()
        if publish({"run": number}, path):
            won.append(number)

    threads = [threading.Thread(target=publisher, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1 and read(path) == {"run": won[0]}


def test_nothing_is_left_of_a_record_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        publish({"metrics": object()}, tmp_path / "record.json")
    assert not list(tmp_path.iterdir())


def test_a_checksum_is_not_for_the_caller(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="sha256"):
        publish({"sha256": "0"}, tmp_path / "record.json")


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)))
def test_floats_come_back_bit_for_bit(tmp_path_factory: pytest.TempPathFactory, numbers: list[float]) -> None:
    path = tmp_path_factory.mktemp("floats") / "record.json"
    publish({"numbers": numbers}, path)
    back = read(path)
    assert back is not None and list(map(repr, back["numbers"])) == list(map(repr, numbers))


def test_what_json_lacks_becomes_null_and_tuples_lists(tmp_path: Path) -> None:
    publish({"history": [{"loss": math.nan}, {"loss": -math.inf}], "size": (3, 4), "by": {1: 2}}, tmp_path / "r.json")
    assert read(tmp_path / "r.json") == {"history": [{"loss": None}, {"loss": None}], "size": [3, 4], "by": {"1": 2}}


def test_a_record_with_the_checksum_of_its_canonical_json_is_read(tmp_path: Path) -> None:
    canonical = json.dumps(RECORD, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    (tmp_path / "record.json").write_text(json.dumps({**RECORD, "sha256": digest}))
    assert read(tmp_path / "record.json") == RECORD


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "{}", '{"run": 1}', '{"a": NaN, "sha256": "0"}', "[" * 100_000]
)
def test_other_content_is_damaged_and_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "record.json"
    path.write_text(text)
    with pytest.raises(Damaged, match=r"record\.json"):
        read(path)


@settings(max_examples=300)
@given(st.data())
def test_fuzz_damaged_or_right(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "record.json"
    publish(RECORD, path)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    with contextlib.suppress(Damaged):
        assert read(path) == RECORD


def test_what_cannot_be_read_just_now_is_not_called_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(RECORD, tmp_path / "record.json")

    def busy(path: Path) -> bytes:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE), str(path))

    with monkeypatch.context() as now:
        now.setattr(Path, "read_bytes", busy)
        with pytest.raises(OSError, match="Too many open files"):
            read(tmp_path / "record.json")
    assert read(tmp_path / "record.json") == RECORD


def test_set_aside_keeps_every_damaged_file(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    for number in (1, 2):
        path.write_text(str(number))
        assert set_aside(path) == tmp_path / f"record.json.damaged-{number}"
    assert read(path) is None and (tmp_path / "record.json.damaged-1").read_text() == "1"
    assert set_aside(path) is None


def test_last_end_is_that_of_the_last_attempt(tmp_path: Path) -> None:
    assert last_end(tmp_path) is None
    for number, text in (("0001", json.dumps({"outcome": "failed"})), ("0002", json.dumps({"outcome": "done"}))):
        (tmp_path / "attempts" / number).mkdir(parents=True)
        (tmp_path / "attempts" / number / "end.json").write_text(text)
    assert last_end(tmp_path) == {"outcome": "done"}
    (tmp_path / "attempts" / "0003").mkdir()
    assert last_end(tmp_path) is None, "the third attempt is running"
    (tmp_path / "attempts" / "0003" / "end.json").write_text("{")
    assert last_end(tmp_path) is None
