"""The metrics that a study's runs will have, and whether it asks for others: before anything is trained."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from ablations._identity import settings
from ablations._study import Study
from core.pretrain import pretrain
from results.nearest import nearest_or_all
from results.panels import metrics_of, parts_of
from results.rows import valid_name
from results.selections import selections

CONTRASTIVE = ("contrastive_top1", "contrastive_entropy", "contrastive_entropy_limit")
TRAINING = ("train_loss", "train_top1", *CONTRASTIVE, "encoder_parameters", "seconds")
"""What the record of a run that core.pretrain trains has beside its probes, and a table's `seconds`."""


def check_metrics(study: Study, scale: str) -> None:
    """Raise ValueError if the figure, a claim or the tuning names a metric that no run will have, or two probes one.

    Nothing is known of what a method of one's own returns, or a probe that does not say its `metrics`.
    """
    counted = Counter(name for probe in study.probes_at(scale) for name in _said(probe) or ())
    if twice := [name for name, number in counted.items() if number > 1]:
        raise ValueError(f"two probes measure {twice[0]!r}: a run has one number of each name, so the study takes one")
    if (measured := _measured(study, scale)) is None:
        return
    known, others = [*measured, *TRAINING], settings(study.base_at(scale))
    for who, name in _asked(study, scale):
        if name not in known and name not in others and not name.startswith("provenance."):
            raise ValueError(f"{who}: no metric {name!r}{nearest_or_all(name, known)}")


def _measured(study: Study, scale: str) -> list[str] | None:
    """What the probes say that they measure; None where one says nothing, or training is one's own."""
    said = [_said(probe) for probe in study.probes_at(scale)]
    if study.train is not pretrain or any(names is None for names in said):
        return None
    return [name for names in said if names for name in names]


def _said(probe: Any) -> tuple[str, ...] | None:
    names = getattr(probe, "metrics", None)
    return names if isinstance(names, tuple) and all(isinstance(name, str) for name in names) else None


def _asked(study: Study, scale: str) -> Iterator[tuple[str, str]]:
    """Who names which metric."""
    for figure in parts_of(study.figure):
        kind = type(figure).__name__
        names = metrics_of(figure)
        yield from ((f"figure, {kind} shows", name) for name in names)
        yield from ((f"figure, {kind}.x_metric", name) for name in (figure.x_metric,) if name)
        yield from ((f"figure, {kind}.best_over", valid_name(name)) for name in names if figure.best_over)
    for claim in study.claims_at(scale):
        for chosen in selections(claim) if claim.is_at(scale) else ():
            yield f"claim {claim.name}", chosen.metric
            yield from ((f"claim {claim.name}, best_of", name) for name in [valid_name(chosen.metric)] if chosen.best)
    if study.tune:
        yield "Tune.metric", study.tune.metric
