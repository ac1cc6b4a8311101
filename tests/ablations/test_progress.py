"""What a person sees while a study trains: each run that ended is counted once."""

from pathlib import Path

import pytest

from ablations._plan import Run
from ablations._progress import Display
from core.experiment import Experiment
from slurm.history import AttemptState, State
from slurm.job import Event, Job


def ended(state: State) -> Event:
    return Event("ended", "a", AttemptState(1, state, None, "", 0.0, 1.0, None, "host", 1, ""))


def test_a_lost_attempt_is_no_run_that_ended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job = Job(root=tmp_path, items=("a",), function="module:function", finished=bool)
    display = Display(job, {"a": Run("a", "cell", Experiment(), {})}, 1)
    for state in ("lost", "lost", "done"):
        display.on_event(Event("started", "a"))
        display.on_event(ended(state))
    told = [line.split(" in ")[0] for line in capsys.readouterr().out.splitlines()]
    assert told == ["0/1 a lost", "0/1 a lost", "1/1 a done"]
