"""Take the records and shipped rows of another results folder in, by id; what is here stays as it is.

A run is taken as a whole: probes measure one trained encoder, so those of an encoder that differs from ours stay there.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ablations._known import rows_of, tables
from ablations._merge_tables import merge_tables
from ablations._merged import Merged, named
from results.damage import Damaged
from results.facts import differing, of_records
from results.measured import Row
from results.offered import Offer, offers
from results.records import publish, read, record_paths
from results.tables import about
from slurm.history import history


def merge(other: Path, results: Path, dry: bool) -> Merged:
    """Take in what is new; `dry` looks alone. Raises ValueError if `other` is no other results folder."""
    if not (other / "runs").is_dir() and not (other / "tables").is_dir():
        raise ValueError(f"{other} is no results folder: it has neither runs/ nor tables/")
    if other.resolve() == results.resolve():
        raise ValueError(f"{other} is the results folder here: merge takes another one")
    merged = Merged()
    offered, refused = offers(other, {name for table in tables(results) for name in about(table).get("base", ())})
    for why in refused:
        inside = why.removeprefix(str(other)).partition(":")[0]
        merged.count("probes' records" if "/probes/" in inside else "records", "refused", why=why)
    recorded, here = {offer.run for offer in offered}, (row for table in tables(results) for row in rows_of(table))
    planned = {entry.row["run"]: entry.facts.settings for entry in here if entry.row["run"] in recorded}
    for offer in offered:
        _merge_run(offer, planned.get(offer.run, {}), results / "runs", merged, dry)
    merge_tables(other, results, recorded, merged, dry)
    return merged


def _merge_run(offer: Offer, planned: Mapping[str, Any], runs: Path, merged: Merged, dry: bool) -> None:
    """planned: the settings that the run has in a table here, if it has a row."""
    folder, measured = runs / offer.run, list(offer.probes)
    training, *probes = record_paths(folder, measured)
    try:
        mine = read(training)
        ours = {probe: read(path) for probe, path in zip(measured, probes, strict=True)}
    except Damaged as problem:
        return _leave(offer, merged, f"{problem}; the next run of its study sets it aside")
    if why := _against(offer, mine, planned, folder):
        return _leave(offer, merged, why)
    assert offer.training is not None
    merged.theirs.append(of_records(offer.training))
    merged.count("records", _put(offer.training, training, mine is not None, dry))
    for probe, path in zip(measured, probes, strict=True):
        known, record = ours[probe], offer.probes[probe]
        if known is not None and (unlike := _unlike(known, record)):
            merged.count("probes' records", "left", why=f"{path} has other numbers there: {unlike}")
        else:
            merged.count("probes' records", _put(record, path, known is not None, dry))
    return None


def _against(offer: Offer, mine: Row | None, planned: Mapping[str, Any], folder: Path) -> str | None:
    """Why a run's records may not be put beside ours; None if they may."""
    if offer.training is None:
        return f"run {offer.run} has probes there, but no whole record of the training that they measure"
    if mine is not None:
        unlike = _unlike(mine, offer.training)
        return f"run {offer.run} has other numbers there: {unlike}" if unlike else None
    if planned and (others := differing(of_records(offer.training).settings, planned)):
        return f"run {offer.run} has other settings there than this id has here: {named(others)}"
    if any((folder / "probes").glob("*.json")):
        return f"run {offer.run} has probes here, of an encoder whose record is gone"
    past = history(folder)
    return f"run {offer.run} is being trained here" if past and past[-1].state == "running" else None


def _leave(offer: Offer, merged: Merged, why: str) -> None:
    merged.count("records", "left", int(offer.training is not None), why)
    merged.count("probes' records", "left", len(offer.probes))


def _put(record: Row, path: Path, known: bool, dry: bool) -> str:
    if known:
        return "known"
    return "taken" if dry or publish(record, path) else "left"  # by another process meanwhile


def _unlike(mine: Row, record: Row) -> str:
    """The settings and numbers in which two records of one id differ, "" if in none."""
    run = {"run": mine["run"]}
    one, other = (of_records({**each, **run}) for each in (mine, record))
    shared = [name for name in one.settings if name in other.settings]
    settings = differing(*({name: facts.settings[name] for name in shared} for facts in (one, other)))
    return named([*settings, *differing(one.measured, other.measured)])
