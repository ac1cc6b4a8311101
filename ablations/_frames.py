"""What studies have found, as pandas data frames: `table` has a row a run, `verdicts` a row a claim."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from ablations._study import Study


def table(study: "Study | str", scale: str | None = None, results: str | Path = "results") -> "pd.DataFrame":
    """The study's runs, a row each, filled from their records as `python -m ablations.report` does.

    Columns: run, arm, seed, status, each setting by its dotted name, each metric, provenance.*, history (JSON), ...
    study: what load_study gives, a name, or the path of one's own file; scale: that of the only table, if not given.
    Raises ValueError where there is no such table, or several.
    """
    from results.tables import fill

    results = Path(results)
    return fill(_table(results, Path(_known_as(study)).stem, scale), results / "runs")


def verdicts(study: "Study | str", scale: str | None = None, results: str | Path = "results") -> "pd.DataFrame":
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


def _known_as(study: "Study | str") -> str:
    """The name of the study, or its file."""
    if isinstance(study, str):
        return study
    from ablations._from_python import file_or_name

    return study.files[0] if study.files else study.name or file_or_name(study)


def _table(results: Path, name: str, scale: str | None) -> Path:
    """Where the study's table lies, at this scale or at the only one."""
    from results.table_files import table_names, table_path

    scales = [known for _, known in table_names(results, name)]
    if scale is None and len(scales) > 1:
        raise ValueError(f"{name} has tables at the scales {', '.join(scales)}: say scale=")
    if scale is not None and scale not in scales:
        raise ValueError(f"{name} has no table at scale {scale!r}; there is {', '.join(scales)}")
    return table_path(results, name, scale or scales[0])
