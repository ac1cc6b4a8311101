"""A claim is one worker's at a time, and what became of each attempt can be read from the folder."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from slurm.attempts import Attempt, Superseded, claim, retry
from slurm.failures import classify, said
from slurm.history import history


def claimed(folder: Path, lease: float = 60.0, max_attempts: int = 5) -> Attempt:
    attempt = claim(folder, lease, max_attempts)
    assert attempt is not None
    return attempt


def age(attempt: Attempt, seconds: float = 1000) -> None:
    """Make the attempt look as if its worker was last seen `seconds` ago."""
    then = time.time() - seconds
    os.utime(attempt.folder / "heartbeat", (then, then))


def states(folder: Path) -> list[str]:
    return [attempt.state for attempt in history(folder)]


def test_of_many_claimers_one_gets_the_item(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        got = list(pool.map(claim, [tmp_path / "item"] * 64))
    assert [attempt.number for attempt in got if attempt] == [1]
    assert states(tmp_path / "item") == ["running"]


def test_the_first_end_stands(tmp_path: Path) -> None:
    attempt = claimed(tmp_path)
    attempt.end("failed", "not a number", "loss")
    attempt.end("done")
    (state,) = history(tmp_path)
    assert (state.state, state.kind, state.message) == ("failed", "not a number", "loss")
    assert sorted(path.name for path in attempt.folder.iterdir()) == ["claim.json", "end.json", "heartbeat"]


def test_an_end_is_no_sign_of_life_of_the_worker(tmp_path: Path) -> None:
    attempt = claimed(tmp_path)
    age(attempt, 20)
    before = history(tmp_path)[0].last_seen
    attempt.end("stopped")  # by the child, which outlives a killed worker
    assert history(tmp_path)[0].last_seen == before


@pytest.mark.parametrize("outcome", ["done", "stopped", "superseded"])
def test_what_did_not_fail_may_be_claimed_again(tmp_path: Path, outcome: str) -> None:
    claimed(tmp_path).end(outcome)  # type: ignore[arg-type]
    assert claimed(tmp_path).number == 2


def test_a_failed_item_gets_one_more_attempt_when_retried(tmp_path: Path) -> None:
    assert not retry(tmp_path)
    claimed(tmp_path).end("failed", "error")
    assert claim(tmp_path) is None
    assert [retry(tmp_path), retry(tmp_path)] == [True, False]
    claimed(tmp_path).end("failed", "error")
    assert claim(tmp_path) is None


def test_an_attempt_that_is_not_renewed_is_lost_and_superseded(tmp_path: Path) -> None:
    first = claimed(tmp_path)
    age(first, 50)
    assert claim(tmp_path) is None
    age(first, 70)
    assert states(tmp_path) == ["lost"]
    second = claimed(tmp_path)
    first.renew()
    first.end("done")  # it wakes up again: too late
    assert states(tmp_path) == ["lost", "running"]
    assert second.is_latest()
    second.guard()
    with pytest.raises(Superseded, match=r"attempt 1 at .* was taken over"):
        first.guard()


def test_lost_without_progress_five_times_is_given_up(tmp_path: Path) -> None:
    for number in range(1, 8):
        attempt = claimed(tmp_path, max_attempts=5)
        if number == 2:
            attempt.progress("epoch 1")
        age(attempt)
    assert claim(tmp_path, max_attempts=5) is None
    latest = history(tmp_path)[-1]
    assert (latest.number, latest.state, latest.kind) == (7, "failed", "lost")
    assert latest.message.startswith("lost 5 times in a row without progress, last: silent for longer than its lease")
    assert history(tmp_path)[1].progress == "epoch 1"
    assert retry(tmp_path)
    assert claimed(tmp_path).number == 8


def test_a_killed_attempt_is_lost_until_it_was_killed_too_often_without_progress(tmp_path: Path) -> None:
    for _ in range(2):
        claimed(tmp_path).lose("killed", "by signal 9", max_attempts=2)
        attempt = claimed(tmp_path)
        attempt.progress("epoch 1")
        attempt.lose("killed", "by signal 9", max_attempts=2)
    for _ in range(2):
        claimed(tmp_path).lose("killed", "by signal 9", max_attempts=2)
    assert states(tmp_path) == [*["lost"] * 5, "failed"]
    assert history(tmp_path)[-1].kind == "killed"
    assert history(tmp_path)[-1].message == "lost 2 times in a row without progress, last: by signal 9"
    assert claim(tmp_path) is None


def test_a_claimer_that_died_before_it_wrote_a_word_blocks_nobody(tmp_path: Path) -> None:
    folder = tmp_path / "attempts" / "0001"
    folder.mkdir(parents=True)
    assert claim(tmp_path) is None
    os.utime(folder, (1, 1))
    assert claimed(tmp_path).number == 2


@pytest.mark.parametrize("damage", [b"", b"{", b"[1]", b'{"outcome": 3}', b'{"outcome": "won"}', b"\xff\x00"])
def test_a_damaged_end_is_a_lost_attempt(tmp_path: Path, damage: bytes) -> None:
    attempt = claimed(tmp_path)
    (attempt.folder / "end.json").write_bytes(damage)
    assert states(tmp_path) == ["lost"]
    assert claimed(tmp_path).number == 2


def test_history_tells_who_and_when(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    attempt = claimed(tmp_path)
    attempt.progress("epoch 3, loss 0.5")
    (state,) = history(tmp_path)
    assert (state.number, state.state, state.kind, state.progress) == (1, "running", None, "epoch 3, loss 0.5")
    assert (state.pid, state.job) == (os.getpid(), "17")
    assert state.started <= state.last_seen
    assert history(tmp_path / "never") == []


def test_failures_have_kinds() -> None:
    class DivergedError(Exception):
        kind = "diverged"

    hidden = RuntimeError("unexpected position")
    hidden.__cause__ = OSError(28, "No space left on device")
    kinds: dict[str, list[Exception]] = {
        "out of memory": [MemoryError(), RuntimeError("CUDA out of memory."), OSError(12, "Cannot allocate memory")],
        "not a number": [FloatingPointError("loss")],
        "disk full": [OSError(28, "No space left on device"), OSError(122, "Disk quota exceeded"), hidden],
        "diverged": [DivergedError()],
        "read-only": [OSError(30, "Read-only file system")],
        "error": [ValueError("x"), OSError(2, "no such file")],
    }
    for kind, errors in kinds.items():
        assert [classify(error) for error in errors] == [kind] * len(errors)


def test_what_is_said_of_a_failure_is_one_line_with_its_notes() -> None:
    cause = ValueError("no such color")
    cause.add_note("in step 3 of epoch 2")
    error = RuntimeError("it failed")
    error.__cause__ = cause
    assert said(error) == "RuntimeError: it failed; in step 3 of epoch 2"


def test_nothing_is_guarded_in_a_folder_that_is_gone(tmp_path: Path) -> None:
    attempt = claimed(tmp_path / "item")
    (tmp_path / "item").rename(tmp_path / "away")
    with pytest.raises(FileNotFoundError):
        attempt.guard()
    assert classify(ValueError("x"), attempt.folder) == "folder gone"
