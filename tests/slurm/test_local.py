"""Each item is done once, whatever crashes, is killed, stopped or started twice."""

import errno
import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen, TimeoutExpired

import example_items as examples
import pytest
from example_items import wait_for

from slurm.hard_links import check_links
from slurm.history import history
from slurm.job import Event, Job, Summary
from slurm.local import run_here, run_local
from slurm.worker import Closing, work

Pool = Callable[..., "Popen[str]"]
TEN = [f"item{number}" for number in range(10)]


def latest(root: Path, item: str) -> tuple[str, str | None]:
    state = history(root / item)[-1]
    return state.state, state.kind


def summary_of(process: "Popen[str]") -> Summary:
    output, _ = process.communicate(timeout=60)
    return Summary(**json.loads(output))


def test_all_items_are_done_once_and_events_tell_of_each(tmp_path: Path) -> None:
    events: list[Event] = []
    job = examples.job(tmp_path, TEN, examples.record)
    assert run_local(job, jobs=2, on_event=events.append) == Summary(done=10, failed=0, stopped=0, skipped=0, left=0)
    assert examples.calls(tmp_path) == TEN
    for what in ("started", "ended"):
        assert sorted(event.item for event in events if event.what == what) == TEN
    assert all(event.state and event.state.state == "done" for event in events if event.what == "ended")
    assert run_local(job, jobs=2) == Summary(done=0, failed=0, stopped=0, skipped=10, left=0)


def test_output_of_python_and_of_native_code_lands_in_the_log(tmp_path: Path) -> None:
    run_local(examples.job(tmp_path, ["a"], "example_items:record"))
    log = (tmp_path / "a" / "attempts" / "0001" / "log.txt").read_text()
    assert sorted(log.splitlines()) == ["from native code", "training a"]


def test_a_crash_ends_one_item_and_says_which_kind(tmp_path: Path) -> None:
    kinds = {"exit": "exit", "kill": "killed", "memory": "out of memory", "nan": "not a number", "error": "error"}
    kinds["nothing"] = "unfinished"
    job = examples.job(tmp_path, ["fine", *kinds, "good"], examples.crash, max_attempts=2)
    assert run_local(job, jobs=2) == Summary(done=2, failed=6, stopped=0, skipped=0, left=0)
    assert {item: latest(tmp_path, item) for item in kinds} == {item: ("failed", kind) for item, kind in kinds.items()}
    killed = "killed by signal 9 (SIGKILL): often the out-of-memory killer"
    assert [state.state for state in history(tmp_path / "kill")] == ["lost", "failed"]
    assert history(tmp_path / "kill")[0].message == killed
    assert history(tmp_path / "kill")[1].message == f"lost 2 times in a row without progress, last: {killed}"
    assert history(tmp_path / "error")[0].message == "ValueError: no such color"
    end = json.loads((tmp_path / "error" / "attempts" / "0001" / "end.json").read_text())
    log = (tmp_path / "error" / "attempts" / "0001" / "log.txt").read_text()
    assert "in crash" in end["traceback"] and end["traceback"] in log
    assert run_local(job, jobs=2) == Summary(done=0, failed=0, stopped=0, skipped=8, left=0)


def test_a_killed_item_is_tried_again_after_the_others(tmp_path: Path) -> None:
    assert run_local(examples.job(tmp_path, "abc", examples.kill_once)) == Summary(3, 0, 0, 0, 0)
    assert (tmp_path / "calls.txt").read_text().split() == ["b", "c", "a"]
    assert [(state.state, state.kind) for state in history(tmp_path / "a")] == [("lost", "killed"), ("done", None)]


def test_at_closing_time_a_worker_stops_in_order(tmp_path: Path) -> None:
    stop_soon = Closing(stop=time.monotonic() + 1.0)
    assert work(examples.job(tmp_path, "abc", examples.steps, steps=500), 2, closing=stop_soon).stopped == 2
    reached = len({line for line in examples.calls(tmp_path) if line.startswith("a")})
    assert work(examples.job(tmp_path, "abc", examples.steps, steps=500), closing=Closing(last_start=0.0)).left == 3
    assert history(tmp_path / "a")[-1].state == "stopped" and 0 < reached < 500


def test_retry_failed_tries_failed_items_once_more(tmp_path: Path) -> None:
    assert run_local(examples.job(tmp_path, "ab", examples.fail_once)).failed == 2
    assert run_local(examples.job(tmp_path, "ab", examples.fail_once, retry_failed=True)).done == 2
    assert run_local(examples.job(tmp_path, "ab", "example_items:missing", retry_failed=True)).skipped == 2


def test_two_pools_started_together_do_each_item_once(tmp_path: Path, pool: Pool) -> None:
    items = [f"{number:02d}" for number in range(30)]
    processes = [pool("record", items) for _ in range(2)]
    assert sum(summary_of(process).done for process in processes) == 30
    assert examples.calls(tmp_path) == items


