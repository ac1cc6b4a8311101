"""The functions that a table's claims may call: those of studies that are shipped, or whose file was typed."""

import json
from collections.abc import Sequence
from pathlib import Path

from ablations._find import load_study, study_names
from results.damage import Damaged
from results.table_files import table_names, table_path
from results.tables import about


def declare(results: Path, files: Sequence[str] = ()) -> None:
    """Import those studies, where a table's claims have functions; see results.contrasts.DECLARED.

    Raises StudyError for a file that is no study.
    """
    shipped, typed = study_names(), {Path(file).stem: file for file in files if Path(file).is_file()}
    for name, scale in table_names(results):
        study = typed.get(name, name if name in shipped else None)
        if study is not None and _has_functions(table_path(results, name, scale)):
            from ablations._scale import SCALES  # here, since most reports need no torch

            if scale in SCALES:
                load_study(study).claims_at(scale)


def _has_functions(table: Path) -> bool:
    try:
        return '"Function"' in json.dumps(about(table).get("claims"))
    except Damaged:
        return False
