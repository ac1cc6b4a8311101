"""Take shipped rows, of which no record is there, into the table of the same study and scale."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ablations._known import TableRow, rows_of, tables
from ablations._merged import Merged, named
from results.facts import Facts, differing, is_setting, of_row
from results.measured import Row
from results.records import UNPLANNED, is_whole
from results.strange import are_plain, strange
from results.table_files import study_and_scale, table_paths
from results.tables import take_over

KIND = "shipped rows"


def merge_tables(other: Path, results: Path, recorded: set[str], merged: Merged, dry: bool) -> None:
    """Take the rows that are done there and here still to do, but for those of the runs `recorded` there."""
    here = {table.name: table for table in tables(results)}
    for theirs in table_paths(other):
        if theirs.is_symlink() or theirs.parent.is_symlink():
            merged.count(KIND, "refused", why=f"{theirs}: a symbolic link, which is not followed")
            continue
        try:
            done = [entry for entry in rows_of(theirs) if entry.row.get("status") == "done"]
        except (ValueError, OSError) as problem:
            merged.count(KIND, "refused", why=str(problem))
            continue
        shipped = {entry.row["run"]: entry for entry in done if entry.row["run"] not in recorded}
        if theirs.name in here:
            _merge_table(shipped, here[theirs.name], merged, dry)
        elif shipped:
            hint = f"no table of that study and scale is here; python -m ablations.run {study_and_scale(theirs)[0]}"
            merged.count(KIND, "left", len(shipped), f"{len(shipped)} rows of {theirs.name}: {hint} plans one")


def _merge_table(shipped: Mapping[str, TableRow], ours: Path, merged: Merged, dry: bool) -> None:
    taken: dict[str, Row] = {}
    for mine in rows_of(ours):
        entry = shipped.get(mine.row["run"])
        if entry is None or mine.row["arm"] == UNPLANNED:
            continue
        base = mine.about["base"]  # theirs is not asked which of its columns are settings
        word, why = _settle(mine, entry, base)
        merged.count(KIND, word, why=f"{entry.table.name}, run {mine.row['run']}: {why}" if why else "")
        if word in ("taken", "known"):
            merged.theirs.append(of_row(entry.row, base))
        if word == "taken":
            taken[mine.row["run"]] = _measured(entry.row, base)
    if taken and not dry:
        take_over(ours, taken)


def _settle(mine: TableRow, entry: TableRow, base: Mapping[str, Any]) -> tuple[str, str]:
    """What becomes of a row that is done there, and why if it is not taken."""
    try:
        theirs = of_row(entry.row, base)
        wrong = _wrong(theirs, entry.row)
    except (ValueError, RecursionError):
        return "refused", "its history is not what a run tells"
    if wrong:
        return "refused", wrong
    if unlike := differing(theirs.settings, mine.facts.settings):
        return "refused", f"its settings are not those of this id here: {named(unlike)}"
    if mine.row.get("status") == "done":
        unlike = differing(theirs.measured, mine.facts.measured)
        return ("left", f"it has other numbers there: {named(unlike)}") if unlike else ("known", "")
    if is_whole(mine.table.parent.parent / "runs" / mine.row["run"] / "record.json"):
        return "left", "it has a record here, which the table has not seen yet: python -m ablations.report"
    lacking = set(mine.probes) - set(entry.probes)
    return ("left", f"it lacks the probes {named(sorted(lacking))}, by which we measure") if lacking else ("taken", "")


def _wrong(theirs: Facts, row: Row) -> str | None:
    """Why this row cannot be one that was measured; None if it can."""
    number = isinstance(row.get("seconds"), int | float)
    if not number or not are_plain([*theirs.settings.values(), *theirs.provenance.values()]):
        return "its settings, seconds or provenance are no plain values"
    return strange(theirs.measured, theirs.settings)


def _measured(row: Row, base: Mapping[str, Any]) -> Row:
    """What a row that is done has beside the plan."""
    planned = ("run", "arm", "seed", "probes", "failure")
    names = [name for name in row if name not in planned and not is_setting(name, base)]
    return {**{name: row[name] for name in names}, "failure": None}
