"""A run's journal: what counts as progress is what is kept."""

import json
from pathlib import Path

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
