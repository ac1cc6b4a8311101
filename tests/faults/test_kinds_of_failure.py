"""Each way to fail has its kind, says where and what may help, and is not tried again unless asked for."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from conftest import Fault
from fault_commands import Commands

from slurm.history import history

FAILING = '''"""How does a run fail?"""

import resource
import time

import torch

from ablations import Study, vary
from core.losses import NTXent
from results.plots import Bars

CALLS = []


def fine(first, second):
    CALLS.append(None)
    return NTXent()(first, second)


def is_step(number):
    return len(CALLS) == number


def turns_nan(first, second):
    return fine(first, second) * (float("nan") if is_step(5) else 1)


def diverges(first, second):
    return fine(first, second) * (float("inf") if is_step(5) else 1)


def fills_the_memory(first, second):
    if is_step(4):
        size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        resource.setrlimit(resource.RLIMIT_DATA, (size + (64 << 20),) * 2)
        torch.ones(size + (1 << 30))
    return fine(first, second)


def asks_for_too_much(first, second):
    return bytearray(1 << 60) if is_step(4) else fine(first, second)


def takes_too_long(first, second):
    if is_step(4):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + 1, int(time.process_time()) + 9))
        while True:
            pass
    return fine(first, second)


def has_a_mistake(first, second):
    return first @ second if is_step(4) else fine(first, second)


LOSSES = [fine, turns_nan, diverges, fills_the_memory, asks_for_too_much, takes_too_long, has_a_mistake]
STUDY = Study(
    question=__doc__,
    fixed={"dataset": "flowers", "images": 48, "batch_size": 16},
    grid=vary(loss=LOSSES),
    probes=(),
    figure=Bars(x="loss", value="train_loss"),
)
'''
EXPECTED = {
    "turns_nan": ("not a number", "the loss is nan in step 2 of epoch 2; try a lower learning_rate"),
    "diverges": ("diverged", "the loss is inf in step 2 of epoch 2; try a lower learning_rate"),
    "fills_the_memory": ("out of memory", "in step 2 of epoch 2; a smaller batch_size"),
    "asks_for_too_much": ("out of memory", "in step 2 of epoch 2; a smaller batch_size"),
    "takes_too_long": ("time limit", "it took all the CPU time it may"),
    "has_a_mistake": ("error", "in step 2 of epoch 2"),
}


def test_each_failure_has_its_kind_place_and_hint(
    commands: Commands, flowers: Path, tmp_path: Path, fault: Fault
) -> None:
    (tmp_path / "failing.py").write_text(FAILING)
    words = ("run", "failing.py", "--scale", "smoke", "--data", str(flowers))
    first = commands.run(tmp_path, *words)
    assert first.code == 1 and first.err == "", first
    rows = pq.read_table(tmp_path / "results" / "tables" / "failing.smoke.parquet").to_pylist()
    found = {row["loss"]: row for row in rows if row["arm"] == "cell"}
    assert found["fine"]["status"] == "done"
    for loss, (kind, message) in EXPECTED.items():
        with fault("NaN, divergence, out of memory, a time limit, an error: its kind, place and hint, no silent retry"):
            row = found[loss]
            assert (row["status"], row["failure"]) == ("failed", kind), (row["loss"], first.out)
            attempt = tmp_path / "results" / "runs" / row["run"] / "attempts" / "0001"
            assert message in json.loads((attempt / "end.json").read_text())["message"]
            assert f"{row['run']} failed ({kind}: " in first.out and message in first.out
            assert json.loads((attempt / "progress").read_text())["epoch"] == 1
    second = commands.run(tmp_path, *words)
    assert second.code == 1 and " 0 to do" in second.out
    attempts = {row["loss"]: history(tmp_path / "results" / "runs" / row["run"]) for row in found.values()}
    assert {loss: len(past) for loss, past in attempts.items()} == dict.fromkeys(found, 1)


@pytest.mark.parametrize("words", ["std::bad_alloc", "CUDA out of memory. Tried to allocate 20.00 GiB"])
def test_torch_s_words_for_it(words: str) -> None:
    from slurm.failures import classify

    assert classify(RuntimeError(words)) == "out of memory"
