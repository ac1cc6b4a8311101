"""Do larger encoders gain more from contrastive than from supervised learning?

Fig. 7, at equal epochs for both. The paper's supervised points are trained for 90 epochs, its SimCLR ones for 100; its
gaps after 1000 (7.2, 3.6, 1.9) are smaller.
"""

from typing import Any

from ablations import SUPERVISED, Claim, Grid, Study, all_of, gap_of_gaps, vary
from core.encoders import ResNet
from core.experiment import Experiment
from results.plots import Lines, PaperValues

SIZE, METHOD = "encoder.depth & encoder.width", "loss & encoder.depth"

fig_7 = PaperValues(
    study="model_size",
    where=(("epochs", "100 or 90"),),
    keys=(("depth", "encoder.depth"), ("width", "encoder.width"), ("method", "loss")),
    names=(("simclr", "NTXent"), ("supervised", "CrossEntropy"), ("1x", "1"), ("2x", "2"), ("4x", "4")),
    metric="linear_top1 or top1",
    beside=(("params_millions", "encoder_parameters"),),
    title="ImageNet",
)
methods = (("NTXent", "SimCLR"), ("CrossEntropy", "supervised"))
names = tuple(
    (f"{loss} & {depth}", f"{name}, {depth}") for loss, name in methods for depth in (8, 14, 18, 34, 50, 101, 152)
)


def sizes(base: Experiment) -> tuple[list[int], list[int]]:
    """Depths that have all widths, and these: the paper's for its ResNet at its scale, fewer elsewhere."""
    if not isinstance(base.encoder, ResNet):
        return [8, 14], [base.encoder.width // 2, base.encoder.width, base.encoder.width * 2]
    return ([18, 34, 50], [1, 2, 4]) if base.dataset == "imagenet" else ([18, 34], [1, 2])


def grid(base: Experiment) -> Grid:
    """Depth by width, contrastive and supervised."""
    depths, widths = sizes(base)
    encoders = vary(**{"encoder.depth": depths, "encoder.width": widths})
    if base.dataset == "imagenet":  # the deepest ones are never four times as wide
        encoders += vary(**{"encoder.depth": [101, 152], "encoder.width": [1, 2]})
    return vary(seed=range(3)) * encoders * Grid(({}, SUPERVISED))


def claims(base: Experiment) -> list[Claim]:
    """The extremes against each other."""
    depths, widths = sizes(base)

    def cell(loss: str, depth: int, width: int) -> dict[str, Any]:
        return {"loss": loss, "encoder.depth": depth, "encoder.width": width}

    small, deep, wide, both = (
        cell("NTXent", depth, width) for width in (widths[0], widths[-1]) for depth in (depths[0], depths[-1])
    )
    taught, alone = (
        [cell(loss, depths[-1], width) for width in (widths[0], widths[-1])] for loss in ("CrossEntropy", "NTXent")
    )
    # of ResNet-18 and -34 alone, Fig. 7 has other numbers, and no supervised ones
    as_in_figure = base.dataset == "imagenet" or not isinstance(base.encoder, ResNet)
    return [
        all_of(
            "F14",
            [(deep, small), (both, wide), (wide, small), (both, deep)],
            paper=7.1 if as_in_figure else 3.1,
            text="deeper and wider both help",
        ),
        gap_of_gaps(
            "F15",
            taught[0],
            alone[0],
            taught[1],
            alone[1],
            paper=6.4 if as_in_figure else None,
            text="the gap to supervised shrinks with width",
        ),
    ]


STUDY = Study(
    question=__doc__.split("\n")[0],
    paper="Fig. 7",
    grid=grid,
    figure=Lines(
        x=SIZE,
        hue=METHOD,
        x_metric="encoder_parameters",
        log_x=True,
        labels=names,
        titles=((SIZE, "encoder parameters (millions), by width"), (METHOD, "method and depth")),
        paper=fig_7,
    ),
    claims=claims,
)
