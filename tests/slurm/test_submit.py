"""What is said before anything is submitted, and what is read of the queue."""

import json
import os
import stat
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import example_items as examples
import pytest

from slurm import queue as queues
from slurm.attempts import claim, retry
from slurm.commands import SlurmError, is_login_node
from slurm.job import Job
from slurm.limits import check
from slurm.queue import Queue, queue
from slurm.resources import Resources
from slurm.serve import _is_left, closing_at
from slurm.share import share, sharing
from slurm.site import Site
from slurm.submit import Submission, _pickle, _private, job_name, submit

LINES = """12_0|13|study|me|RUNNING|node3|1-02:03:04|c0ffee|None
12_1|12|study|me|PENDING||2:00:00|c0ffee|Resources
14|14|study|you|COMPLETING|node4|UNLIMITED||None
15|15|study|you|RUNNING|node4|UNLIMITED||None
"""


def test_without_slurm_one_line_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    job = examples.job(tmp_path / "runs", "a", examples.record)
    with pytest.raises(SlurmError, match=r"^sbatch was not found: log in to a node from which jobs are submitted, or "):
        submit(job, 1, Resources(), Site(), name="study", folder=tmp_path / "cluster", path=tmp_path)
    with pytest.raises(SlurmError, match="sinfo was not found"):
        check(Resources())
    assert not list(tmp_path.iterdir()) and not is_login_node()


def test_a_job_that_another_machine_could_not_load_is_refused(tmp_path: Path) -> None:
    def finished(item: str) -> bool:
        return False

    with pytest.raises(ValueError, match="a module-level function or a partial of one"):
        _pickle(examples.Job(root=tmp_path, items=(), function="a:b", finished=finished))
    with pytest.raises(ValueError, match="cannot find what is defined in the program itself"):
        _pickle(examples.Job(root=tmp_path, items=(), function="__main__:b", finished=bool))
    assert _pickle(
        examples.Job(root=tmp_path, items=(), function="a:b", finished=partial(examples.has_record, tmp_path))
    )


def test_the_jobs_name_tells_study_and_folder(tmp_path: Path) -> None:
    assert job_name("study.gpu", tmp_path).startswith("study.gpu-")
    assert job_name("study", tmp_path) != job_name("study", tmp_path / "a")
    with pytest.raises(ValueError, match="name takes letters"):
        job_name("a b", tmp_path)


def test_the_queue_is_read_from_squeue_and_kept_for_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(queues, "ask", lambda *command: asked.append(command) or LINES)
    found = queue(["study"], tmp_path)
    shown = ["running on node3, 26:03:04 left", "pending (Resources)", "completing", "running on node4"]
    assert [str(worker) for worker in found.workers] == shown
    assert [worker.job for worker in found.workers] == ["13", "12", "14", "15"]
    assert queue(["study"], tmp_path) == found and len(asked) == 1
    queue(["study", "other"], tmp_path)
    assert "--name=other,study" in asked[1]
    assert queue(["other"], tmp_path).workers == () and len(asked) == 2


def test_without_squeue_the_last_answer_stands_with_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert queue(["study"], tmp_path / "nowhere") == Queue((), None)
    monkeypatch.setattr(queues, "ask", lambda *command: LINES)
    queue(["study"], tmp_path)
    kept = json.loads((tmp_path / "squeue.json").read_text())
    (tmp_path / "squeue.json").write_text(json.dumps({**kept, "asked": 1000.0}))
    monkeypatch.undo()
    monkeypatch.setenv("PATH", "")
    found = queue(["study"], tmp_path)
    assert (len(found.workers), found.asked) == (4, 1000.0)
    (tmp_path / "squeue.json").write_text("{")
    assert queue(["study"], tmp_path) == Queue((), None)


def test_a_worker_closes_in_time() -> None:
    for length, grace in ((3600, 120), (60, 15)):
        closing, now = closing_at({"WORKER_END": str(int(time.time()) + length)}), time.monotonic()
        expected = [now + length - part * grace for part in (2, 1, 0.25)]
        assert [closing.last_start, closing.stop, closing.kill] == pytest.approx(expected, abs=3)
    assert closing_at({"WORKER_END": ""}) == closing_at({}) and closing_at({}).stop > now + 1e9


def test_what_may_be_tried_again_is_work_that_is_left(tmp_path: Path) -> None:
    job, attempt = examples.job(tmp_path, "a", examples.record), claim(tmp_path / "a")
    assert attempt is not None and not _is_left(job)
    attempt.end("failed", "error")
    assert not _is_left(job)
    assert retry(tmp_path / "a") and _is_left(job)


