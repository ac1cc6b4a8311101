"""A study's claims as its table's metadata has them, checked against the runs that are planned."""

from collections.abc import Mapping, Sequence
from typing import Any

from ablations._images import data_of, probe_data
from ablations._plan import Run
from ablations._study import Study
from core.probe import Transfer, TransformationProbe
from results.claims import about_claims
from results.labels import packed
from results.selections import check_claims


def claims_of(study: Study, scale: str, runs: Sequence[Run], folder: str | None) -> dict[str, Any]:
    """What verdicts need beside the rows: the claims, the settings that vary, and the test images' classes.

    Raises ValueError if a claim names a setting, a value or an arm that no planned run has.
    """
    claims = study.claims_at(scale)
    arms: dict[str, list[Mapping[str, Any]]] = {}
    for run in runs:
        arms.setdefault(run.arm, []).append(run.settings)
    check_claims([claim for claim in claims if claim.is_at(scale)], arms)
    return {
        "claims": about_claims(claims),
        "varied": _varied(arms["cell"]),
        "labels": _truths(study, scale, runs, folder),
    }


def _varied(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The settings, but for the seed, that the rows do not all share."""
    names = dict.fromkeys(name for row in rows for name in row if name != "seed")
    distinct = {name: {id(cell := row.get(name)): cell for row in rows} for name in names}  # rows share objects
    return [name for name, cells in distinct.items() if len(set(map(repr, cells.values()))) > 1]


def _truths(study: Study, scale: str, runs: Sequence[Run], folder: str | None) -> dict[str, str]:
    """What is to be told of each test image: its class number, by the name of the data set.

    Where a probe asks for something else, by what its metrics begin with: "there_*" of a Transfer, "rotation_*".
    """
    one_each = {run.experiment.dataset: run.experiment for run in runs if hasattr(run.experiment, "dataset")}
    data = {name: data_of(experiment, folder) for name, experiment in one_each.items()}
    truths = {name: images.test.labels for name, images in data.items() if images}
    for probe in study.probes_at(scale):
        if isinstance(probe, Transfer) and (theirs := probe_data(probe, study, scale, folder)):
            truths[f"{probe.front}_*"] = theirs.test.labels
        if isinstance(probe, TransformationProbe) and len(data) == 1 and (images := next(iter(data.values()))):
            truths[f"{probe.front}_*"] = probe.done(images, "test")
    return {name: packed(numbers.tolist()) for name, numbers in truths.items()}
