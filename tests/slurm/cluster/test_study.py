"""The commands that people type, on a real cluster: a smoke study of 20 runs by 2 workers, requeued and cancelled."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.slurm

ROOT = Path(__file__).parent.parent.parent.parent
STUDY = '''"""Does the head matter?"""

from ablations import Study, vary
from core.heads import MLP, NoHead
from core.probe import NearestNeighbors
from results.plots import Bars


def loss_of_ones_own(first, second):
    return -(first * second).sum(1).mean() / 100


STUDY = Study(
    question=__doc__,
    grid=vary(head=[NoHead(), MLP(width=16)], loss=[loss_of_ones_own], epochs=[2], seed=range(5)),
    probes=(NearestNeighbors(),),
    figure=Bars(x="head", value="knn_valid_top1"),
)
'''


SHARED = STUDY.replace("epochs=[2], seed=range(5)", "epochs=[20]").replace("NoHead(), ", "")
"""One run, which takes seconds."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    (folder / "mine.py").write_text(STUDY)
    (folder / "shared.py").write_text(SHARED)
    return folder


def command(home: Path, name: str, *words: str) -> str:
    """What `python -m ablations.<name>` prints; it must succeed."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "ABLATIONS_CACHE": str(home / "cache"), "COLUMNS": "200"}
    line = [sys.executable, "-m", f"ablations.{name}", *words]
    ended = subprocess.run(line, cwd=home, env=environment, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def submit(home: Path, *words: str) -> str:
    resources = ("--partition", "main", "--cpus", "1", "--memory", "3G", "--time", "30")
    return command(
        home, "run", "mine.py", "--cluster", "slurm", "--scale", "smoke", "--workers", "2", *resources, *words
    )


def attempts(home: Path) -> dict[str, int]:
    """How often each run was claimed."""
    return {run.name: len(list((run / "attempts").iterdir())) for run in (home / "results" / "runs").glob("*/")}


def wait_for(condition: Callable[[], bool], seconds: float = 240) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come in time"
        time.sleep(0.5)


def test_a_study_is_submitted_requeued_cancelled_submitted_again_and_done(home: Path) -> None:
    assert "submitted 2 workers" in submit(home)
    job = command(home, "status", "mine").split("worker ")[1].split("_")[0]
    assert "submitted no workers, beside 2" in submit(home)
    wait_for(lambda: len(list((home / "results/runs").glob("*/record.json"))) > 2)
    subprocess.run(["scontrol", "requeue", f"{job}_0"], check=True)
    wait_for(lambda: len(list((home / "results/runs").glob("*/record.json"))) > 5)
    cancelled = command(home, "cancel", "mine.py")  # or "mine", as status takes it
    assert f"{job}_0" in cancelled and f"{job}_1" in cancelled
    wait_for(lambda: subprocess.run(["squeue", "-h", "-j", job], capture_output=True, text=True).stdout == "")
    assert "submitted 2 workers" in submit(home, "--wait")
    counted = command(home, "status", "mine").splitlines()
    assert counted[0].split() == ["study", "scale", "done", "an", "hour", "left"]
    assert counted[1].split()[:2] == ["mine", "smoke"] and "20" in counted[1].split()
    ended = [json.loads(end.read_text())["outcome"] for end in (home / "results/runs").glob("*/attempts/*/end.json")]
    assert ended.count("done") == 20 and "failed" not in ended


def test_its_records_are_those_of_a_laptop(home: Path) -> None:
    command(home, "run", "mine.py", "--here", "--scale", "smoke", "--jobs", "2", "--results", "laptop")
    for run in attempts(home):
        for name in (
            "record.json",
            *(f"probes/{path.name}" for path in (home / "laptop/runs" / run / "probes").iterdir()),
        ):
            there, here = (
                json.loads((home / folder / "runs" / run / name).read_text()) for folder in ("results", "laptop")
            )
            for part in ("metrics", "history", "predictions"):
                assert there.get(part) == here.get(part)


def test_a_login_node_does_not_train(home: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    line = [sys.executable, "-m", "ablations.run", "mine.py", "--scale", "smoke"]
    ended = subprocess.run(line, cwd=home, env=environment, capture_output=True, text=True)
    assert ended.returncode == 2 and "login node" in ended.stderr and len(ended.stderr.splitlines()) == 1


def test_clean_folds_records_and_loses_none(home: Path) -> None:
    before = command(home, "report", "mine")
    assert "would drop" in command(home, "clean", "--compact")
    command(home, "clean", "--compact", "--yes")
    assert not list((home / "results/runs").glob("*/"))
    assert command(home, "report", "mine") == before
    assert "20 runs, 0 to do" in command(home, "run", "mine.py", "--scale", "smoke", "--here")


def test_a_run_on_two_tasks_is_requeued_and_ends_with_the_record_of_the_uninterrupted_one(home: Path) -> None:
    runs = home / "two_tasks" / "runs"
    words = ("run", "shared.py", "--only", "head=MLP", "--scale", "smoke")
    resources = ("--partition", "main", "--gpus", "2", "--cpus", "2", "--memory", "6G", "--time", "30")
    submitted = command(home, *words, "--cluster", "slurm", "--results", "two_tasks", *resources)
    job = submitted.split(" as job ")[1].split(",")[0]
    wait_for(lambda: bool(list(runs.glob("*/checkpoint.*"))))
    subprocess.run(["scontrol", "requeue", job], check=True)
    wait_for(lambda: bool(list(runs.glob("*/attempts/0002"))))
    wait_for(lambda: subprocess.run(["squeue", "-h", "-j", job], capture_output=True, text=True).stdout == "")
    command(home, *words, "--here", "--processes", "2", "--results", "two_here")
    (there,) = runs.glob("*/record.json")
    here = home / "two_here" / "runs" / there.parent.name
    ends = [json.loads(end.read_text())["outcome"] for end in sorted(there.parent.glob("attempts/*/end.json"))]
    assert ends == ["stopped", "done"]
    for name in ("record.json", *(f"probes/{path.name}" for path in there.parent.glob("probes/*.json"))):
        ours, theirs = (json.loads((folder / name).read_text()) for folder in (there.parent, here))
        for part in ("metrics", "history", "predictions"):
            assert ours.get(part) == theirs.get(part)
    assert json.loads(there.read_text())["provenance"]["processes"] == 2