def test_what_a_group_shares_is_the_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"group takes one of this user's groups, .*, not 'no-such-group'"):
        share(tmp_path, "no-such-group")
    import grp

    share(tmp_path, grp.getgrgid(os.getgid()).gr_name)
    monkeypatch.setattr(os, "getgroups", lambda: [os.getgid(), 2**31 - 7])  # which has no name, as containers add
    share(tmp_path, grp.getgrgid(os.getgid()).gr_name)
    with sharing("group"):
        (tmp_path / "file").touch()
    assert stat.S_IMODE(tmp_path.stat().st_mode) & (stat.S_ISGID | stat.S_IRWXG) == stat.S_ISGID | stat.S_IRWXG
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) & stat.S_IWGRP


@pytest.mark.parametrize("umask", [0o000, 0o002, 0o077])
@pytest.mark.parametrize("group", [None, "group"])
def test_what_workers_run_lies_in_a_folder_of_ones_own(tmp_path: Path, umask: int, group: str | None) -> None:
    before = os.umask(umask)
    try:
        tmp_path.chmod(0o2777)
        with sharing(group):
            folder = _private(tmp_path)
    finally:
        os.umask(before)
    assert (stat.S_IMODE(folder.stat().st_mode) & 0o777, folder.stat().st_uid) == (0o700, os.getuid())


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o702])
def test_a_file_system_that_keeps_no_modes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs").chmod(mode)
    monkeypatch.setattr("tempfile.mkdtemp", lambda prefix, dir: str(tmp_path / "jobs"))
    with pytest.raises(
        ValueError, match=rf"jobs holds what workers run and must be this user's alone .* mode 0{mode:o}"
    ):
        _private(tmp_path)


def test_another_users_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.getuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(ValueError, match="must be this user's alone"):
        _private(tmp_path)


def test_submitit_writes_its_pickles_into_that_folder_and_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    for name, body in {"sbatch": "echo Submitted batch job 7", "squeue": "true"}.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / "bin" / name).chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    monkeypatch.setattr("slurm.submit.check", lambda asked: None)
    job = examples.job(tmp_path / "runs", "a", examples.record)
    made = submit(job, 1, Resources(), Site(), name="study", folder=tmp_path / "cluster", path=tmp_path)
    assert made.folder is not None and stat.S_IMODE(made.folder.stat().st_mode) == 0o700
    pickles = list(tmp_path.rglob("*.pkl"))
    assert pickles and {path.parent for path in pickles} == {made.folder}


def test_a_retry_adds_workers_beside_those_that_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They have crossed what failed off their lists, so another one is needed, and they are counted all the same."""
    job = examples.job(tmp_path / "runs", "ab", examples.record, retry_failed=True)
    _in_queue(monkeypatch, tmp_path, job)
    attempt = claim(job.root / "a")
    assert attempt is not None
    attempt.end("failed", "error", "the first time")
    again, then = (_submit(tmp_path, job) for _ in range(2))
    assert (again.added, again.present) == (1, 1) and (then.added, then.present) == (0, 1)


def test_workers_that_have_not_all_of_it_or_finish_it_otherwise_are_not_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = examples.job(tmp_path / "runs", "ab", examples.record)
    _in_queue(monkeypatch, tmp_path, job)
    assert _submit(tmp_path, job).present == 1
    assert _submit(tmp_path, examples.job(tmp_path / "runs", "abc", examples.record)).present == 0
    with_another_probe = replace(job, finished=partial(examples.has_record, tmp_path / "other"))
    assert (_submit(tmp_path, with_another_probe).added, _submit(tmp_path, with_another_probe).present) == (1, 0)


def _in_queue(monkeypatch: pytest.MonkeyPatch, folder: Path, job: Job) -> None:
    """A worker of the job runs, and sbatch would take more."""
    name = job_name("study", job.root)
    worker = queues.Worker("12", "12", name, "me", "running", "node3", None, "c0ffee", "")
    answers = {"require": None, "check": None, "queued": [], "_sbatch": "13"}
    for of, answer in answers.items():
        monkeypatch.setattr(f"slurm.submit.{of}", lambda *given, answer=answer: answer)
    _submit(folder, job)
    (kept,) = (folder / "cluster" / name).glob("*.json")
    kept.rename(kept.with_name("c0ffee.json"))
    monkeypatch.setattr("slurm.submit.queued", lambda names: [worker])


def _submit(folder: Path, job: Job) -> Submission:
    return submit(job, 1, Resources(), Site(), name="study", folder=folder / "cluster", path=folder)
