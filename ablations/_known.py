"""Which runs a results folder knows, by its records and its tables; imports no torch."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from results.archive import folded
from results.facts import Facts, of_records, of_row
from results.measured import Row
from results.nearest import nearest
from results.records import record_paths, whole
from results.table_files import table_paths
from results.tables import about, read_rows

NAMED = 5
"""So many ids that one prefix means are named."""


@dataclass(frozen=True)
class TableRow:
    """A row of a study's table. table: where that lies. about: what it says of the study."""

    table: Path
    about: dict[str, Any]
    row: Row

    @property
    def data(self) -> tuple[str, ...]:
        """The fingerprints of the images that the table's runs have; none in a table that does not know them."""
        return tuple(self.about.get("data", ()))

    @property
    def facts(self) -> Facts:
        """What the row says of its run."""
        return of_row(self.row, self.about["base"])

    @property
    def probes(self) -> tuple[str, ...]:
        """The ids of the probes that measure the run."""
        return tuple(json.loads(self.row["probes"]))

    def __str__(self) -> str:
        return f"{self.about['study']} at scale {self.about['scale']}"


def find_run(results: Path, asked: str) -> str:
    """The id that begins with `asked`; ValueError where there is none, with the nearest, or several."""
    planned = (row["run"] for table in tables(results) for row in read_rows(table, ("run",)))
    ids = sorted({*_recorded(results), *planned})
    found = [asked] if asked in ids else [run for run in ids if asked and run.startswith(asked)]
    if not found:
        hint = nearest(asked, ids) or "; python -m ablations.run STUDY --dry-run prints a study's ids"
        raise ValueError(f"{results} knows no run {asked!r}, by a record or a table{hint}")
    if len(found) > 1:
        named = ", ".join(found[:NAMED]) + (", ..." if len(found) > NAMED else "")
        raise ValueError(f"{asked!r} is the beginning of {len(found)} runs: {named}")
    return found[0]


def tables(results: Path) -> list[Path]:
    """The tables of studies; one that cannot be read is named and left out."""
    return [table for table in table_paths(results) if _is_readable(table)]


def rows_of_run(results: Path, run: str) -> list[TableRow]:
    """The rows that the run has in the tables."""
    having = [table for table in tables(results) if any(row["run"] == run for row in read_rows(table, ("run",)))]
    return [entry for table in having for entry in rows_of(table) if entry.row["run"] == run]


def rows_of(table: Path) -> list[TableRow]:
    """The rows of a study's table; raises ValueError where it is none."""
    try:
        told, rows = about(table), read_rows(table)
        lacking = {"study", "scale", "base"} - told.keys() or {"run", "arm", "seed", "probes"} - rows[0].keys()
    except (KeyError, TypeError, IndexError, ValueError) as problem:
        raise ValueError(f"{table} is no table of a study's runs ({problem})") from problem
    if lacking:
        raise ValueError(f"{table} is no table of a study's runs: it lacks {', '.join(sorted(lacking))}")
    return [TableRow(table, told, row) for row in rows]


def facts_of(results: Path, run: str, rows: list[TableRow]) -> Facts | None:
    """What the run's records say, or else a row that is done; None where nothing was measured."""
    folder = results / "runs" / run
    training, *probes = map(whole, record_paths(folder, probes_of(results, run, rows)))
    if training is not None:
        return of_records(training, [probe for probe in probes if probe is not None])
    done = [entry for entry in rows if entry.row.get("status") == "done"]
    return done[0].facts if done else None


def probes_of(results: Path, run: str, rows: list[TableRow]) -> list[str]:
    """The probes that the tables want of the run; those that it has, where it is in none."""
    wanted = [probe for entry in rows for probe in entry.probes]
    there = [*(results / "runs" / run / "probes").glob("*.json")]
    return list(dict.fromkeys(wanted)) or sorted(path.stem for path in there)


def _is_readable(table: Path) -> bool:
    try:
        about(table)
    except (OSError, ValueError, KeyError, TypeError) as problem:
        print(f"{table} is damaged and left out: {problem}", file=sys.stderr)
        return False
    return True


def _recorded(results: Path) -> Iterator[str]:
    runs = results / "runs"
    if runs.is_dir():
        yield from (folder.name for folder in runs.iterdir() if folder.is_dir() and folder.name[0] != ".")
    yield from (path.partition("/")[0] for path in folded(runs))
