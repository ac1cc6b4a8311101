"""Does a nonlinear projection head learn a better representation than a linear one, or none?"""

from ablations import Study, vary
from core.heads import MLP, Linear, NoHead
from core.probe import LinearProbe, NearestNeighbors
from results.plots import Bars, PaperValues

widths = (32, 64, 256)

fig_8 = PaperValues(
    study="projection_head",
    where=(("layer", "h"),),
    keys=(("out_dim", "head.width"), ("head", "head")),
    names=(("none", "NoHead"), ("linear", "Linear"), ("nonlinear", "MLP")),
    absent=(("NoHead", "head.width"),),
)

STUDY = Study(
    question=__doc__,
    paper="Fig. 8",
    grid=vary(head=[NoHead(), *map(Linear, widths), *map(MLP, widths)], seed=range(3)),
    probes=(LinearProbe(), LinearProbe(layer="z"), NearestNeighbors()),
    figure=Bars(
        x="head.width",
        hue="head",
        labels=(("NoHead", "none"), ("Linear", "linear"), ("MLP", "nonlinear")),
        titles=(("head.width", "width of z"), ("head", "projection head")),
        paper=fig_8,
    ),
)
