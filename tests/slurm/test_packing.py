"""As many runs side by side as fit: the first is measured alone, and more than fit are refused in words."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import example_items as examples
import pytest

from slurm import memory
from slurm import packing as module
from slurm.attempts import Attempt, claim
from slurm.memory import capacity, limits_of, peaks_of
from slurm.packing import fitting, pace, packing
from slurm.worker import work

MB, GB = 2**20, 2**30


def allocate(item: str, attempt: Attempt, context: Any) -> None:
    """Hold 50 MB, make progress in three steps, and record the peak memory in kB."""
    examples.note(context["root"], f"{time.monotonic()} +1")
    held = b"\1" * (50 * 2**20)
    for step in range(3):
        time.sleep(0.3)
        attempt.progress(f"step {step} with {len(held)} bytes")
    examples.note(context["root"], f"{time.monotonic()} -1")
    (Path(context["root"]) / item / "record").write_text(
        Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]
    )


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_only_as_many_run_at_once_as_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    work(examples.job(tmp_path, "a", allocate))
    peak = int((tmp_path / "a" / "record").read_text()) / 1024  # depends on what the forkserver had loaded
    monkeypatch.setenv("SLURM_MEM_PER_NODE", str(round(2.75 * peak)))
    assert work(examples.job(tmp_path, "bcde", allocate), packing(4, limits_of(os.environ))).done == 4
    counts = [
        int(line.split()[1]) for line in sorted(examples.calls(tmp_path), key=lambda line: float(line.split()[0]))
    ]
    assert max(sum(counts[:end]) for end in range(len(counts))) == 2
    refusal, *_ = capsys.readouterr().out.splitlines()
    assert refusal.startswith("--pack 4 does not fit: the first run needs ")
    assert refusal.endswith(" GB; 2 at a time")


def test_more_join_once_the_first_has_made_progress_twice_and_its_new_pace_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = (child(tmp_path / item) for item in "ab")
    room, running = packing(2, {"memory": GB}), {0: first}
    monkeypatch.setattr(module, "peaks_of", lambda pid, gpu: Counter(memory=GB // 4))
    assert room({}) == room(running) == 1
    report(first, 100)
    assert room(running) == 1
    report(first, 110)
    room(running)
    assert room(running) == 2
    running[1] = second
    report(first, 125)  # the second has only begun
    room(running)
    report(second, 126)
    for when in (140, 155):
        assert capsys.readouterr().out == ""
        report(first, when)
        assert room(running) == 2
    assert capsys.readouterr().out == "2 side by side: a run takes 1.5 times as long, 1.3 times the work in all\n"


def test_a_first_run_that_failed_shows_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed, done = (child(tmp_path / item) for item in "ab")
    room = packing(3, {"memory": GB})
    monkeypatch.setattr(module, "peaks_of", lambda pid, gpu: Counter(memory=GB // 4))
    assert room({}) == room({0: failed}) == 1
    failed.attempt.end("failed")
    assert room({}) == room({0: done}) == 1
    done.attempt.end("done")
    assert room({}) == 3


def test_what_cannot_be_measured_limits_nothing() -> None:
    assert packing(3, {})({}) == 3
    assert fitting(3, {"memory": GB}, {}) == (3, "")


@pytest.mark.parametrize(
    ("slots", "peak", "gpus", "room"), [(4, 1.0, 1, 4), (4, 2.0, 1, 3), (4, 9.0, 1, 1), (8, 3.0, 2, 4), (2, 9.0, 2, 2)]
)
def test_how_many_fit_on_gpus_of_8_gb_each(slots: int, peak: float, gpus: int, room: int) -> None:
    found, refusal = fitting(slots, {"GPU memory": 8 * GB}, {"GPU memory": int(peak * GB)}, gpus)
    assert found == room and bool(refusal) == (room < slots)


def test_the_tighter_limit_is_named() -> None:
    limits, peaks = {"memory": 64 * GB, "GPU memory": 4 * GB}, {"memory": 16 * GB, "GPU memory": int(2.1 * GB)}
    words = "--pack 8 does not fit: the first run needs 2.1 GB of GPU memory, this worker has 4.0 GB; 1 at a time"
    assert fitting(8, limits, peaks) == (1, words)
    assert pace(1, 4, 10.0, 13.0) == "4 side by side: a run takes 1.3 times as long, 3.1 times the work in all"


def test_capacity_is_that_of_the_machine_or_of_its_control_group(tmp_path: Path) -> None:
    write(tmp_path / "proc/meminfo", "MemTotal:   8388608 kB\nMemAvailable: 9 kB\n")
    assert capacity(tmp_path) == 8 * GB
    write(tmp_path / "proc/self/cgroup", "0::/job\n")
    write(tmp_path / "sys/fs/cgroup/job/memory.max", f"{3 * GB}\n")
    assert capacity(tmp_path) == 3 * GB


def test_what_forks_share_counts_once_and_what_they_write_too() -> None:
    code = f"""
import mmap, os, time
held = mmap.mmap(-1, {200 * MB}, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
for page in range(0, {200 * MB}, mmap.PAGESIZE):  # one by one: a string of them all would be as much again
    held[page] = 1
if not os.fork():
    for page in range(0, {50 * MB}, mmap.PAGESIZE):
        held[page] = 2
    print("written", flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True) as parent:
        try:
            assert parent.stdout is not None and parent.stdout.readline() == b"written\n"
            assert 250 * MB < peaks_of(parent.pid, gpu=False)["memory"] < 300 * MB
        finally:
            os.killpg(parent.pid, signal.SIGKILL)


def test_limits_from_slurm_the_control_group_and_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_nvidia_smi", lambda *query: {0: 1024})
    write(tmp_path / "proc/meminfo", "MemTotal: 9 kB\nMemAvailable:   4194304 kB\n")
    assert limits_of({}, tmp_path) == {"memory": 4 * GB, "GPU memory": GB}
    write(tmp_path / "proc/self/cgroup", "0::/job/step\n")
    write(tmp_path / "sys/fs/cgroup/job/memory.max", f"{3 * GB}\n")
    write(tmp_path / "sys/fs/cgroup/job/step/memory.max", "max\n")
    assert limits_of({}, tmp_path)["memory"] == 3 * GB
    write(tmp_path / "proc/self/cgroup", "5:cpu,cpuacct:/\n4:memory:/job\n")
    write(tmp_path / "sys/fs/cgroup/memory/job/memory.limit_in_bytes", f"{2 * GB}\n")
    assert limits_of({}, tmp_path)["memory"] == 2 * GB
    assert limits_of({"SLURM_MEM_PER_CPU": "512", "SLURM_CPUS_ON_NODE": "3"}, tmp_path)["memory"] == 3 * GB // 2
    assert limits_of({"SLURM_MEM_PER_NODE": "1024"}, tmp_path)["memory"] == GB
    monkeypatch.setattr(memory, "_nvidia_smi", lambda *query: {})
    assert limits_of({}, tmp_path / "empty") == {}


def child(folder: Path) -> Any:
    return SimpleNamespace(attempt=claim(folder), process=SimpleNamespace(pid=0))


def report(child: Any, when: float) -> None:
    child.attempt.progress()
    os.utime(child.attempt.folder / "progress", (when, when))


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
