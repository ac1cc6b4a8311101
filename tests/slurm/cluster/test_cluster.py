"""On a real cluster, whatever it does to its jobs, each item is done once and right."""

import grp
import os
import signal
import stat
import subprocess
import sys
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import cluster_items as items
import pytest
from scenarios import (
    QUIET,
    check,
    disturb,
    go,
    helper,
    lab,
    past,
    start,
    states,
    wait_for,
    wait_for_end,
    wait_for_step,
)

from slurm.cancel import cancel
from slurm.commands import SlurmError, ask
from slurm.job import Job
from slurm.limits import check as check_limits
from slurm.queue import queue, workers
from slurm.resources import Resources
from slurm.site import Site

pytestmark = pytest.mark.slurm


def twenty_items_with_two_workers(world: Path) -> None:
    job, larger = items.job(world / "runs", 20, 20), items.job(world / "runs", 21, 20)
    submission = start(world, job, 2, gpus=1)
    assert submission.folder is not None and stat.S_IMODE(submission.folder.stat().st_mode) == 0o700
    assert start(world, job, 2).present == 2
    assert [start(world, larger).added for _ in range(2)] == [1, 0]
    wait_for_step(job, "00")
    shown = queue([submission.name], world)
    assert past(job, "00")[0].job in {worker.job for worker in shown.workers}
    assert all(str(worker).startswith(("running on lab1, 0:19:", "pending (")) for worker in shown.workers)
    assert queue([submission.name], world) == shown  # squeue is not asked again within 30 s
    go(job)
    wait_for_end(submission)
    check(larger)
    assert {len(states(job, item)) for item in larger.items} == {1}
    assert len({past(job, item)[0].job for item in job.items}) > 1


def scontrol_requeue(world: Path) -> None:
    job = items.job(world / "runs", 3, 20)
    submission = start(world, job, 2)
    wait_for_step(job, "00")
    wait_for_step(job, "01")
    (worker,) = (worker for worker in workers([submission.name]) if worker.job == past(job, "00")[0].job)
    ask("scontrol", "requeue", worker.id)
    wait_for(lambda: "pending (BeginTime)" in [str(worker) for worker in workers([submission.name])])
    go(job)
    wait_for_end(submission)
    check(job)
    assert [states(job, item) for item in job.items] == [["stopped", "done"], ["done"], ["done"]]


def preempted_with_grace_twice(world: Path) -> None:
    _preempted(world, "preempt", "lab3", times=2)


def preempted_without_grace(world: Path) -> None:
    _preempted(world, "preempt0", "lab4")


def preempted_where_slurm_does_not_requeue(world: Path) -> None:
    _preempted(world, "cancel", "lab5")


def _preempted(world: Path, partition: str, node: str, times: int = 1) -> None:
    """Both of two workers, as an array; the same two jobs go on."""
    job = items.job(world / "runs", 3, 20)
    submission = start(world, job, 2, partition=partition, extra=[("nodelist", node)])
    wait_for_step(job, "00")
    wait_for_step(job, "01")
    for time in range(1, times + 1):
        wait_for(lambda: [states(job, "00")[-1], states(job, "01")[-1]] == ["running", "running"])
        disturb(node)
        wait_for(lambda time=time: states(job, "00") == states(job, "01") == ["stopped"] * time)
    go(job)
    wait_for_end(submission)
    check(job)
    assert states(job, "00") == states(job, "01") == [*["stopped"] * times, "done"]
    assert len({attempt.job for item in job.items for attempt in past(job, item)}) == 2


def time_limit(world: Path) -> None:
    job = _out_of_time(world, QUIET)
    assert len({attempt.job for attempt in past(job, "00")}) == 1


def time_limit_where_requeue_is_forbidden(world: Path) -> None:
    job = _out_of_time(world, (("no-requeue", ""), *QUIET))
    assert len({attempt.job for attempt in past(job, "00")}) == len(states(job, "00"))


