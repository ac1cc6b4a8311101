"""Whatever lies in a file that we read back, the reader gives what was written or calls it damaged; nothing else."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ablations import _checkpoint
from ablations._price import Cost
from ablations._timing import _keep, _kept
from core import image_cache
from results import archive, checked_parquet
from results.damage import Damaged
from results.records import last_end, publish, read
from results.tables import about, read_rows, read_table, write_plan
from slurm.attempts import claim
from slurm.history import history
from slurm.queue import Queue
from slurm.queue import _keep as keep_queue
from slurm.queue import _kept as kept_queue

RECORD = {"run": "a", "metrics": {"linear_top1": 53.25}, "history": [{"epoch": 1, "train_loss": 5.5}]}
STATE = {"weights": torch.arange(6.0), "step": 3}
ROWS = [{"run": "a", "arm": "cell", "seed": seed, "probes": ["p"], "loss": "NTXent"} for seed in range(3)]


class Kept(NamedTuple):
    """A file, how it is written, and what its readers say of it; None where they find nothing, or nothing to trust."""

    file: str
    write: Callable[[Path], Any]
    read: Callable[[Path], Any]


def damaged_is_none(read: Callable[[Path], Any]) -> Callable[[Path], Any]:
    """Such a reader with None for Damaged."""

    def reading(path: Path) -> Any:
        try:
            return read(path)
        except Damaged as problem:
            assert str(problem.path) in str(problem)
            return None

    return reading


def folded(path: Path) -> None:
    record = path.parent / "a" / "record.json"
    publish(RECORD, record)
    archive.fold(path.parent, [record])
    record.unlink()


def tables(path: Path) -> Any:
    return read_rows(path), about(path), read_table(path).to_dict("list")


def cached(path: Path) -> Any:
    found = image_cache.read(path.parent)
    return found and (found[0], {name: array.tolist() for name, array in found[1].items()})


def cache(path: Path) -> None:
    image_cache.write(path.parent, {"classes": ["a", "b"]}, {"pixels": np.arange(40, dtype=np.uint8)})


def timing(path: Path) -> Any:
    return list(_kept(path, lambda machine: machine == {"host": "h"})) or None


def checkpoint(path: Path) -> None:
    _checkpoint.write(path, STATE, lambda: None)


def as_lists(path: Path) -> Any:
    state = _checkpoint.read(path)
    return {"weights": state["weights"].tolist(), "step": state["step"]}


KEPT = {
    "record": Kept("record.json", lambda path: publish(RECORD, path), damaged_is_none(read)),
    "archive": Kept("records.parquet", folded, lambda path: archive.archived(path.parent / "a" / "record.json")),
    "table": Kept("t.smoke.parquet", lambda path: write_plan(path, ROWS, {"study": "t"}), damaged_is_none(tables)),
    "checkpoint": Kept("c.pt", checkpoint, damaged_is_none(as_lists)),
    "cached images": Kept("entry/pixels.npy", cache, cached),
    "cache's description": Kept("entry/meta.json", cache, cached),
    "timing": Kept(
        ".timings.jsonl",
        lambda path: _keep(path, {"kind": "k", "machine": {"host": "h"}, "seconds": 2.5, "memory": {"memory": 3}}),
        timing,
    ),
}
each_file = pytest.mark.parametrize("kept", KEPT.values(), ids=KEPT.keys())
fuzz = settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
NUMBER = iter(range(1 << 60))


def written(kept: Kept, folder: Path) -> tuple[Path, Any]:
    """The file, made anew, and what is read of it."""
    path = folder / str(next(NUMBER)) / kept.file
    path.parent.mkdir(parents=True, exist_ok=True) if "/" not in kept.file else None
    kept.write(path)
    whole = kept.read(path)
    assert whole is not None
    return path, whole


def overwrite(path: Path, content: bytes) -> None:
    """Write it at a time of its own, which tells it from what was there: clocks of file systems are coarse."""
    path.write_bytes(content)
    os.utime(path, ns=(next(NUMBER), next(NUMBER)))


@each_file
@fuzz
@given(data=st.data())
def test_a_flipped_byte_is_noticed_or_says_nothing_else(kept: Kept, data: st.DataObject, tmp_path: Path) -> None:
    path, whole = written(kept, tmp_path)
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    overwrite(path, content)
    assert kept.read(path) in (None, whole)


@each_file
@fuzz
@given(data=st.data())
def test_a_truncated_file_is_noticed(kept: Kept, data: st.DataObject, tmp_path: Path) -> None:
    path, whole = written(kept, tmp_path)
    content = path.read_bytes()
    overwrite(path, content[: data.draw(st.integers(0, len(content) - 1))])
    assert kept.read(path) in (None, whole)


@each_file
@fuzz
@given(content=st.one_of(st.binary(max_size=200), st.text(max_size=50).map(str.encode), st.just(b"[" * 100_000)))
def test_any_other_bytes_are_no_content(kept: Kept, content: bytes, tmp_path: Path) -> None:
    path, _ = written(kept, tmp_path)
    overwrite(path, content)
    assert kept.read(path) is None


@each_file
def test_a_folder_in_its_place_is_no_content(kept: Kept, tmp_path: Path) -> None:
    path, _ = written(kept, tmp_path)
    path.unlink()
    path.mkdir()
    assert kept.read(path) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.sampled_from(["outcome", "kind", "pid"]), part),
)


@pytest.mark.parametrize("name", ["end.json", "claim.json", "progress", "heartbeat"])
@fuzz
@given(content=st.one_of(st.binary(max_size=100), JSON.map(json.dumps).map(str.encode), st.just(b"[" * 100_000)))
def test_what_is_written_of_an_attempt_may_be_anything(name: str, content: bytes, tmp_path: Path) -> None:
    folder = tmp_path / str(next(NUMBER))
    attempt = claim(folder)
    assert attempt is not None
    (attempt.folder / name).write_bytes(content)
    (state,) = history(folder)
    assert state.state in ("running", "done", "failed", "stopped", "superseded", "lost")
    assert name != "end.json" or isinstance(last_end(folder), dict | None)


@fuzz
@given(content=st.one_of(st.binary(max_size=100), JSON.map(json.dumps).map(str.encode), st.just(b"[" * 100_000)))
def test_what_squeue_said_may_be_anything(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "squeue.json"
    path.write_bytes(content)
    assert kept_queue(path) == (Queue(), set())
    keep_queue(path, Queue((), 3.0), {"a"})
    assert kept_queue(path) == (Queue((), 3.0), {"a"})


def test_files_of_other_writers_are_taken_if_they_can_be_read(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    path = tmp_path / "t.smoke.parquet"
    pq.write_table(pa.table({"run": ["a"]}), path)
    checked_parquet.check(path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(Damaged):
        checked_parquet.check(path)


def test_a_cost_is_as_it_was_kept(tmp_path: Path) -> None:
    _, whole = written(KEPT["timing"], tmp_path)
    assert whole == [("k", Cost(2.5, {"memory": 3}))]
