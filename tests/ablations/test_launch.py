"""Workers on SLURM as the command counts them, waits for them and judges their end; no cluster is asked."""

from pathlib import Path

import pytest
from command_line import TINY, Command

from ablations import _launch
from ablations._site import load_site
from slurm.commands import SlurmError


def test_workers_are_as_many_as_the_time_takes_and_never_none() -> None:
    assert _launch.workers_for(6, 600.0, "30") == 2
    assert _launch.workers_for(6, 0.0, "30") == 1  # random encoders alone, which train nothing
    assert _launch.workers_for(2, 1e9, "30") == 2
    assert _launch.workers_for(99, None, "30") == _launch.UNPRICED


def test_a_controller_that_does_not_answer_ends_no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(names: list[str]) -> tuple[()]:
        raise SlurmError("squeue: timed out")

    monkeypatch.setattr(_launch, "workers", silent)
    assert not _launch._is_gone("tiny.smoke")
    monkeypatch.setattr(_launch, "workers", lambda names: ())
    assert _launch._is_gone("tiny.smoke")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SITE = Site(\n", "line 1: '(' was never closed: SITE = Site("),
        ("\nSITE = Site()\n", "line 2: NameError: name 'Site' is not defined"),
        ("from slurm.site import Site\nSITE = Site(python='')\n", "line 2: python takes a command"),
    ],
)
def test_a_mistake_in_the_sites_file_is_one_line_that_names_it(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "my_site.py").write_text(text)
    with pytest.raises(ValueError) as told:
        load_site(tmp_path / "my_site.py")
    assert str(told.value).startswith(f"{tmp_path / 'my_site.py'}, {said}")


def test_workers_that_are_gone_before_their_work_is_done_are_no_success(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tiny.py").write_text(TINY)
    monkeypatch.setattr("ablations._run.train_slurm", lambda *asked: True)
    ended = command("tiny.py", "--scale", "smoke", "--cluster", "slurm", "--wait")
    assert ended.code == 1 and "stopped; the same command goes on from here" in ended.out


def test_runs_that_other_workers_hold_are_no_success(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tiny.py").write_text(TINY)
    monkeypatch.setattr("ablations._run.train_local", lambda *asked: True)  # a pool that had to skip them all
    ended = command("tiny.py", "--scale", "smoke")
    assert ended.code == 1 and "of them are held by other workers; the same command goes on from here" in ended.out
