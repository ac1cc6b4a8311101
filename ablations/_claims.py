"""A study's claims as its table's metadata has them, checked against the runs that are planned."""

from collections.abc import Sequence
from typing import Any

from ablations._execute import data_of
from ablations._plan import Run
from ablations._study import Study
from results._select import check_claims
from results._test_images import packed
from results.claims import about_claims


def claims_of(study: Study, scale: str, runs: Sequence[Run], folder: str | None) -> dict[str, Any]:
    """What verdicts need beside the rows: the claims, the settings that vary, and the test images' classes.

    Raises ValueError if a claim names a setting, a value or an arm that no planned run has.
    """
    claims = study.claims_at(scale)
    arms: dict[str, list[dict[str, Any]]] = {}
    for run in runs:
        arms.setdefault(run.arm, []).append(dict(run.settings))
    check_claims([claim for claim in claims if claim.is_at(scale)], arms)
    names = dict.fromkeys(name for row in arms["cell"] for name in row)
    varied = [name for name in names if name != "seed" and len({repr(row.get(name)) for row in arms["cell"]}) > 1]
    return {"claims": about_claims(claims), "varied": varied, "labels": _labels(runs, folder)}


def _labels(runs: Sequence[Run], folder: str | None) -> dict[str, str]:
    """The class numbers of the test images, by the name of the data set."""
    one_each = {run.experiment.dataset: run.experiment for run in runs if hasattr(run.experiment, "dataset")}
    data = {name: data_of(experiment, folder) for name, experiment in one_each.items()}
    return {name: packed(images.test.labels.tolist()) for name, images in data.items() if images is not None}
