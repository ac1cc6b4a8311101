"""What the page says of a table in words: how far it is, what failed, what is missing, where its runs come from."""

import re
from collections.abc import Sequence

import pandas as pd

from results._page_tables import Sheet, entry, sheet
from results.facts import PROVENANCE
from results.notes import counted
from results.records import UNPLANNED


def progress(table: pd.DataFrame) -> str:
    """ "24 of 24 runs done", with those that failed."""
    planned = table[table["arm"] != UNPLANNED]
    done, failed = (int((planned["status"] == word).sum()) for word in ("done", "failed"))
    return f"{done} of {len(planned)} runs done" + (f", {failed} failed" if failed else "")


def failures(table: pd.DataFrame, cells: Sequence[str]) -> Sheet:
    """The failed runs: of which kind, in which cell, and in which folder their logs lie."""
    failed = [(row, cell) for (_, row), cell in zip(table.iterrows(), cells, strict=True) if row["status"] == "failed"]
    columns = ["run", "kind", "cell", "seed", "logs"]
    rows = [
        [*map(entry, (row["run"], row["failure"], cell, row.get("seed"), f"runs/{row['run']}/attempts/"))]
        for row, cell in failed
    ]
    return sheet("failed runs", columns, rows)


def missing(table: pd.DataFrame, cells: Sequence[str]) -> list[str]:
    """The runs that are still to do, a line a cell: "supervised: seeds 0, 1, 2"."""
    found: dict[str, list[str]] = {}
    seeds = table["seed"] if "seed" in table else [0] * len(table)
    for cell, seed, arm, status in zip(cells, seeds, table["arm"], table["status"], strict=True):
        if status == "to do" and arm != UNPLANNED:
            found.setdefault(cell, []).append(str(seed))
    return [f"{cell}: seed{'s' * (len(seeds) > 1)} {', '.join(seeds)}" for cell, seeds in found.items()]


def provenance(table: pd.DataFrame) -> list[tuple[str, str]]:
    """(what, words) of all finished runs together."""
    runs = table[table["status"] == "done"]
    versions = [str(name) for name in table if str(name).startswith(f"{PROVENANCE}versions.")]
    facts = [
        ("commits", _commits(runs)),
        ("source", _sources(runs)),
        ("versions", "; ".join(filter(None, (_named(runs, name) for name in versions)))),
        ("machine", _machine(runs)),
        ("probes measured by another", each_of(runs, "probes")),
        ("started", _dates(runs)),
        ("computing", _hours(runs)),
        ("images", ", ".join(f"fingerprint {one}" for one in table.attrs["study"].get("data", []))),
        ("kept", counted(int((table["arm"] == UNPLANNED).sum()), "runs") + " no longer planned"),
    ]
    return [(name, text) for name, text in facts if text and not text.startswith("0 ")]


def _commits(runs: pd.DataFrame) -> str:
    counts = _counts(runs, "commit")
    dirty = int(runs[f"{PROVENANCE}dirty"].fillna(False).astype(bool).sum()) if f"{PROVENANCE}dirty" in runs else 0
    named = {commit[:10]: number for commit, number in counts.items()}
    if (unknown := len(runs) - sum(counts.values())) and counts:  # trained from a copy without git: the source tells
        named["unknown"] = unknown
    return _told(named) + (f"; {counted(dirty, 'runs')} of files that were not committed" if dirty else "")


def _sources(runs: pd.DataFrame) -> str:
    counts = _counts(runs, "source")
    if not counts:
        return ""
    return f"runs of {counted(len(counts), 'versions')} of the source: {_told(counts)}"


def _named(runs: pd.DataFrame, column: str) -> str:
    seen = list(_counts(runs, column.removeprefix(PROVENANCE)))
    return f"{column.rpartition('.')[2]} {', '.join(seen)}" if seen else ""


def _machine(runs: pd.DataFrame) -> str:
    parts = [(name, each_of(runs, name)) for name in ("device", "cpu", "threads")]
    said = [f"{text} thread{'s' * (text != '1')} a run" if name == "threads" else text for name, text in parts if text]
    return ", ".join(said)


def each_of(runs: pd.DataFrame, name: str) -> str:
    """The values of this provenance, with their runs where there are several: "NVIDIA H200 (39 runs), cpu (3 runs)"."""
    counts = _counts(runs, name)
    return _told(counts) if len(counts) > 1 else "".join(counts)


def _dates(runs: pd.DataFrame) -> str:
    days = sorted(text[:10] for text in _counts(runs, "started"))
    return f"{days[0]} to {days[-1]}" if days and days[0] != days[-1] else "".join(days[:1])


def _hours(runs: pd.DataFrame) -> str:
    seconds = pd.to_numeric(runs["seconds"]).dropna() if "seconds" in runs else pd.Series(dtype=float)
    if not len(seconds):
        return ""
    return f"{seconds.sum() / 3600:.1f} hours in all, {seconds.median() / 60:.1f} minutes a run (median)"


def _counts(runs: pd.DataFrame, name: str) -> dict[str, int]:
    column = runs.get(f"{PROVENANCE}{name}", pd.Series(dtype=object)).dropna()
    return {str(value): int(number) for value, number in column.value_counts(sort=False).items()}


def _told(counts: dict[str, int]) -> str:
    return ", ".join(f"{value} ({counted(number, 'runs')})" for value, number in counts.items())


def anchor(*names: str) -> str:
    """A name for links, of letters, digits and -."""
    return re.sub("[^A-Za-z0-9]+", "-", "-".join(names)).strip("-").lower()