def _out_of_time(world: Path, extra: Any) -> Job:
    job = items.job(world / "runs", 2, 20)
    submission = start(world, job, time="1", extra=extra)
    wait_for(lambda: states(job, "00")[:1] == ["stopped"])
    go(job)
    wait_for_end(submission)
    check(job)
    assert set(states(job, "00")[:-1]) == {"stopped"} and states(job, "01") == ["done"]
    return job


def no_successor_of_a_worker_that_got_nowhere(world: Path) -> None:
    job = items.job(world / "runs", 1, 1, function="cluster_items:get_nowhere")
    submission = start(world, job, time="1")
    wait_for_end(submission)
    assert states(job, "00") == ["stopped"]
    assert past(job, "00")[0].message == "killed by signal 9 before it had saved"
    assert submission.folder is not None
    assert "it takes more time" in next(submission.folder.glob("*_log.out")).read_text()


def killed_task(world: Path) -> None:
    job = items.job(world / "runs", 2, 20)
    submission = start(world, job, 2)
    wait_for_step(job, "00")
    wait_for_step(job, "01")
    os.kill(past(job, "00")[0].pid, signal.SIGKILL)
    go(job)
    wait_for_end(submission)
    check(job, repeated=items.EVERY)
    assert states(job, "00") in (["lost", "done"], ["stopped", "done"])  # SLURM leaves its child little time
    assert {attempt.job for attempt in past(job, "00")[1:]} == {attempt.job for attempt in past(job, "01")}


def killed_child(world: Path) -> None:
    job = items.job(world / "runs", 2, 20)
    submission = start(world, job)
    wait_for_step(job, "00")
    os.kill(int((job.root / "00" / "pid").read_text()), signal.SIGKILL)
    go(job)
    wait_for_end(submission)
    check(job, repeated=items.EVERY)
    assert [(attempt.state, attempt.kind) for attempt in past(job, "00")] == [("lost", "killed"), ("done", None)]
    assert len({attempt.job for attempt in past(job, "00") + past(job, "01")}) == 1


def lost_node(world: Path) -> None:
    job = items.job(world / "runs", 2, 20)
    submission = start(world, job, extra=[("exclude", "lab[1-5,8-9]")])
    wait_for_step(job, "00")
    (worker,) = workers([submission.name])
    lab("kill-node", worker.node.removeprefix("lab"))
    wait_for(lambda: "running" in [other.state for other in workers([submission.name]) if other.node != worker.node])
    go(job)
    wait_for_end(submission)
    check(job, repeated=items.EVERY)
    assert (states(job, "00"), states(job, "01")) == (["lost", "done"], ["done"])


def lost_slurmd(world: Path) -> None:
    """Of two workers that SLURM takes for dead, one lives on and finishes; one hangs, and wakes up too late."""
    job = items.job(world / "runs", 2, 20)
    submission = start(world, job, 2, extra=[("exclude", "lab[1-7]")])
    wait_for_step(job, "00")
    wait_for_step(job, "01")
    (node,) = {worker.node for worker in workers([submission.name])}
    hanging = [past(job, "01")[0].pid, int((job.root / "01" / "pid").read_text())]
    for process in hanging:
        os.kill(process, signal.SIGSTOP)
    lab("kill-slurmd", node.removeprefix("lab"))
    wait_for(lambda: len(past(job, "01")) == 2)
    wait_for(lambda: node not in {worker.node for worker in workers([submission.name])})
    assert states(job, "00") == ["running"]
    go(job)
    wait_for(lambda: items.is_finished(job.root, "01"))
    for process in hanging:
        os.kill(process, signal.SIGCONT)
    wait_for_end(submission)
    wait_for(lambda: not any(_lives(process) for process in hanging))
    check(job, repeated=items.EVERY + 20 - items.HOLD)  # the one that hung may go on until it looks whether to save
    assert (states(job, "00"), states(job, "01")) == (["done"], ["lost", "done"])


