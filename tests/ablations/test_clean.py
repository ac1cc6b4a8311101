"""What `clean` would drop of submissions: only what squeue, asked now, knows no worker of."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from ablations import clean
from slurm.commands import SlurmError
from slurm.queue import Worker


def test_a_submission_with_a_worker_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.smoke-1", "b.smoke-2"):
        (tmp_path / "slurm" / name).mkdir(parents=True)
    waiting = Worker("7_0", "7", "a.smoke-1", "ada", "pending", "", None, "", "Priority")
    monkeypatch.setattr(clean, "workers", lambda names: (waiting,))
    assert clean._gone(tmp_path) == [tmp_path / "slurm" / "b.smoke-2"]


def test_nothing_of_slurm_is_dropped_where_it_cannot_be_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(names: Iterable[str]) -> tuple[Worker, ...]:
        raise SlurmError("squeue was not found")

    (tmp_path / "slurm" / "a.smoke-1").mkdir(parents=True)
    monkeypatch.setattr(clean, "workers", unreachable)
    assert clean._gone(tmp_path) == []
