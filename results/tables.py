"""Tables: results/tables/<study>.<scale>.parquet, one row a run, with what the study is in the file's metadata.

A row begins as a plan (settings, probes still to do) and is filled from the records. A shipped row counts as done on a
machine that has no record of it.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from results import archive, checked_parquet
from results._columns import columns
from results._names import check_names
from results.damage import Damaged
from results.measured import Row, measured
from results.records import UNPLANNED

if TYPE_CHECKING:
    import pandas as pd  # which commands that need no table as a whole do not wait for


class _About(dict[str, Any]):
    """What a study is, one object for a table and all its slices: pandas copies `.attrs` deeply with each of them."""

    def __deepcopy__(self, memo: object) -> "_About":
        return self


def write_plan(path: Path, rows: Sequence[Mapping[str, Any]], about: Mapping[str, Any]) -> None:
    """Make the table at `path` hold these rows; what was measured of runs that are done there is kept.

    A row is {"run", "arm", "seed", "probes": [ids], **settings}. A run that is done but for a probe new to the plan
    keeps its numbers and is to do again. A run no longer in the plan stays if it is done, with the arm UNPLANNED.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _alone(path):
        if path.exists() and _is_planned(path, rows, about):
            return
        before = {row["run"]: row for row in read_rows(path)} if path.exists() else {}
        planned = {row["run"] for row in rows}
        others = [row for run, row in before.items() if run not in planned and row["status"] == "done"]
        kept = [row | {"arm": UNPLANNED} for row in others]
        _write(path, [_planned(row, before.get(row["run"])) for row in rows] + kept, about)


def fill(path: Path, runs: Path) -> "pd.DataFrame":
    """Join the table at `path` with the records in `runs`, write it back and return it.

    Adds status ("done", "to do", "failed"), failure (its kind), metrics, seconds, provenance.*, history (JSON) and
    predictions.* (lists of class numbers). A damaged record, or archive of them, is set aside and named in
    `.attrs["damaged"]`; its run is to do again, unless the table knew it as done: such a row is never forgotten.
    Raises Damaged where the table itself is.
    """
    aside = archive.set_aside_damaged(runs)
    damaged = [str(aside)] if aside else []
    with _alone(path):
        rows = [row | measured(row, runs, damaged) for row in read_rows(path)]
        _write(path, rows, about(path))
    table = read_table(path)
    table.attrs["damaged"] = list(dict.fromkeys(damaged))
    return table


def take_over(path: Path, rows: Mapping[str, Row]) -> None:
    """Give the runs that `rows` has by id what was measured of them elsewhere; the table's other cells stay."""
    with _alone(path):
        _write(path, [row | rows.get(row["run"], {}) for row in read_rows(path)], about(path))


def read_table(path: Path) -> "pd.DataFrame":
    """The table as pandas has it, whole numbers and truth values nullable, with `.attrs["study"]` what the study is."""
    import pandas as pd

    types = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    said = about(path)
    table: pd.DataFrame = pq.read_table(path).to_pandas(types_mapper=types.get)
    table.attrs["study"] = _About(said)
    return table


def read_rows(path: Path, columns: Sequence[str] | None = None) -> list[Row]:
    """The table's rows; of these columns only, as far as it has them. Predictions are arrays of uint16.

    Raises Damaged.
    """
    checked_parquet.check(path)
    with pq.ParquetFile(path) as file:  # unlike pq.read_table, it imports no pandas, and leaves out what is not there
        table = file.read(columns=None if columns is None else list(columns))
    cells = {name: _cells(table[name]) for name in table.column_names}
    rows = [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]
    check_names(path, rows)
    return rows


def about(path: Path) -> dict[str, Any]:
    """What the study of the table at `path` is: its question, scale, figure, ... Raises Damaged."""
    checked_parquet.check(path)
    try:
        said: dict[str, Any] = json.loads(pq.read_schema(path).metadata[b"study"])
    except (KeyError, TypeError, ValueError) as problem:
        raise Damaged(path, "it does not say of which study it is") from problem
    return said


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One command at a time changes the tables of a folder; where the file system has no locks, the last one wins."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _cells(column: Any) -> list[Any]:
    cells: list[Any] = column.to_numpy().tolist() if pa.types.is_list(column.type) else column.to_pylist()
    return cells


def _is_planned(path: Path, rows: Sequence[Mapping[str, Any]], about: Mapping[str, Any]) -> bool:
    """Whether the table at `path` holds this plan already: reading as much is quick, and writing would wait for it."""
    checked_parquet.check(path)
    planned = columns(rows, about)
    with pq.ParquetFile(path) as file:
        schema = file.schema_arrow
        if schema.metadata != planned.schema.metadata or not set(planned.column_names) <= set(schema.names):
            return False
        before = file.read(columns=planned.column_names).select(planned.column_names)
    others = set(before["arm"].slice(len(rows)).to_pylist())
    return others <= {UNPLANNED} and before.slice(0, len(rows)).equals(planned)


def _planned(row: Mapping[str, Any], before: Row | None) -> Row:
    to_do: Row = {"status": "to do", "failure": None}
    if before is None:
        return {**row, **to_do}
    if before["status"] == "done" and set(row["probes"]) <= set(json.loads(before["probes"])):
        to_do = {"status": "done", "failure": None}
    return {**before, **row, **to_do}


def _write(path: Path, rows: Sequence[Row], about: Mapping[str, Any]) -> None:
    checked_parquet.write(columns(rows, about), path)