def _lives(process: int) -> bool:
    with suppress(OSError):
        return "(zombie)" not in Path(f"/proc/{process}/status").read_text()
    return False


def cancelled(world: Path) -> None:
    job, neighbor = items.job(world / "runs", 3, 20), items.job(world / "neighbor", 1, 20)
    submission, other = start(world, job, 2, parallel=1), start(world, neighbor)
    wait_for_step(job, "00")
    running, pending = sorted(workers([submission.name]), key=lambda worker: worker.state, reverse=True)
    assert (str(pending), running.state) == ("pending (JobArrayTaskLimit)", "running")
    ask("scancel", pending.id)
    wait_for(lambda: len(workers([submission.name])) == 1)
    assert [worker.job for worker in cancel(submission.name)] == [running.job]
    wait_for_end(submission)
    assert [states(job, item) for item in job.items] == [["stopped"], [], []]
    go(job)
    go(neighbor)
    again = start(world, job)
    assert (again.added, again.present) == (1, 0)
    wait_for_end(again)
    wait_for_end(other)
    check(job)
    check(neighbor)


def two_submitters_at_once(world: Path) -> None:
    job = items.job(world / "runs", 6, 20)
    go(job)
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: start(world, job, 2), range(2)))
    assert sorted(submission.added for submission in both) == [0, 2]
    wait_for_end(both[0])
    check(job)
    assert {len(states(job, item)) for item in job.items} == {1}


def laptop_beside_the_cluster(world: Path) -> None:
    job = items.job(world / "runs", 16, 30)
    submission = start(world, job)
    wait_for_step(job, "00")
    laptop = helper(world, job)
    wait_for_step(job, "01")
    go(job)
    output, _ = laptop.communicate(timeout=120)
    wait_for_end(submission)
    check(job)
    assert 0 < int(output) < 16
    assert {len(states(job, item)) for item in job.items} == {1}


def what_a_site_is_like(world: Path) -> None:
    site = Site(
        setup=["export SET_UP=by-a-line"],
        python=f"env PYTHON=by-the-command {sys.executable}",
        scratch="$SLURM_SUBMIT_DIR",
        group=grp.getgrgid(os.getgid()).gr_name,
        defaults=Resources(gpus=2),
    )
    job = items.job(world / "runs", 2, 1, function="cluster_items:look_around")
    wait_for_end(start(world, job, site=site, slots=2, extra=[("nodelist", "lab2")]))
    seen = [items.read(job.root / item / "record.json") for item in job.items]
    assert [found["SET_UP"] for found in seen] == ["by-a-line"] * 2
    assert [found["PYTHON"] for found in seen] == ["by-the-command"] * 2
    assert {found["TMPDIR"] for found in seen} == {str(Path.cwd())}
    assert sorted(found["CUDA_VISIBLE_DEVICES"] for found in seen) == ["0", "1"]
    assert {found["slurm"] for found in seen} == {str(world / "code" / "slurm" / "__init__.py")}
    assert stat.S_IMODE((job.root / "00" / "record.json").stat().st_mode) & stat.S_IWGRP


def several_tasks_on_two_nodes(world: Path) -> None:
    """One of four processes is killed, then the job is requeued."""
    job = items.job(world / "runs", 2, 20, function="cluster_items:train_together", processes=4)
    submission = start(world, job, extra=[("nodelist", "lab[1-2]")], gpus=4, cpus=4, memory="800M", nodes=2, tasks=4)
    wait_for_step(job, "00")
    there = [wait_for(lambda rank=rank: items.read(job.root / "00" / f"process.{rank}")) for rank in range(4)]
    seen = [(one["WORLD_SIZE"], one["SLURMD_NODENAME"], one["CUDA_VISIBLE_DEVICES"]) for one in there]
    assert seen == [("4", "lab1", "0"), ("4", "lab1", "1"), ("4", "lab2", "0"), ("4", "lab2", "1")]
    os.kill(there[3]["pid"], signal.SIGKILL)
    wait_for(lambda: states(job, "00") == ["lost"] and states(job, "01") == ["running"])
    assert past(job, "00")[0].message.startswith("process 3 of 4 was killed by signal 9 (SIGKILL)")
    wait_for_step(job, "01")
    ask("scontrol", "requeue", submission.id)
    wait_for(lambda: states(job, "01")[:1] == ["stopped"] and states(job, "00") == ["lost", "running"])
    go(job)
    wait_for_end(submission)
    check(job, repeated=items.EVERY)
    assert (states(job, "00"), states(job, "01")) == (["lost", "done"], ["stopped", "done"])


