"""What a results folder says nothing of: studies of the catalogue that wait, and findings that none of them tests."""

from collections.abc import Sequence
from pathlib import Path

from ablations._find import load_study, study_names
from ablations.studies._elsewhere import ELSEWHERE, Elsewhere
from results.table_files import table_names
from results.waiting import Waiting


def untested(results: Path) -> tuple[list[Waiting], Sequence[Elsewhere]]:
    """The studies without a table, and the findings of no study; neither where the folder has one's own studies alone.

    So only a report on the catalogue imports its studies, and with them torch.
    """
    run, names = {study for study, _ in table_names(results)}, study_names()
    if run.isdisjoint(names):
        return [], ()
    return [_waiting(name) for name in names if name not in run], ELSEWHERE


def _waiting(name: str) -> Waiting:
    """The claims are those of the paper's own scale, where each can be tested."""
    study = load_study(name)
    claims = [(claim.name, claim.text) for claim in study.claims_at("paper")]
    return Waiting(name, " ".join(study.question.split()), study.paper, claims)
