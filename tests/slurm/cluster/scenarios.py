"""What the scenarios share: submit, wait, look, and hurt the cluster."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cluster_items as items

from slurm.commands import ask
from slurm.history import AttemptState, history
from slurm.job import Job
from slurm.queue import workers
from slurm.resources import Resources
from slurm.site import Site
from slurm.submit import Submission, submit

LAB = Path(__file__).parent.parent / "lab.sh"
QUIET = (("nodelist", "lab1"),)


def start(world: Path, job: Job, number: int = 1, extra: Any = QUIET, time: str = "20", **more: Any) -> Submission:
    """Submit workers of one CPU; `more` goes to Resources or to submit."""
    options = {name: more.pop(name) for name in ("parallel", "slots") if name in more}
    site = more.pop("site", Site())
    asked = Resources(**{"cpus": 1, "memory": "200M", "time": time, "extra": extra, **more})
    return submit(job, number, asked, site, name="test", folder=world / "cluster", path=world / "code", **options)


def wait_for(condition: Callable[[], Any], seconds: float = 120.0) -> Any:
    """Wait until the condition holds, and return it; fail after `seconds`."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.2)
    return found


def wait_for_step(job: Job, item: str, step: int = items.EVERY) -> None:
    """Wait until the item has a checkpoint at `step` or later; it will hold there."""
    wait_for(lambda: (items.read(job.root / item / "checkpoint.json") or {"step": 0})["step"] >= step)


def wait_for_end(submission: Submission) -> None:
    """Wait until no worker is left."""
    wait_for(lambda: not workers([submission.name]), 240)


def go(job: Job) -> None:
    """Let the items go on that wait before step HOLD."""
    job.root.mkdir(exist_ok=True)
    (job.root / items.GO).touch()


def past(job: Job, item: str) -> list[AttemptState]:
    """The attempts at the item."""
    return history(job.root / item, job.lease)


def states(job: Job, item: str) -> list[str]:
    """How the attempts at the item ended."""
    return [attempt.state for attempt in past(job, item)]


def check(job: Job, repeated: int = 0) -> None:
    """Each item has its right record, made by its last attempt; at most `repeated` of its steps were taken twice."""
    for item in job.items:
        assert items.read(job.root / item / "record.json") == items.expected(item, job.context["steps"])
        assert states(job, item)[-1] == "done"
        assert states(job, item).count("done") == 1
        assert items.repeated(job.root, item) <= repeated


def disturb(node: str) -> None:
    """Submit a job to the higher partition that needs the whole node."""
    command = ["--partition=main", f"--nodelist={node}", "--cpus-per-task=8", "--output=/dev/null", "--wrap=sleep 1"]
    ask("sbatch", *command)


def lab(*words: str, **environment: str) -> None:
    """Call lab.sh."""
    done = subprocess.run([LAB, *words], capture_output=True, text=True, env={**os.environ, **environment})
    assert done.returncode == 0, done.stderr


def helper(world: Path, job: Job) -> "subprocess.Popen[str]":
    """A laptop that works on the same folder."""
    numbers = [str(len(job.items)), str(job.context["steps"]), str(job.context["seconds"])]
    command = [sys.executable, "-m", "cluster_items", str(job.root), *numbers]
    environment = {**os.environ, "PYTHONPATH": str(world / "code"), "PYTHONSAFEPATH": "1"}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