def asked_to_stop_while_python_starts(world: Path) -> None:
    slow = world / "slow-python"
    slow.write_text(
        f'#!/bin/sh\n[ -e {world}/started ] || {{ touch {world}/started; sleep 60; }}\nexec {sys.executable} "$@"\n'
    )
    slow.chmod(0o755)
    job = items.job(world / "runs", 1, 5)
    submission = start(world, job, site=Site(python=str(slow)))
    wait_for((world / "started").exists)
    ask("scancel", "--signal=TERM", submission.id)
    wait_for_end(submission)
    check(job)


def without_accounting(world: Path) -> None:
    """A few of these on a second cluster, which keeps no accounts and has preempted jobs get SIGTERM only."""
    few = "twenty or scontrol or killed or cancelled or preempted_with_grace"
    with tempfile.TemporaryDirectory(prefix="lab") as folder:
        Path(folder).chmod(0o755)
        environment = {"SLURM_LAB_DIR": folder, "SLURM_LAB_PORT": "17800", "SLURM_LAB_DB": "0", "SLURM_LAB_NODES": "3"}
        environment["SLURM_LAB_NOTICE"] = "0"
        environment["SLURM_CONF"] = f"{folder}/etc/slurm.conf"
        lab("up", **environment)
        try:
            command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", __file__, "-k", few]
            nested = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
        finally:
            lab("down", **environment)
    assert nested.returncode == 0 and "skipped" not in nested.stdout, nested.stdout


def wrong_resources(world: Path) -> None:
    job = items.job(world / "runs", 1, 1)
    wrong = {
        "partition takes one of cancel, main, preempt, preempt0, not 'gpu'": {"partition": "gpu"},
        "time takes at most 1-00:00:00 in partition main, not '2-0'": {"time": "2-0"},
        "nodes have 2 gpus, 8 cpus, 16000M, not 3 gpus": {"gpus": 3},
        "constraint takes features that nodes have in partition preempt (none), not 'a100'": {
            "partition": "preempt",
            "constraint": "a100",
        },
    }
    for message, asked in wrong.items():
        with pytest.raises(ValueError) as error:
            start(world, job, **asked)  # type: ignore[arg-type]
        assert message in str(error.value)
    with pytest.raises(SlurmError, match=r"sbatch: .*unrecognized option '--colour=red'"):
        start(world, job, extra=[("colour", "red")])
    assert not job.root.exists() or not list(job.root.iterdir())
    check_limits(Resources(partition="main,preempt", gpus=2, cpus=8, memory="16000M", time="1-0"))


SCENARIOS = [
    time_limit,
    time_limit_where_requeue_is_forbidden,
    no_successor_of_a_worker_that_got_nowhere,
    lost_slurmd,
    lost_node,
    without_accounting,
    preempted_with_grace_twice,
    preempted_without_grace,
    preempted_where_slurm_does_not_requeue,
    scontrol_requeue,
    twenty_items_with_two_workers,
    killed_task,
    killed_child,
    cancelled,
    two_submitters_at_once,
    laptop_beside_the_cluster,
    what_a_site_is_like,
    several_tasks_on_two_nodes,
    asked_to_stop_while_python_starts,
    wrong_resources,
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_each_item_is_done_once(scenario: object, outcomes: dict[str, Future[None]]) -> None:
    outcomes[scenario.__name__].result()  # type: ignore[attr-defined]
