"""What a study's runs will take where they are to go: records first, then a few steps, timed once a kind and kept."""

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from rich.console import Console

from ablations._context import Context
from ablations._destination import Destination
from ablations._estimate import estimate
from ablations._identity import changes
from ablations._images import data_of, probe_ids
from ablations._measure import measure
from ablations._plan import Run
from ablations._price import Cost, IsLike, Price, kind, price, recorded
from ablations._study import Study
from core.experiment import Experiment
from core.pretrain import pretrain
from results.records import CHECKSUM, checksum, is_whole

KEPT = ".timings.jsonl"
"""Where timings are kept in the results folder, a line each; the last of a kind counts."""
SPARED = 0.9
"""The part of the free memory that a timing may take: something else may want some meanwhile."""


def prices(where: Context, study: Study, runs: Sequence[Run], there: Destination) -> list[Price]:
    """What each of these runs of the study will take there; times what is new, where that is here."""
    if study.train is not pretrain or any(not isinstance(run.experiment, Experiment) for run in runs):
        return [Price(run, None, None, "the study trains by a method of its own", {}) for run in runs]
    known = recorded(Path(where.results), there.is_like, probe_ids(study, where.scale, where.data))
    steps = {run.id: _steps(run, where) for run in runs}
    found = _costs(where, study, [run for run in runs if steps[run.id]], there)
    free = Cost(0.0, {})
    return [price(run, steps[run.id], known, found[_kind(run)] if steps[run.id] else free) for run in runs]


def _steps(run: Run, where: Context) -> int:
    """The steps of training that the run has to do: none once it has its record."""
    experiment = run.experiment
    if is_whole(Path(where.results) / "runs" / run.id / "record.json"):
        return 0
    data = data_of(experiment, where.data)
    assert data is not None
    return int(experiment.epochs * ((experiment.images or len(data.train)) // experiment.batch_size))


def _costs(where: Context, study: Study, runs: Sequence[Run], there: Destination) -> dict[str, Cost | str]:
    """What a step of each of these runs costs, by kind, or why nobody knows."""
    path = Path(where.results) / KEPT
    known: dict[str, Cost | str] = dict(_kept(path, there.is_like))
    new = {_kind(run): run for run in runs if _kind(run) not in known}
    if there.gpus:
        return {**{of: _estimate(run, where, there.gpus) for of, run in new.items()}, **known}
    if there.here is None:
        return {**dict.fromkeys(new, "no record and no timing of such a machine tells"), **known}
    where = dataclasses.replace(where, study=study.files[0] if study.files else study.name)
    free = int(there.limits.get("memory", 0) * there.at_a_time * SPARED)
    with Console(stderr=True).status("") as status:
        for number, (of, run) in enumerate(new.items(), 1):
            status.update(f"timing a few steps of each kind of run: {number} of {len(new)}")
            known[of] = cost = measure(where, run.id, free, there.at_a_time)
            if isinstance(cost, Cost) and cost.seconds is not None:
                _keep(path, {"kind": of, "machine": there.here, **dataclasses.asdict(cost)})
    return known


def _estimate(run: Run, where: Context, gpus: int) -> Cost | str:
    data = data_of(run.experiment, where.data)
    assert data is not None
    return estimate(run.experiment, data, gpus)


def _kind(run: Run) -> str:
    """The run's kind, with the source of one's own parts: an edited one is timed anew."""
    own = re.findall(r'"source": "(\w+)"', json.dumps(changes(run.experiment)))
    return " ".join([kind(run.settings), *own])


def _kept(path: Path, is_like: IsLike) -> Iterator[tuple[str, Cost]]:
    for line in path.read_bytes().splitlines() if path.is_file() else ():
        with suppress(ValueError, KeyError, TypeError, AttributeError, RecursionError):  # a damaged line is timed again
            row = json.loads(line)
            if row.pop(CHECKSUM) == checksum(row) and is_like(row["machine"]):
                yield row["kind"], Cost(float(row["seconds"]), row["memory"])


def _keep(path: Path, row: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(json.dumps({**row, CHECKSUM: checksum(row)}) + "\n")
