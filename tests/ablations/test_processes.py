"""Runs on several processes, by the command: the same bits however often they are stopped, and what is refused."""

import json
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from command_line import TINY, Command, Process, end, wait_for

from ablations import _checkpoint
from ablations._journal import RunJournal
from slurm.attempts import claim

ONE = TINY.replace("NoHead(), ", "").replace("epochs=[1]", "epochs=[6]")
TWO = ("one.py", "--scale", "smoke", "--only", "head=MLP", "--processes", "2")


def record(results: Path) -> Mapping[str, Any]:
    (path,) = results.glob("runs/*/record.json")
    return dict(json.loads(path.read_text()))


def ends(results: Path) -> list[Mapping[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted(results.glob("runs/*/attempts/*/end.json"))]


def test_stopped_by_one_process_and_resumed_a_run_has_its_bits(tmp_path: Path, process: Process) -> None:
    (tmp_path / "one.py").write_text(ONE)
    assert end(process(*TWO, "--results", "whole")).code == 0
    whole, stopped = record(tmp_path / "whole"), tmp_path / "stopped"
    running = process(*TWO, "--results", "stopped")
    wait_for(lambda: list(stopped.glob("runs/*/checkpoint.*")))
    os.kill(second(stopped), signal.SIGTERM)
    assert end(running).code == 1
    assert [(one["outcome"], one["message"]) for one in ends(stopped)] == [("stopped", "saved")]
    assert end(process(*TWO, "--results", "stopped")).code == 0
    resumed = record(stopped)
    assert resumed["history"] == whole["history"] and resumed["metrics"] == whole["metrics"]
    assert resumed["provenance"]["processes"] == 2


def test_a_checkpoint_of_another_number_of_processes_is_refused_in_words(tmp_path: Path) -> None:
    attempt = claim(tmp_path)
    assert attempt is not None
    journal = RunJournal(tmp_path, attempt)
    _checkpoint.write(tmp_path / "checkpoint.0001.pt", {"state": 1, "seconds": 2.0, "processes": 2}, attempt.guard)
    with pytest.raises(ValueError, match="is of 2 processes, and this run has 1: go on with --processes 2, or remove"):
        journal.load()
    (tmp_path / "record.json").touch()  # trained, and only a probe is new
    assert journal.load() == 1


def second(results: Path) -> int:
    """The second process of the run, by its log."""
    (log,) = results.glob("runs/*/attempts/0001/log.1.txt")
    for folder in Path("/proc").glob("[0-9]*/fd/1"):
        try:
            if folder.readlink() == log:
                return int(folder.parent.parent.name)
        except OSError:
            continue
    raise AssertionError("it is gone")


WRONG: dict[str, tuple[tuple[str, ...], str]] = {
    "a batch": (("--processes", "3"), "batch_size takes a multiple of the 3 processes of a run, not 64"),
    "in this process": (("--processes", "2", "--cluster", "debug"), "--processes takes 1 with --cluster debug"),
    "packed": (("--processes", "2", "--pack", "2", "--cluster", "slurm"), "--processes goes with --pack 1"),
    "by GPUs": (("--cluster", "slurm", "--gpus", "3"), "batch_size takes a multiple of the 3 processes of a run"),
    "none": (("--processes", "0"), "--processes: takes a whole number from 1 on, not '0'"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_cannot_be_shared_out_is_refused_before_anything_starts(
    tmp_path: Path, command: Command, wrong: str
) -> None:
    (tmp_path / "one.py").write_text(ONE)
    words, said = WRONG[wrong]
    outcome = command("one.py", "--scale", "smoke", *words)
    assert outcome.code == 2 and said in outcome.err and len(outcome.err.splitlines()) == 1
    assert not list(tmp_path.glob("results/*"))


def test_a_method_of_ones_own_has_one_process(tmp_path: Path, command: Command) -> None:
    own = "def own(experiment, data, journal, device):\n    return {}\n\n\n"
    text = ONE.replace("STUDY = Study(", f"{own}STUDY = Study(\n    train=own,").replace("(NearestNeighbors(),)", "()")
    (tmp_path / "one.py").write_text(text)
    outcome = command("one.py", "--scale", "smoke", "--processes", "2")
    assert outcome.code == 2 and "which trains by a method of its own" in outcome.err


def test_a_dry_run_estimates_hours_and_memory_of_gpus_that_are_not_here(tmp_path: Path, command: Command) -> None:
    (tmp_path / "one.py").write_text(ONE)
    two = command("one.py", "--scale", "smoke", "--dry-run", "--cluster", "slurm", "--gpus", "2").out
    assert "by an estimate: 2 x A100 at 20% of its bfloat16 peak" in two
    assert "GPU memory: up to 0.0 GB a run; what each may use is unknown" in two
