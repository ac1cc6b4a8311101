"""What to run and why: studies, their grids, and the commands that people type.

    from ablations import Study, vary
    from ablations import load_study, table, verdicts

Names are loaded when first used, so that commands which need no torch start at once. What is where, a line an idea:

    commands        run, report, status, inspect, explain, audit, merge, export, clean, cancel, _command, _options
    a study         _study, _grid, _references, _claims, _scale, _tune, _choices, _scores, _metrics, _derive
    a run's id      _identity, _plan, _code, _code_values, _images, _context
    training it     _run, _launch, _execute, _journal, _checkpoint, _processes, _progress, _source, _copies, _site
    its price       _price, _timing, _measure, _estimate, _destination, _quote, _forecast, _memory
    what is known   _known, _tables, _shared, _here, _again, _explain, _two_runs, _list, _find, _frames, _from_python
    what is shown   _verdicts, _untested, _functions, _status, _status_picture, _look, _views, _view_words
    elsewhere       _audit, _against, _revision, _merge, _merge_tables, _merged, _between, _to_tensorboard, _to_wandb
    the package     _siblings
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ablations._siblings import put_first

if TYPE_CHECKING:
    from ablations._find import StudyError, load_study, study_names
    from ablations._frames import table, verdicts
    from ablations._grid import Grid, paired, vary
    from ablations._references import SUPERVISED
    from ablations._study import Study, derive
    from ablations._tune import Tune
    from results.claims import Claim, all_of, best_of, cells, count_of, difference, gap_of_gaps, rank, weighted

put_first()

__all__ = [
    "SUPERVISED",
    "Claim",
    "Grid",
    "Study",
    "StudyError",
    "Tune",
    "all_of",
    "best_of",
    "cells",
    "count_of",
    "derive",
    "difference",
    "gap_of_gaps",
    "load_study",
    "paired",
    "rank",
    "study_names",
    "table",
    "vary",
    "verdicts",
    "weighted",
]

_HOMES = {
    "ablations._find": ("StudyError", "load_study", "study_names"),
    "ablations._frames": ("table", "verdicts"),
    "ablations._references": ("SUPERVISED",),
    "ablations._grid": ("Grid", "paired", "vary"),
    "ablations._study": ("Study", "derive"),
    "ablations._tune": ("Tune",),
    "results.claims": (
        "Claim",
        "all_of",
        "best_of",
        "cells",
        "count_of",
        "difference",
        "gap_of_gaps",
        "rank",
        "weighted",
    ),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
