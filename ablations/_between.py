"""In what two results folders differ: source, versions, machines, and the images of their studies."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from ablations._known import rows_of, tables
from results.facts import LIKE, Facts, of_records
from results.records import training_records, whole
from results.table_files import study_and_scale, table_paths
from results.tables import about


def measured_here(results: Path) -> Iterator[Facts]:
    """What the records in the run folders and the rows that are done say."""
    for path in training_records(results / "runs"):
        if (record := whole(path)) is not None:
            yield of_records(record)
    for table in tables(results):
        yield from (entry.facts for entry in rows_of(table) if entry.row.get("status") == "done")


def differences(theirs: Iterable[Facts], ours: Iterable[Facts]) -> Iterator[str]:
    """What decides bits and is found there alone, with what is found here: nothing where either has no run."""
    there, here = _values(theirs), _values(ours)
    for name, values in there.items():
        if here and (alone := values - here.get(name, set())):
            yield f"{name}: {', '.join(sorted(alone))} there, {', '.join(sorted(here.get(name, {'unknown'})))} here"


def other_images(other: Path, results: Path) -> Iterator[str]:
    """Which studies have other images there than here, so that their runs have other ids."""
    here = {table.name: table for table in tables(results)}
    for table in table_paths(other):
        if table.name in here and not (table.is_symlink() or table.parent.is_symlink()):
            with suppress(ValueError, OSError):  # damaged, and named where its rows are read
                one, mine = (about(path).get("data") for path in (table, here[table.name]))
                if one and mine and one != mine:
                    name = " at scale ".join(study_and_scale(table))
                    words = f"{', '.join(one)} there, {', '.join(mine)} here"
                    yield f"images of {name}: {words}, so its runs have other ids"


def _values(facts: Iterable[Facts]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in facts:
        for name, cell in one.provenance.items():
            if name.startswith(LIKE):
                found.setdefault(name.replace("versions.", "version of "), set()).add(str(cell))
    return found
