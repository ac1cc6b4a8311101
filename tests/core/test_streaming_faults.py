"""Streamed images: what is damaged is named, what dies takes nothing with it, and nothing is left behind."""

import gc
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from jpeg_files import SIDE, streamed, write
from test_decode import png_header
from tiny_runs import TINY, StoppedError, Stopping, assert_same_bits

from core import loaders
from core.data import DataError, DataSet
from core.fetch import fetched
from core.pretrain import pretrain

EXPERIMENT = replace(TINY, image_size=SIDE, epochs=1)
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(autouse=True)
def two_loaders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaders, "number", lambda: 2)


@pytest.fixture
def data(tmp_path: Path) -> DataSet:
    return streamed(write(tmp_path / "flowers"), tmp_path / "cache")


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


OTHERS: list[int] = []
"""Processes that other tests have left running, such as their servers of forks."""


@pytest.fixture(autouse=True)
def others() -> None:
    OTHERS[:] = children(os.getpid())


def decoding() -> list[int]:
    return [child for child in children(os.getpid()) if child not in OTHERS]


def is_gone(pid: int) -> bool:
    """Whether the process has ended, be it that nobody has asked for its exit code yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it took too long"
        time.sleep(0.02)


def without_its_end(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-60])


def of_other_bytes(file: Path) -> None:
    """As many, and no newer."""
    content, before = bytearray(file.read_bytes()), file.stat()
    content[-10] ^= 1
    file.write_bytes(content)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_a_broken_jpeg_is_named_when_it_is_met(tmp_path: Path) -> None:
    without_its_end(write(tmp_path / "flowers") / "rose" / "4.jpg")
    data = streamed(tmp_path / "flowers", tmp_path / "cache")
    with pytest.raises(DataError, match=r"^cannot read image .*/rose/4\.jpg: .*truncated.*; repair or remove it$"):
        pretrain(replace(EXPERIMENT, epochs=3), data)
    assert decoding() == []


@pytest.mark.parametrize("damage", [of_other_bytes, without_its_end])
def test_bytes_that_are_not_those_of_the_fingerprint_are_refused(
    data: DataSet, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    for file in (tmp_path / "flowers" / "rose").iterdir():
        damage(file)
    with pytest.raises(DataError, match=r"/rose/\d+\.jpg is not what it was when the data set was first read: restore"):
        pretrain(EXPERIMENT, data)


def test_a_missing_file_is_named(data: DataSet, tmp_path: Path) -> None:
    for file in (tmp_path / "flowers" / "rose").iterdir():
        file.unlink()
    with pytest.raises(DataError, match=r"^cannot read .*/rose/\d+\.jpg: No such file or directory"):
        pretrain(EXPERIMENT, data)


@pytest.mark.parametrize("content", [png_header(60_000, 60_000), b"no image"])
def test_bombs_and_what_is_no_image_are_refused_at_once(tmp_path: Path, content: bytes) -> None:
    (write(tmp_path / "flowers") / "rose" / "bomb.png").write_bytes(content)
    with pytest.raises(DataError, match=r"^cannot read image .*/rose/bomb\.png: "):
        streamed(tmp_path / "flowers", tmp_path / "cache")


def test_neither_processes_nor_files_are_left(data: DataSet) -> None:
    def left() -> tuple[list[int], int]:
        gc.collect()  # what earlier tests left in cycles has files, too
        for thread in threading.enumerate():
            if thread.name == "QueueFeederThread":  # it closes its files when it ends
                thread.join(60)
        return decoding(), len(list(Path("/proc/self/fd").iterdir()))

    pretrain(EXPERIMENT, data)
    before = left()
    for _ in range(2):
        pretrain(EXPERIMENT, data)
        with pytest.raises(StoppedError):
            pretrain(EXPERIMENT, data, Stopping((0, 2)))
        next(fetched(EXPERIMENT, data.train, [torch.arange(8)] * 4, 0, "cpu"))
    assert left() == before and before[0] == []


class Signaling(Stopping):
    """Sends a signal to the loaders after each step."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def due(self) -> bool:
        for child in decoding():
            os.kill(child, self.number)
        return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR2])
def test_signals_for_the_whole_job_are_left_to_the_run(data: DataSet, number: int) -> None:
    expected = pretrain(EXPERIMENT, data)
    assert_same_bits(pretrain(EXPERIMENT, data, Signaling(number)), expected)


BEGIN = """
import multiprocessing, os, signal, time, torch
from pathlib import Path
from core.data import load
from core.experiment import Experiment
from core.fetch import fetched
data = load("flowers", Path({folder!r}, "flowers"), Path({folder!r}, "cache"), {side}, memory=1)
batches = fetched(Experiment(image_size={side}), data.train, [torch.arange(32)] * 100, 0, "cpu")
next(batches)
"""
OUTLIVED = """
print("begun", flush=True)
time.sleep(600)
"""
DIES = """
died, *others = multiprocessing.active_children()
died.kill()
os.waitid(os.P_PID, died.pid, os.WEXITED | os.WNOWAIT)  # where torch's own handler of SIGCHLD would raise
try:
    list(batches)
except RuntimeError as problem:
    print(problem, multiprocessing.active_children(), batches.gi_frame)
held = fetched(Experiment(image_size={side}), data.train, [torch.arange(32)] * 100, 0, "cpu")
next(held)  # and who exits without a word to the generator need not wait for what ignores SIGTERM
"""


@contextmanager
def run_of_its_own(tmp_path: Path, then: str) -> Iterator["subprocess.Popen[str]"]:
    script = (BEGIN + then).format(folder=str(tmp_path), side=SIDE)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, text=True) as run:
        try:
            yield run
        finally:
            run.kill()


def test_loaders_die_with_a_killed_run(data: DataSet, tmp_path: Path) -> None:
    with run_of_its_own(tmp_path, OUTLIVED) as run:
        assert run.stdout is not None and run.stdout.readline() == "begun\n"
        begun = children(run.pid)
        assert begun
        run.kill()
        run.wait()
        wait_for(lambda: all(map(is_gone, begun)))


def test_a_loader_that_dies_ends_the_run_in_one_line_and_the_other_loaders(data: DataSet, tmp_path: Path) -> None:
    with run_of_its_own(tmp_path, DIES) as run:
        out, _ = run.communicate(timeout=300)
    assert re.fullmatch(r"a process that decodes images died \(.+\) \[\] None\n", out)
