"""Many runs, some of which crash in each way there is: the right records, and a worker that does not grow."""

import re
import time
from pathlib import Path

import pyarrow.parquet as pq
from conftest import Fault
from fault_commands import Commands, Running

CRASHING = '''"""How far does a walk get?"""

import os
import random
import signal
from dataclasses import dataclass

from ablations import Study, vary
from results.plots import Bars


@dataclass(frozen=True)
class Walk:
    stride: float = 1.0
    seed: int = 0


def walk(experiment, data, journal, device):
    fate = random.Random(f"{experiment.stride} {experiment.seed}")
    if fate.random() < CRASHES and journal.load() is None:
        journal.save({"step": 1})
        crash = fate.choice(["kill", "exit", "raise"])
        if crash == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if crash == "exit":
            os._exit(3)
        raise RuntimeError("it stumbled")
    return {"distance": experiment.stride * (1 + experiment.seed)}


STUDY = Study(
    question=__doc__,
    base=Walk,
    train=walk,
    probes=(),
    grid=vary(stride=[1.0 + step for step in range(10)], seed=range(RUNS // 10)),
    figure=Bars(x="stride", value="distance"),
)
'''


def resident(pid: int) -> int:
    """The kB that a process has in memory."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1])


def memory_at(running: Running, runs: int) -> int:
    """The worker's memory once so many runs have ended; what it has when it is over, if that is before."""
    while len(running.printed().splitlines()) <= runs:
        time.sleep(0.05)
    return resident(running.pid)


def test_a_study_of_many_runs_some_of_which_crash(commands: Commands, tmp_path: Path, long: bool, fault: Fault) -> None:
    runs, share = (1000, 0.01) if long else (20, 0.3)
    (tmp_path / "walks.py").write_text(CRASHING.replace("RUNS", str(runs)).replace("CRASHES", str(share)))
    words = ("run", "walks.py", "--scale", "smoke")
    running = commands.start(tmp_path, *words, "--jobs", "2")
    early, late = memory_at(running, runs // 10), memory_at(running, runs - 2)
    ended = running.end(1200)
    print(f"the worker has {early} kB after {runs // 10} runs, {late} kB after {runs - 2}")
    assert late < 1.05 * early + 8192
    table = pq.read_table(tmp_path / "results" / "tables" / "walks.smoke.parquet").to_pylist()
    failed = [row for row in table if row["status"] == "failed"]
    assert ended.code == (1 if failed else 0) and {row["failure"] for row in failed} <= {"exit", "error"}
    if failed:
        assert commands.run(tmp_path, *words, "--retry-failed").code == 0
    table = pq.read_table(tmp_path / "results" / "tables" / "walks.smoke.parquet").to_pylist()
    assert len(table) == len({row["run"] for row in table}) == runs
    assert all(row["distance"] == row["stride"] * (1 + row["seed"]) for row in table)
    crashed = [row for row in table if (tmp_path / "results" / "runs" / row["run"] / "attempts" / "0002").exists()]
    assert {row["run"] for row in failed} < {row["run"] for row in crashed}, (
        "those that were killed went on by themselves"
    )
    for _ in crashed:
        with fault("crashes among 1 000 runs: exactly the right records, flat memory"):
            pass
