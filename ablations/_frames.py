"""What studies have found, as pandas data frames: `table` has a row a run, `verdicts` a row a claim."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from ablations._study import Study

    Named = Study | str | os.PathLike[str]


def table(study: "Named", scale: str | None = None, results: str | Path = "results") -> "pd.DataFrame":
    """The study's runs, a row each, filled from their records as `python -m ablations.report` does.

    Columns: run, arm, seed, status, each setting by its dotted name, each metric, provenance.*, history (JSON), ...
    study: what load_study gives, a name, or the path of one's own file; scale: that of the only table, if not given.
    Raises ValueError where there is no such table, or several.
    """
    from results.table_files import only_table
    from results.tables import fill

    results = Path(results)
    return fill(only_table(results, _known_as(study), scale), results / "runs")


def verdicts(study: "Named", scale: str | None = None, results: str | Path = "results") -> "pd.DataFrame":
    """A row a claim of the study: verdict, effect, low, high, level, seeds, the paper's number, ...; see `table`.

    What each column is, results.verdicts.Verdict says.
    """
    import pandas as pd

    from ablations._functions import declare
    from results.verdicts import Verdict
    from results.verdicts import verdicts as judged

    filled = table(study, scale, results)
    declare(Path(results), [_known_as(study)])
    return pd.DataFrame([asdict(one) for one in judged(filled)], columns=[*Verdict.__dataclass_fields__])


def _known_as(study: "Named") -> str:
    """The name of the study, or its file."""
    if isinstance(study, str | os.PathLike):
        return os.fspath(study)
    from ablations._from_python import file_or_name

    return study.files[0] if study.files else study.name or file_or_name(study)
