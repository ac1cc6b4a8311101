"""The tables that are shipped agree with each other: studies share runs, and a run has been trained by one code."""

from pathlib import Path
from typing import Any

import pytest

from results.facts import of_row
from results.tables import about, read_rows

TABLES = sorted((Path(__file__).parents[2] / "results" / "tables").glob("*.*.parquet"))


@pytest.mark.skipif(not TABLES, reason="the wheel ships no results")
def test_a_run_of_one_version_of_the_source_measured_the_same_in_every_study_that_has_it() -> None:
    known: dict[tuple[str, str, str], tuple[Any, str]] = {}
    for path in TABLES:
        base = about(path)["base"]
        for row in read_rows(path):
            for name, value in of_row(row, base).measured.items():
                first, where = known.setdefault((row["run"], row["provenance.source"], name), (value, path.name))
                assert value == first, f"{name} of run {row['run']} differs between {where} and {path.name}"
