"""The two lines of a figure: the random encoder, and the supervised arm."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from ablations._grid import Change
from core.experiment import Experiment
from core.heads import NoHead
from core.losses import CrossEntropy

DATA_AND_ENCODER = ("dataset", "images", "image_size", "encoder", "precision")
SUPERVISED: Change = {"loss": CrossEntropy(), "head": NoHead(), "views": 1}
"""What makes an experiment its supervised arm; `vary(...) * Grid(({}, SUPERVISED))` has both."""
CONTRASTIVE = ("loss", "head", "views", "prepare", "augment_other", "seed")


def references(base: Any, cells: Sequence[Any]) -> list[tuple[str, Any]]:
    """The reference arms at the seeds of the cells; what all cells share, the arms have too, the rest is the base's."""
    if not isinstance(base, Experiment):
        return []
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
        ("random encoder", dataclasses.replace(base, **untrained, epochs=0)),
        ("supervised", dataclasses.replace(base, **trained, **labels)),
    ]
    seeds = dict.fromkeys(cell.seed for cell in cells)
    return [(arm, dataclasses.replace(experiment, seed=seed)) for seed in seeds for arm, experiment in arms]
