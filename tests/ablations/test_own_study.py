"""A study of one's own: one file, run by path from anywhere, by workers that import only a copy of it."""

import json
import os
import signal
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import torch
from command_line import Command, Process, end, wait_for

from ablations._journal import numbers
from ablations._source import processor
from results.records import read

OWN = '''"""Is mine any better?"""

import torch
from torch import nn

import ablations
from ablations import Study, vary
from beside import STRENGTH
from core.losses import NTXent
from core.probe import NearestNeighbors
from results.plots import Bars


def my_loss(first, second):
    return (first - second).square().mean()


def my_encoder():
    print("imported from", ablations.__file__, __file__)
    return nn.Sequential(nn.Conv2d(3, 8, 3, stride=4), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())


def my_noise(images, draws):
    return (images + STRENGTH * draws.normal("my noise", *images.shape[1:])).clamp(0, 1)


STUDY = Study(
    question=__doc__,
    grid=vary(loss=[my_loss, NTXent()], encoder=[my_encoder], augment=[my_noise], epochs=[1]),
    probes=(NearestNeighbors(),),
    figure=Bars(x="loss", value="knn_valid_top1"),
)
'''


def rows(folder: Path, name: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = pq.read_table(folder / "results" / "tables" / f"{name}.smoke.parquet").to_pylist()
    return found


def test_own_loss_encoder_and_augmentation_run_from_the_copy_whatever_is_edited(
    tmp_path: Path, process: Process
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "own.py").write_text(OWN)
    (tmp_path / "mine" / "beside.py").write_text("STRENGTH = 0.1\n")
    command = process("mine/own.py", "--scale", "smoke", "--jobs", "1")
    wait_for(lambda: list(tmp_path.glob("results/runs/*/attempts")) or command.poll() is not None)
    for name in ("own", "beside"):
        (tmp_path / "mine" / f"{name}.py").write_text("raise SystemExit('edited while it was queued')\n")
    ended = end(command)
    assert (ended.code, ended.err) == (0, ""), ended.out
    table = rows(tmp_path, "own")
    assert [row["status"] for row in table] == ["done"] * 4
    assert [row["loss"] for row in table] == ["my_loss", "NTXent", "NTXent", "CrossEntropy"]
    assert [row["encoder"] for row in table[:2]] == ["my_encoder"] * 2
    assert [row["augment"] for row in table[:2]] == ["my_noise"] * 2
    capability = torch.backends.cpu.get_cpu_capability()
    assert {row["provenance.cpu"] for row in table} == {f"{processor()}, {capability}"}
    (copy,) = (tmp_path / "results" / "source").iterdir()
    for row in table[:2]:
        log = (tmp_path / "results" / "runs" / str(row["run"]) / "attempts" / "0001" / "log.txt").read_text()
        assert f"imported from {copy}/ablations/__init__.py {copy}/own.py" in log


OTHER = '''"""How far does a walk get?"""

from dataclasses import dataclass

import numpy

from ablations import Study, vary
from results.plots import Bars
from rules import check_stride


@dataclass(frozen=True)
class Walk:
    stride: float = 1.0
    steps: int = 4
    seed: int = 0


def walk(experiment, data, journal, device):
    assert data is None
    state = journal.load() or {"step": 0, "place": 0.0}
    while state["step"] < experiment.steps:
        check_stride(experiment.stride, state["step"])
        state = {"step": state["step"] + 1, "place": state["place"] + experiment.stride}
        print("step", state["step"])
        journal.tell(state)
        journal.save(state)
    return {"distance": numpy.float32(state["place"])}


STUDY = Study(
    question=__doc__,
    base=Walk,
    train=walk,
    probes=(),
    grid=vary(stride=[1, 2, 3]),
    figure=Bars(x="stride", value="distance"),
)
'''
RULES = """def check_stride(stride, step):
    if stride == 2 and step == 2:
        raise ValueError("too long a stride")
"""


def test_another_method_a_failing_run_and_its_retry(
    tmp_path: Path, process: Process, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "walking.py").write_text(OTHER)
    (tmp_path / "rules.py").write_text(RULES)
    ended = end(process("walking.py", "--scale", "smoke", "--jobs", "2"))
    assert ended.code == 1
    table = rows(tmp_path, "walking")
    assert [(row["stride"], row["status"], row["distance"]) for row in table] == [
        (1.0, "done", 4.0),
        (2.0, "failed", None),
        (3.0, "done", 12.0),
    ]
    failed = f"results/runs/{table[1]['run']}/attempts"
    assert f"failed: {failed}/*/log.txt; --retry-failed tries again" in ended.out
    assert f"{table[1]['run']} failed (error: ValueError: too long a stride)" in ended.out
    assert "too long a stride" in (tmp_path / failed / "0001" / "log.txt").read_text()

    words = ("walking.py", "--scale", "smoke", "--cluster", "debug")
    again = command(*words)
    assert (again.code, "3 runs, 0 to do" in again.out) == (1, True)
    (tmp_path / "rules.py").write_text("def check_stride(stride, step):\n    pass\n")
    monkeypatch.delitem(sys.modules, "rules")  # as in another process
    retried = command(*words, "--retry-failed")
    assert retried.code == 0
    assert "step 3" in retried.out and "step 2" not in retried.out  # it went on where it had failed
    assert [row["distance"] for row in rows(tmp_path, "walking")] == [4.0, 8.0, 12.0]


def test_metrics_are_a_dictionary() -> None:
    with pytest.raises(TypeError, match=r"^metrics are a dictionary, such as \{'accuracy': 50\.0\}, not 3$"):
        numbers(3)  # type: ignore[arg-type]


def test_a_metric_that_is_no_number_fails_its_run_alone_and_is_named(tmp_path: Path, process: Process) -> None:
    text = OTHER.replace('{"distance": numpy', '{"distance": "far" if experiment.stride == 2 else numpy')
    (tmp_path / "walking.py").write_text(text)
    (tmp_path / "rules.py").write_text("def check_stride(stride, step):\n    pass\n")
    ended = end(process("walking.py", "--scale", "smoke", "--jobs", "2"))
    assert ended.code == 1 and "TypeError: the metric 'distance' takes a number, not 'far'" in ended.out
    assert [row["status"] for row in rows(tmp_path, "walking")] == ["done", "failed", "done"]


LONG = '''"""Is a killed run the same?"""

from ablations import Study, vary
from core.probe import NearestNeighbors
from results.plots import Bars

STUDY = Study(
    question=__doc__,
    grid=vary(epochs=[12]),
    probes=(NearestNeighbors(),),
    figure=Bars(x="epochs", value="knn_valid_top1"),
)
'''


def test_a_run_that_is_killed_and_interrupted_ends_with_the_same_record(
    tmp_path: Path, process: Process, command: Command
) -> None:
    (tmp_path / "long.py").write_text(LONG)
    words = ("long.py", "--scale", "smoke", "--only", "epochs=12")
    assert command(*words, "--cluster", "debug", "--results", "at_once").code == 0
    (folder,) = (tmp_path / "at_once" / "runs").iterdir()
    run = tmp_path / "results" / "runs" / folder.name

    def epoch(attempt: int) -> int:
        progress = run / "attempts" / f"{attempt:04d}" / "progress"
        return int(json.loads(progress.read_text())["epoch"]) if progress.exists() else 0

    killed = process(*words)
    wait_for(lambda: epoch(1) >= 2 and list(run.glob("checkpoint.*.pt")))
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    heartbeat, long_ago = run / "attempts" / "0001" / "heartbeat", time.time() - 3600
    os.utime(heartbeat, (long_ago, long_ago))  # or the next call would wait for its lease to run out

    interrupted = process(*words)
    wait_for(lambda: epoch(2) >= 3)
    os.killpg(interrupted.pid, signal.SIGINT)
    ended = end(interrupted)
    assert ended.code == 1 and "Traceback" not in ended.err
    assert "stopped in" in ended.out
    assert not (run / "record.json").exists()

    assert end(process(*words)).code == 0
    ends = [json.loads((run / "attempts" / f"000{number}" / "end.json").read_text())["outcome"] for number in (1, 2, 3)]
    assert ends == ["lost", "stopped", "done"]
    log = (run / "attempts" / "0003" / "log.txt").read_text()
    assert '"epoch": 12' in log and '"epoch": 1,' not in log
    for path in (folder / "record.json", *(folder / "probes").iterdir()):
        assert same(read(path)) == same(read(run / path.relative_to(folder)))


def same(record: dict[str, object] | None) -> str:
    """All of a record but where and how fast it was made."""
    assert record is not None
    return json.dumps({name: part for name, part in record.items() if name not in ("provenance", "seconds")})
