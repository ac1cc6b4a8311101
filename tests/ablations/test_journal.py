"""A run's journal: what counts as progress is what is kept."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ablations._journal import RunJournal
from slurm.attempts import claim
from slurm.history import history


def journal_of(folder: Path) -> RunJournal:
    attempt = claim(folder)
    assert attempt is not None
    return RunJournal(folder, attempt)


def test_a_row_that_was_told_is_progress_once_its_state_is_kept(tmp_path: Path) -> None:
    journal = journal_of(tmp_path)
    journal.tell({"epoch": 1, "train_loss": 2.0})
    assert history(tmp_path)[-1].progress is None  # killed now, the next attempt would begin where this one did
    journal.save({"epoch": 1})
    assert json.loads(history(tmp_path)[-1].progress or "") == {"epoch": 1, "train_loss": 2.0}


def test_a_state_kept_within_the_first_epoch_is_progress(tmp_path: Path) -> None:
    journal = journal_of(tmp_path)
    journal.save({"epoch": 0, "step": 7})
    assert history(tmp_path)[-1].progress is not None


@pytest.mark.parametrize("state", [{"mean": np.zeros(3)}, [Path("here")], {"best": np.float64(1.0)}])
def test_a_state_that_no_later_attempt_could_read_is_refused_at_once(tmp_path: Path, state: Any) -> None:
    with pytest.raises(TypeError, match=r"a state takes tensors, numbers, text, .*; this one could not be read again"):
        journal_of(tmp_path).save(state)
    assert not list(tmp_path.glob("*.pt")) and history(tmp_path)[-1].progress is None


@pytest.mark.parametrize(
    ("row", "said"),
    [({"epoch": 1, "phase": "warm"}, "the metric 'phase' takes a number, not 'warm'"), ([1], "metrics are a dict")],
)
def test_what_is_told_is_numbers_by_name(tmp_path: Path, row: Any, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        journal_of(tmp_path).tell(row)
