"""Does a nonlinear projection head learn a better representation than a linear one, or none?"""

from itertools import combinations

from ablations import Claim, Grid, Study, all_of, cells, difference, vary
from core.experiment import Experiment
from core.heads import MLP, Linear, NoHead
from core.probe import LinearProbe, NearestNeighbors
from results.plots import Bars, PaperValues

fig_8 = PaperValues(
    study="projection_head",
    where=(("layer", "h"),),
    keys=(("out_dim", "head.width"), ("head", "head")),
    names=(("none", "NoHead"), ("linear", "Linear"), ("nonlinear", "MLP")),
    absent=(("NoHead", "head.width"),),
)

none, linear, nonlinear = {"head": "NoHead"}, {"head": "Linear"}, {"head": "MLP"}
one_width = {"head": "MLP", "head.width": 64}


def widths(base: Experiment) -> tuple[int, ...]:
    """The paper's seven at its own scale, three of them elsewhere."""
    return tuple(2**k for k in range(5, 12)) if base.dataset == "imagenet" else (32, 64, 256)


def grid(base: Experiment) -> Grid:
    """No head, and both kinds at each width."""
    return vary(head=[NoHead(), *map(Linear, widths(base)), *map(MLP, widths(base))], seed=range(3))


def claims(base: Experiment) -> list[Claim]:
    """The paper's effects are those of the same widths."""
    two_widths = [
        ({**head, "head.width": one}, {**head, "head.width": other})
        for head in (linear, nonlinear)
        for one, other in combinations(widths(base), 2)
    ]
    better, least = (3.8, 10.5) if base.dataset == "imagenet" else (3.6, 10.4)
    return [
        difference("F16", nonlinear, linear, paper=better, text="a nonlinear head beats a linear one"),
        all_of("F17", [(nonlinear, none), (linear, none)], paper=least, text="either head beats none"),
        all_of("F18", two_widths, within=1.5, paper=1.3, text="the width of z hardly matters"),
        difference(
            "F19",
            one_width,
            cells(one_width, "linear_top1_z"),
            paper=10.0,
            text="h is better than z, which is narrower",
        ),
    ]


STUDY = Study(
    question=__doc__,
    paper="Fig. 8",
    grid=grid,
    probes=(LinearProbe(), LinearProbe(layer="z"), NearestNeighbors()),
    figure=Bars(
        x="head.width",
        hue="head",
        labels=(("NoHead", "none"), ("Linear", "linear"), ("MLP", "nonlinear")),
        titles=(("head.width", "width of z"), ("head", "projection head")),
        paper=fig_8,
    ),
    claims=claims,
)