def test_after_kill_9_of_the_worker_the_same_call_goes_on(tmp_path: Path, pool: Pool) -> None:
    items = ["a", "b", "c"]
    process = pool("steps", items, steps=20)
    wait_for(lambda: len(examples.calls(tmp_path)) > 10)
    process.kill()
    process.wait()
    assert run_local(examples.job(tmp_path, items, examples.steps, steps=20), jobs=2).failed == 0
    assert all(examples.has_record(tmp_path, item) for item in items)
    assert examples.calls(tmp_path) == sorted(f"{item} {step}" for item in items for step in range(20))


def test_children_of_a_killed_worker_stop_by_themselves(tmp_path: Path, pool: Pool) -> None:
    process = pool("deaf", ["a"])
    wait_for(lambda: examples.calls(tmp_path) == ["a"])
    process.kill()
    process.stdout.read()  # type: ignore[union-attr] # returns when the last process that could write has gone
    assert history(tmp_path / "a", lease=0.0)[-1].state == "lost"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGUSR2, signal.SIGHUP])
def test_a_signal_to_all_processes_stops_in_order(tmp_path: Path, pool: Pool, number: int) -> None:
    items = ["a", "b", "c"]
    process = pool("steps", items, steps=500)
    wait_for(lambda: len({line[0] for line in examples.calls(tmp_path)}) == 2)
    os.killpg(process.pid, number)
    assert summary_of(process) == Summary(done=0, failed=0, stopped=2, skipped=0, left=1)
    assert [latest(tmp_path, item) for item in "ab"] == [("stopped", None)] * 2
    assert history(tmp_path / "a")[0].message.startswith("before step ")
    reached = 1 + max(int(line.split()[1]) for line in examples.calls(tmp_path))
    assert run_local(examples.job(tmp_path, items, examples.steps, steps=reached), jobs=2).done == 3
    assert examples.calls(tmp_path) == sorted(f"{item} {step}" for item in items for step in range(reached))


def test_the_second_ctrl_c_kills(tmp_path: Path, pool: Pool) -> None:
    process = pool("deaf", ["a"])
    wait_for(lambda: examples.calls(tmp_path) == ["a"])
    process.send_signal(signal.SIGINT)
    with pytest.raises(TimeoutExpired):  # it waits for its child
        process.wait(0.5)
    process.send_signal(signal.SIGINT)
    assert summary_of(process).stopped == 1
    assert "before it had saved" in history(tmp_path / "a")[0].message


def test_a_stopped_process_that_wakes_up_cannot_write(tmp_path: Path, pool: Pool) -> None:
    process = pool("once_paused", ["a"])
    wait_for(lambda: examples.calls(tmp_path) == ["paused"])
    os.killpg(process.pid, signal.SIGSTOP)  # the worker and its children
    assert run_local(examples.job(tmp_path, ["a"], examples.once_paused)).done == 1
    os.killpg(process.pid, signal.SIGCONT)
    assert summary_of(process) == Summary(done=0, failed=0, stopped=0, skipped=1, left=0)
    assert [state.state for state in history(tmp_path / "a")] == ["lost", "done"]
    assert examples.calls(tmp_path) == ["a", "a", "paused"]
    assert (tmp_path / "a" / "record").read_text() == "attempt 2"  # guard() kept the late one from writing


def test_slots_share_out_the_devices_and_see_the_environment(tmp_path: Path) -> None:
    job = examples.job(tmp_path, TEN[:4], examples.environment, environment={"EXAMPLE": "1"})
    run_local(job, jobs=2, devices=("0", "1"))
    assert set(examples.calls(tmp_path)) == {"0 1", "1 1"}
    assert "EXAMPLE" not in os.environ


def test_here_a_failure_is_recorded_and_raised(tmp_path: Path) -> None:
    job = examples.job(tmp_path, ["fine", "error", "good"], examples.crash)
    with pytest.raises(ValueError, match="no such color"):
        run_here(job)
    assert latest(tmp_path, "error") == ("failed", "error")
    assert run_here(job) == Summary(done=1, failed=0, stopped=0, skipped=2, left=0)
    assert latest(tmp_path, "good") == ("done", None)


@pytest.mark.parametrize("item", ["../a", "/a", "", "a/../../b", "."])
def test_an_item_stays_in_its_folder(tmp_path: Path, item: str) -> None:
    with pytest.raises(ValueError, match="an item takes the name of a folder inside"):
        examples.job(tmp_path, [item], examples.record)


def test_a_function_that_a_child_could_not_find_is_refused(tmp_path: Path) -> None:
    for function in (lambda item, attempt, context: None, "example_items"):
        with pytest.raises(ValueError, match="function takes a module-level function"):
            Job(root=tmp_path, items=(), function=function, finished=bool)


def test_a_file_system_without_hard_links_is_refused_before_anything_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(link: Path, file: Path) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted", str(file), None, str(link))

    check_links(tmp_path)
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(Path, "hardlink_to", refuse)
    with pytest.raises(OSError, match="is on a file system without hard links: --results DIR elsewhere"):
        check_links(tmp_path)
    assert not list(tmp_path.iterdir())
