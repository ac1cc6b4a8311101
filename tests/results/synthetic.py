"""Clearly synthetic tables: numbers from a formula, never from a training run."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from results.paper import PaperValues
from results.plots import Bars, Heatmap, Lines, Panels

BASE = {"dataset": "synthetic", "images": 10000, "encoder": "ResNet", "encoder.depth": 18, "epochs": 30}
OPERATORS = ("Crop", "Cutout", "ColorDistortion", "Sobel", "GaussianNoise", "GaussianBlur", "Rotate")

PAIRS = PaperValues(
    study="augmentation_pairs",
    where=(("branches", "one"),),
    keys=(("first", "augment.first"), ("second", "augment.second")),
    names=(("Color", "ColorDistortion"), ("Noise", "GaussianNoise"), ("Blur", "GaussianBlur")),
)
HEADS = PaperValues(
    study="projection_head",
    where=(("layer", "h"),),
    keys=(("out_dim", "head.width"), ("head", "head")),
    names=(("none", "NoHead"), ("linear", "Linear"), ("nonlinear", "MLP")),
    absent=(("NoHead", "head.width"),),
)
LOSSES = PaperValues(
    study="loss",
    keys=(("loss", "loss"), ("semi_hard", "loss.semi_hard")),
    names=(
        *(("nt_xent", "NTXent"), ("nt_logistic", "NTLogistic"), ("margin", "MarginTriplet")),
        *(("yes", "True"), ("no", "False")),
    ),
    absent=(("NTXent", "loss.semi_hard"),),
)
TEMPERATURES = PaperValues(
    study="temperature_norm",
    keys=(("l2_norm", "loss.normalize"), ("tau", "loss.temperature")),
    names=(("yes", "True"), ("no", "False")),
)
ENTROPIES = PaperValues(
    study="temperature_norm", keys=TEMPERATURES.keys, names=TEMPERATURES.names, metric="contrastive_entropy_nats"
)
BATCHES = PaperValues(study="batch_epochs", keys=(("epochs", "epochs"), ("batch", "batch_size")))

PAIR_LABELS = (("ColorDistortion", "Color"), ("GaussianNoise", "Noise"), ("GaussianBlur", "Blur"))
PAIR_FIGURE = Heatmap("augment.first", "augment.second", labels=PAIR_LABELS, paper=PAIRS)
HEAD_FIGURE = Bars(
    "head.width", "head", labels=(("MLP", "nonlinear"), ("Linear", "linear"), ("NoHead", "no head")), paper=HEADS
)
NORM_LABELS = (("True", "yes"), ("False", "no"))
SEMI_HARD = (("True", "semi-hard"), ("False", "all"), ("none", "not defined"))
LOSS_FIGURE = Bars("loss", "loss.semi_hard", labels=SEMI_HARD, paper=LOSSES)
BATCH_FIGURE = Lines("epochs", "batch_size", log_x=True, paper=BATCHES)
NORM_TITLES = (("loss.normalize", "normalized"), ("contrastive_entropy", "entropy (nats)"))
NORM_FIGURE = Panels(
    tuple(
        Bars("loss.temperature", "loss.normalize", value=value, labels=NORM_LABELS, titles=NORM_TITLES, paper=paper)
        for value, paper in (
            ("linear_top1", TEMPERATURES),
            ("contrastive_acc", TEMPERATURES),
            ("contrastive_entropy", ENTROPIES),
        )
    )
)


def table(
    cells: Sequence[dict[str, Any]],
    mean: Callable[[dict[str, Any]], float],
    seeds: int = 3,
    arms: dict[str, float] | None = None,
    noise: float = 1.0,
) -> pd.DataFrame:
    """One done row for each cell and seed; noise from a sine, so that it is the same each time."""
    rows: list[dict[str, Any]] = []
    for index, cell in enumerate(cells):
        for seed in range(seeds):
            wave = noise * math.sin(12.9898 * index + 78.233 * seed) + 0.5 * seed
            rows.append({"arm": "cell", "seed": seed, **cell, "status": "done", "linear_top1": mean(cell) + wave})
    for arm, top1 in (arms or {}).items():
        rows += [{"arm": arm, "seed": seed, "status": "done", "linear_top1": top1} for seed in range(seeds)]
    made = pd.DataFrame([{"run": f"{number:012x}", **row} for number, row in enumerate(rows)])
    made["status"] = made["status"].astype(object)
    made.attrs["study"] = {"study": "synthetic", "scale": "laptop", "base": BASE}
    return made


ARMS = {"random encoder": 31.0, "supervised": 88.4}


def pairs(seeds: int = 3) -> pd.DataFrame:
    cells = [{"augment.first": first, "augment.second": second} for first in OPERATORS for second in OPERATORS]
    return table(cells, lambda cell: 40 + 4.4 * (7 - sum(map(OPERATORS.index, cell.values())) / 2), seeds, ARMS)


def heads(low: float = 60.0) -> pd.DataFrame:
    cells: list[dict[str, Any]] = [{"head": "NoHead", "head.width": None}]
    cells += [{"head": head, "head.width": width} for width in (16, 32, 64, 128) for head in ("Linear", "MLP")]
    made = table(cells, lambda cell: low + 4 * len(str(cell["head"])) % 9 + (cell["head.width"] or 0) / 50, arms=ARMS)
    return made.astype({"head.width": "Int64"})


def losses() -> pd.DataFrame:
    cells = [{"loss": "NTXent", "loss.semi_hard": None}]
    cells += [
        {"loss": loss, "loss.semi_hard": hard} for loss in ("NTLogistic", "MarginTriplet") for hard in (False, True)
    ]
    made = table(cells, lambda cell: 30 + 3 * len(str(cell["loss"])) + 6 * bool(cell["loss.semi_hard"]), arms=ARMS)
    return made.astype({"loss.semi_hard": "boolean"})


def batches() -> pd.DataFrame:
    cells = [{"batch_size": batch, "epochs": epochs} for batch in (64, 128, 256, 512) for epochs in (10, 20, 40, 80)]
    return table(cells, lambda cell: 50 + 4 * math.log2(cell["epochs"]) + math.log2(cell["batch_size"]), arms=ARMS)


def temperatures() -> pd.DataFrame:
    settings = [(True, t) for t in (0.05, 0.1, 0.5, 1.0)] + [(False, t) for t in (10.0, 100.0)]
    cells = [{"loss.normalize": normalize, "loss.temperature": t} for normalize, t in settings]
    made = table(cells, lambda cell: 60 - 1 * math.log10(cell["loss.temperature"]), arms=ARMS)
    made["contrastive_acc"] = (made["linear_top1"] + 20).where(made["arm"] == "cell")
    made["contrastive_entropy"] = (made["linear_top1"] - 55).where(made["arm"] == "cell")
    return made.astype({"loss.normalize": "boolean"})


def lose(made: pd.DataFrame, status: str, **where: Any) -> pd.DataFrame:
    """The table with the rows that have these settings (dots written __) to do or failed."""
    hit = pd.Series(True, made.index)
    for name, value in where.items():
        hit &= (made[name.replace("__", ".")] == value).fillna(False).astype(bool)
    made.loc[hit, "status"] = status
    made.loc[hit, "linear_top1"] = math.nan
    return made
