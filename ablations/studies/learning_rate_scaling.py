"""Do larger batches help by themselves, or by their learning rate?

Table B.1: linear against square-root scaling, equal at the scale's own batch. LARS, and SGD at the largest batch.
"""

from math import sqrt
from typing import Any

from ablations import Claim, Grid, Study, difference, gap_of_gaps, paired, vary
from ablations.studies.batch_epochs import with_lars
from core.experiment import Experiment
from core.optimizer import SGD
from results.plots import Bars, PaperValues

TRAINED, RATE = "epochs & batch_size", "optimizer & lr_scaling"


def axes(base: Experiment) -> tuple[list[int], list[int]]:
    """Batches and epochs: the table's at its own scale, else the extremes around the scale's."""
    if base.dataset == "imagenet":
        return [256 * 2**k for k in range(6)], [100, 200, 400, 800]
    return [base.batch_size // 4, base.batch_size, base.batch_size * 2], [max(base.epochs // 3, 1), base.epochs]


def grid(base: Experiment) -> Grid:
    """Both scalings agree at the base's batch."""
    batches, epochs = axes(base)
    per_root = base.learning_rate * sqrt(base.batch_size) / 256
    scalings = paired(lr_scaling=["linear", "sqrt"], learning_rate=[base.learning_rate, per_root])
    # SGD's rates are not LARS's: those of the linear probe's order, 0.03 per 256 images, are usual for SimCLR.
    plain = paired(lr_scaling=["linear", "sqrt"], learning_rate=[0.03, 0.03 * sqrt(base.batch_size) / 256])
    large = vary(batch_size=[batches[-1]], epochs=[epochs[-1]], optimizer=[SGD()]) * plain
    return vary(seed=range(3)) * (vary(batch_size=batches, epochs=epochs) * scalings + large)


def claims(base: Experiment) -> list[Claim]:
    """The extremes against each other."""
    batches, epochs = axes(base)

    def cell(batch: int, scaling: str, trained: int) -> dict[str, Any]:
        return {"optimizer": "LARS", "batch_size": batch, "lr_scaling": scaling, "epochs": trained}

    few, many = epochs[0], epochs[-1]
    linear, root = ([cell(batches[-1], scaling, few), cell(batches[0], scaling, few)] for scaling in ("linear", "sqrt"))
    longer = [cell(batches[-1], "sqrt", many), cell(batches[0], "sqrt", many)]
    return [
        gap_of_gaps("F28", *linear, *root, paper=5.3, text="under sqrt scaling the batch matters less"),
        gap_of_gaps(
            "F28 time",
            *root,
            *longer,
            within=1.0,
            paper=-0.6,
            text="under sqrt scaling the batch matters as much after long training",
        ),
        difference("F29", root[1], linear[1], paper=5.3, text="small batch, few epochs: sqrt beats linear"),
        difference(
            "F41",
            {"optimizer": "LARS", "batch_size": batches[-1], "epochs": many},
            {"optimizer": "SGD"},
            scales=("paper",),
            needs="a batch so large that training without LARS is unstable",
            text="LARS beats SGD at the largest batch, SGD at a rate that nobody tuned",
        ),
    ]


STUDY = Study(
    question=__doc__.split("\n")[0],
    paper="Table B.1",
    grid=grid,
    base=with_lars,
    figure=Bars(
        x=TRAINED,
        hue=RATE,
        titles=((TRAINED, "batch size"), (RATE, "optimizer & scaling")),
        paper=PaperValues(
            study="lr_scaling",
            keys=(
                ("batch", "batch_size"),
                ("lr_scaling", "lr_scaling"),
                ("epochs", "epochs"),
                ("encoder", "optimizer"),
            ),
            names=(("resnet50", "LARS"),),
        ),
    ),
    claims=claims,
)
