"""The two lines of a figure: the random encoder, and the supervised arm."""

import dataclasses
from collections.abc import Sequence
from types import FunctionType
from typing import Any

from ablations._grid import Change
from ablations._scale import SCALES
from ablations._study import Study
from core.experiment import Experiment
from core.heads import NoHead
from core.losses import CrossEntropy

DATA_AND_ENCODER = ("dataset", "images", "image_size", "encoder", "precision")
SUPERVISED: Change = {"loss": CrossEntropy(), "head": NoHead(), "views": 1}
"""What makes an experiment its supervised arm; `vary(...) * Grid(({}, SUPERVISED))` has both."""
OPTIMIZATION = ("optimizer", "learning_rate", "lr_scaling", "weight_decay")
CONTRASTIVE = ("loss", "head", "views", "prepare", "augment_other", "seed")


def references(study: Study, scale: str, cells: Sequence[Any]) -> list[tuple[str, Any]]:
    """The reference arms at the seeds of the cells; what all cells share, the arms have too, the rest is the base's.

    A base that is a function of the scale's experiment may choose an optimizer for its cells, for large batches, say:
    the arms keep the scale's.
    """
    base = study.base_at(scale)
    if not isinstance(base, Experiment):
        return []
    is_told = any(name.partition(".")[0] in OPTIMIZATION for name in study.fixed)
    keeps = isinstance(study.base, FunctionType) and not is_told and base.optimizer != SCALES[scale].optimizer
    own = {name: getattr(SCALES[scale], name) for name in OPTIMIZATION} if keeps else {}
    shared: dict[str, Any] = {
        field.name: getattr(cells[0], field.name)
        for field in dataclasses.fields(base)
        if all(getattr(cell, field.name) == getattr(cells[0], field.name) for cell in cells)
    }
    untrained = {name: shared[name] for name in DATA_AND_ENCODER if name in shared}
    trained = {name: setting for name, setting in shared.items() if name not in CONTRASTIVE}
    if shared.get("prepare") is not None or shared.get("augment_other") is not None:
        trained.pop("augment", None)  # of one branch, beside another
    labels: dict[str, Any] = {**SUPERVISED, "prepare": None, "augment_other": None}
    arms = [
        ("random encoder", dataclasses.replace(base, **untrained, **own, epochs=0)),
        ("supervised", dataclasses.replace(base, **{**trained, **labels, **own})),
    ]
    seeds = dict.fromkeys(cell.seed for cell in cells)
    return [(arm, dataclasses.replace(experiment, seed=seed)) for seed in seeds for arm, experiment in arms]
