"""An item on several processes: all start, the first speaks for it, and one that dies ends the attempt by name."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import example_items as examples
import pytest
from example_items import wait_for

from slurm import stop
from slurm.attempts import Attempt
from slurm.child import Process
from slurm.history import history
from slurm.job import Job, Summary
from slurm.local import run_local
from slurm.meeting import await_others, go_to_first
from slurm.tasks import GONE, Task, follow, start_all


def job(root: Path, items: str | list[str], processes: int = 2) -> Job:
    return examples.job(root, items, examples.together, processes=processes)


def test_each_process_knows_its_place_and_has_a_gpu_of_its_own(tmp_path: Path) -> None:
    job_of_three = job(tmp_path, ["a", "b"], 3)
    assert run_local(job_of_three, jobs=2, devices=("4", "5", "6", "7", "8", "9")).done == 2
    first = {"a": 4, "b": 7}
    places = {f"{item} {rank} of 3 on {first[item] + rank}" for item in first for rank in range(3)}
    assert set(examples.calls(tmp_path)) == places


@pytest.mark.parametrize(
    ("item", "state", "message"),
    [
        ("kill", "lost", "process 1 of 2 was killed by signal 9 (SIGKILL)"),
        ("exit", "failed", "process 1 of 2 exited with code 7 before it could say why"),
        ("nan", "failed", "process 1: FloatingPointError: the loss is nan in step 3"),
    ],
)
def test_a_process_that_dies_ends_the_attempt_by_name(tmp_path: Path, item: str, state: str, message: str) -> None:
    run_local(job(tmp_path, [item]))
    first, *later = history(tmp_path / item)
    assert (first.state, first.message[: len(message)]) == (state, message)
    assert [attempt.state for attempt in later] == (["done"] if state == "lost" else [])


def test_all_processes_stop_when_asked(tmp_path: Path) -> None:
    asked = Thread(target=lambda: (wait_for(lambda: len(examples.calls(tmp_path)) == 2), stop.ask()))
    asked.start()
    assert run_local(job(tmp_path, ["hang"])) == Summary(done=0, failed=0, stopped=1, skipped=0, left=0)
    asked.join()


def test_an_item_takes_at_least_one_process(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="processes takes 1 or more, not 0"):
        job(tmp_path, ["a"], 0)


@pytest.fixture
def tasks(tmp_path: Path) -> Iterator[list[Task]]:
    """Another task of this job, which is a thread of this process."""
    meeting, loaded = tmp_path / "meeting.json", job(tmp_path, ["a", "kill"])
    other = Thread(target=lambda: follow(go_to_first(meeting, 1), loaded, ("7",)), daemon=True)
    other.start()
    (link,) = await_others(meeting, "127.0.0.1", 1)
    assert not meeting.exists()
    yield [Task(link, "127.0.0.1")]
    link.close()
    other.join()


def ended(process: Process) -> int | None:
    wait_for(lambda: process.exitcode is not None)
    return process.exitcode


def test_another_task_starts_kills_and_tells_the_exit_code(tmp_path: Path, tasks: list[Task]) -> None:
    codes = []
    for item in ("a", "kill"):
        folder = tmp_path / item / "attempts" / "0001"
        folder.mkdir(parents=True)
        child = start_all(job(tmp_path, [item]), item, Attempt(folder, 1), ("3",), tasks)
        codes.append(ended(child.others[0]))
        child.process.kill()
        child.process.join()
        child.leash.close()
    assert codes == [0, -9]
    assert "a 0 of 2 on 3" in examples.calls(tmp_path) and "a 1 of 2 on 7" in examples.calls(tmp_path)


def test_a_task_that_is_gone_is_found_so(tmp_path: Path, tasks: list[Task]) -> None:
    folder = tmp_path / "a" / "attempts" / "0001"
    folder.mkdir(parents=True)
    tasks[0].link.close()
    child = start_all(job(tmp_path, ["a"]), "a", Attempt(folder, 1), (), tasks)
    assert tasks[0].gone and child.others[0].exitcode == GONE
    child.process.kill()
    child.process.join()
    child.leash.close()
