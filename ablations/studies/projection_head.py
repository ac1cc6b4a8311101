"""Does a nonlinear projection head learn a better representation than a linear one, or none?"""

from ablations import Study, vary
from core.heads import MLP, Linear, NoHead
from core.probe import LinearProbe, NearestNeighbors
from results.plots import Bars

widths = (32, 64, 256)

STUDY = Study(
    question=__doc__,
    paper="Fig. 8",
    grid=vary(head=[NoHead(), *map(Linear, widths), *map(MLP, widths)], seed=range(3)),
    probes=(LinearProbe(), LinearProbe(layer="z"), NearestNeighbors()),
    figure=Bars(x="head.width", hue="head"),
)
