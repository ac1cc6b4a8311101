"""Where and how a study's runs are planned: what a worker must know of it, and the plans already made."""

import gc
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ablations._choices import Choice, awaited, choices_among, notes, settled
from ablations._images import fingerprint
from ablations._plan import Run, find, plan, select
from ablations._scores import scores
from ablations._study import Study

THREADS = 1
"""Of each process of a run: sums come in one order on any number of cores, and runs side by side get more done."""


@dataclass(frozen=True)
class Context:
    """What a worker must know beside the run's id. data: where images lie; results: where records go.

    processes: that share each run.
    """

    study: str
    scale: str
    results: str
    data: str | None = None
    seeds: int | None = None
    processes: int = 1

    def plan(self, study: Study, only: Mapping[str, str] | None = None) -> list[Run]:
        """The study's runs that can be trained now, or those of them that `only` selects.

        Raises what load, plan and select raise.
        """
        runs = settled(self.every(study), self.choices(study))
        return select(runs, only) if only else runs

    def choices(self, study: Study) -> list[Choice]:
        """What the study's tuning has to choose, as far as its runs have come now; nothing if it tunes nothing."""
        if study.tune is None:
            return []
        return choices_among(study.tune, self.every(study), scores(study, self.scale, Path(self.results), self.data))

    def notes(self, study: Study) -> list[str]:
        """What a reader must know of the study's tuning as it is now; nothing if it tunes nothing."""
        return notes(study.tune, self.choices(study)) if study.tune else []

    def awaited(self, study: Study, only: Mapping[str, str] | None = None) -> list[Run]:
        """Stand-ins for the runs, as far as `only` selects them, whose settings are still to be chosen."""
        found = awaited(self.choices(study))
        wanted = {run.id for run in select(self.every(study), only)} if found and only else None
        return [run for run in found if wanted is None or run.id in wanted]

    def every(self, study: Study) -> list[Run]:
        """The runs that the study may come to have, the cells of all candidates of its tuning among them."""
        key = id(study), self.scale, self.data, self.seeds
        if key not in _PLANNED:
            _freeze()
            runs = plan(study, self.scale, lambda experiment: fingerprint(experiment, self.data), self.seeds)
            _PLANNED[key] = study, runs
        return _PLANNED[key][1]


_PLANNED: dict[tuple[Any, ...], tuple[Study, list[Run]]] = {}
"""Plans already made. Each keeps its study, so that no other has its id()."""


@cache  # once in a process, since what is frozen is never freed
def _freeze() -> None:
    """Leave torch and its like out of what is searched for garbage, which takes a fifth of a large plan's time."""
    gc.freeze()


def find_experiment(item: str, study: Study, where: Context) -> Any:
    """The experiment with this id; raises LookupError where the study plans none."""
    _freeze()
    found = find(study, where.scale, lambda experiment: fingerprint(experiment, where.data), where.seeds, item)
    if found is None:
        raise LookupError(
            f"{where.study} at scale {where.scale} plans no run {item} here: its code or images have changed since it "
            "was queued"
        )
    return found
