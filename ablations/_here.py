"""The runs of somebody's table as the study's code here plans them."""

from dataclasses import dataclass, replace
from pathlib import Path

from ablations._context import Context
from ablations._find import load_study, study_names
from ablations._known import TableRow
from ablations._plan import Run
from ablations._scale import SCALES
from ablations._study import Study
from ablations._tables import seeds_of
from results.facts import differing


@dataclass(frozen=True)
class Here:
    """A study as it is here. runs: all that it may come to have, by id, also if its tuning does not choose them."""

    study: Study
    context: Context
    runs: dict[str, Run]

    def nearest(self, entry: TableRow) -> tuple[Run, list[str]]:
        """The planned run with the fewest settings unlike those of this row, and the names of those."""
        given = entry.facts.settings
        unlike = {run.id: differing(given, run.settings) for run in self.runs.values()}
        best = min(self.runs.values(), key=lambda run: (len(unlike[run.id]), run.arm != entry.row["arm"]))
        return best, unlike[best.id]


def planned_here(entry: TableRow, results: Path, file: str | None, data: str | None) -> Here:
    """The plan of the study that this row is of, with as many seeds as its table has.

    A table says which study it is, and is believed only for those that are shipped: `file` names one's own.
    Raises ValueError where there is no such study or scale here, or no images to identify the runs by.
    """
    name, scale = entry.about["study"], entry.about["scale"]
    if file is None and name not in study_names():
        raise ValueError(
            f"{name!r} is not a shipped study: name its file (inspect RUN FILE.py; explain and audit: --study FILE.py)"
        )
    if scale not in SCALES:
        raise ValueError(f"{entry.table} is at scale {scale!r}, and there are {', '.join(SCALES)}")
    study = load_study(file or name)
    if study.name != name:
        raise ValueError(f"{entry.table} is of the study {name!r}, and {file} is {study.name!r}")
    folder = str(Path(data).resolve()) if data else None
    asked = Context(file or name, scale, str(results.resolve()), folder)
    context = replace(asked, seeds=seeds_of(entry.table, asked.every(study), None))
    return Here(study, context, {run.id: run for run in context.every(study)})
