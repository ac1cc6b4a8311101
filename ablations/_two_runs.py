"""In what two runs differ: settings, images, source, versions, machine, and what was measured."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ablations._copies import changed, copy_by
from ablations._explain import Line
from ablations._known import TableRow, facts_of, rows_of_run
from results.facts import Facts, differing

MACHINE = ("cpu", "threads", "processes", "device", "host", "partition", "probes")


def compare(results: Path, first: str, second: str) -> Iterator[Line]:
    """The lines on two runs that `results` knows by a record or a table; what is equal is said once."""
    rows = [rows_of_run(results, run) for run in (first, second)]
    found = [facts_of(results, run, mine) for run, mine in zip((first, second), rows, strict=True)]
    one, other = (fact or _planned(mine, run) for fact, mine, run in zip(found, rows, (first, second), strict=True))
    yield from _pairs("settings", one.settings, other.settings)
    yield "images", _images(*rows)
    lacking = [fact.run for fact in (one, other) if not fact.provenance]
    if lacking:
        yield "measured", f"nothing to compare: {', '.join(lacking)} has no record and no row that is done"
        return
    yield "source", _source(results, one.provenance, other.provenance)
    versions = [
        {name: cell for name, cell in fact.provenance.items() if name[:9] == "versions."} for fact in (one, other)
    ]
    yield from _pairs("versions", *versions)
    machines = [{name: fact.provenance[name] for name in MACHINE if name in fact.provenance} for fact in (one, other)]
    yield from _pairs("machine", *machines)
    yield from _measured(one, other)


def _planned(rows: list[TableRow], run: str) -> Facts:
    return Facts(run, rows[0].facts.settings if rows else {}, {}, {})


def _pairs(what: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[Line]:
    names = differing(one, other)
    for name in names:
        yield what, f"{name.removeprefix('versions.')}: {one.get(name, 'absent')} | {other.get(name, 'absent')}"
    if not names:
        yield what, "the same"


def _images(one: list[TableRow], other: list[TableRow]) -> str:
    first, second = ({entry.data for entry in rows if len(entry.data) == 1} for rows in (one, other))
    if not first or not second:
        return "unknown for want of a table that says which they were"
    if first == second:
        return f"the same ({', '.join(*first)})"
    return f"{', '.join(*first)} | {', '.join(*second)}"


def _source(results: Path, one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    hashes = one.get("source"), other.get("source")
    if hashes[0] == hashes[1]:
        return f"the same ({hashes[0]})"
    commits = " | ".join(str(about.get("commit"))[:7] for about in (one, other))
    said = f"{hashes[0]} | {hashes[1]}, commits {commits}"
    copies = [copy_by(source, results) for source in hashes]
    if copies[0] is None or copies[1] is None:
        return f"{said}; no copy of both lies in {results}/source, so which files differ is unknown"
    return f"{said}; files that differ: {', '.join(changed(copies[0], copies[1]))}"


def _measured(one: Facts, other: Facts) -> Iterator[Line]:
    names = differing(one.measured, other.measured)
    if not names:
        yield "measured", "the same bits: all metrics, history and predictions"
    for name in names:
        pair = one.measured.get(name, "absent"), other.measured.get(name, "absent")
        yield name, _said(*pair)


def _said(first: Any, second: Any) -> str:
    if isinstance(first, list) and isinstance(second, list):
        unlike = [place for place, (a, b) in enumerate(zip(first, second, strict=False)) if a != b]
        return f"{len(unlike) + abs(len(first) - len(second))} of {max(len(first), len(second))} differ"
    if isinstance(first, list) or isinstance(second, list):
        return " | ".join("there" if isinstance(each, list) else "absent" for each in (first, second))
    if isinstance(first, float) and isinstance(second, float):
        return f"{first:.6g} | {second:.6g} ({second - first:+.3g})"
    return f"{first} | {second}"
