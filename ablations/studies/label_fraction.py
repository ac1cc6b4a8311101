"""With few labels, is a pretrained encoder a better start than none?"""

from ablations import Study, cells, difference, vary
from core.probe import FineTune, LinearProbe
from results.plots import Bars, Metric, PaperValues

SHARES = {"1": FineTune(labels=0.01, epochs=60), "10": FineTune(labels=0.1, epochs=30)}
SCRATCH = {
    "1": FineTune(labels=0.01, epochs=60, from_scratch=True),
    "10": FineTune(labels=0.1, epochs=30, from_scratch=True),
}
pretrained, scratch = "SimCLR, fine-tuned", "from scratch"

table_7 = PaperValues(
    study="semi_supervised",
    where=(("encoder", "resnet50"),),
    keys=(("labels", "labels"), ("method", "start")),
    names=(("SimCLR", pretrained), ("Supervised", scratch)),
    metric="finetune_top1",
)

STUDY = Study(
    question=__doc__,
    paper="Table 7",
    grid=vary(seed=range(3)),
    probes=(LinearProbe(), *SHARES.values(), *SCRATCH.values()),
    figure=Bars(
        x="labels",
        hue="start",
        value="top1",
        metrics=tuple(
            Metric(f"{name}_top1_{share}", (("labels", f"{share}%"), ("start", start)))
            for share in SHARES
            for name, start in (("scratch", scratch), ("finetune", pretrained))
        ),
        paper=table_7,
    ),
    claims=[
        difference(
            "F34 1%",
            cells({}, "finetune_top1_1"),
            cells({}, "scratch_top1_1"),
            paper=22.9,
            text="1% of the labels: pretraining wins",
        ),
        difference(
            "F34 10%",
            cells({}, "finetune_top1_10"),
            cells({}, "scratch_top1_10"),
            paper=9.2,
            text="10% of the labels: pretraining wins",
        ),
    ],
)
