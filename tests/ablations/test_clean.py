"""What `clean` would drop of submissions: only what squeue, asked now, knows no worker of."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from ablations import clean
from results.archive import NAME, fold
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


def test_a_folder_goes_only_where_all_its_records_are_in_the_archive(tmp_path: Path) -> None:
    run = tmp_path / "runs" / "3a0eb4ae"
    (run / "probes").mkdir(parents=True)
    (run / "record.json").write_text("{}")
    fold(tmp_path / "runs", clean._records(run))
    assert clean._is_folded(run)
    (run / "probes" / "linear.json").write_text("{}")  # another study has measured it since
    assert not clean._is_folded(run)
    (run / "probes" / "linear.json").unlink()
    (tmp_path / "runs" / NAME).unlink()  # or another `clean` has written the archive without it
    assert not clean._is_folded(run)
