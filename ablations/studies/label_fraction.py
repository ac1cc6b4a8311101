"""With few labels, is a pretrained encoder a better start than none?

A baseline needs time: at scale `laptop`, 10% of the labels and 90 epochs, from scratch had 65.0 on validation images,
with the 30 of fine-tuning 42.5. So both arms have five and three times App. B.5's epochs, and the better of two rates
by validation images. At 1% that is too long for a pretrained encoder: with App. B.5's 60 epochs at 0.05 it had 53.5 at
`laptop`, with the 300 it has 44.4, so its lead there (6.0, undecided) is less than it could be. At scale `paper` the
fine-tuned encoder is that of Sec. 6, pretrained for 1000 epochs, and tuned as in App. B.5.
"""

from dataclasses import replace
from typing import Any

from ablations import Study, cells, difference, vary
from ablations.studies._section_6 import as_in_section_6
from core.experiment import Experiment
from core.probe import FineTune, LinearProbe
from results.plots import Bars, Metric, PaperValues

EPOCHS, SEARCHED = {"1": 60, "10": 30}, {"1": 300, "10": 90}
"""By the percentage of the labels; those of App. B.5, and five and three times as many."""
pretrained, scratch = "SimCLR, fine-tuned", "from scratch"


def fine_tunings(epochs: dict[str, int], batch_size: int, rates: tuple[float, ...]) -> list[FineTune]:
    """One a share of the labels."""
    return [FineTune(int(share) / 100, number, rates, batch_size) for share, number in epochs.items()]


def probes(base: Experiment) -> tuple[Any, ...]:
    """Fine-tuned and from scratch, on each share; in batches of 4096 at the paper's scale."""
    batch = 4096 if base.dataset == "imagenet" else 256
    searched = fine_tunings(EPOCHS if base.dataset == "shapes" else SEARCHED, batch, (0.05, 0.2))
    tuned = fine_tunings(EPOCHS, batch, (0.05,)) if base.dataset == "imagenet" else searched
    return LinearProbe(), *tuned, *(replace(one, from_scratch=True) for one in searched)


table_b4 = PaperValues(
    study="semi_supervised",
    where=(("encoder", "resnet50"),),
    keys=(("labels", "labels"), ("method", "start")),
    names=(("SimCLR", pretrained), ("Supervised", scratch)),
    metric="finetune_top1",
)

STUDY = Study(
    question=__doc__.split("\n")[0],
    paper="Table B.4",
    grid=vary(seed=range(3)),
    base=as_in_section_6,
    probes=probes,
    figure=Bars(
        x="labels",
        hue="start",
        value="top1",
        metrics=tuple(
            Metric(f"{name}_top1_{share}", (("labels", f"{share}%"), ("start", start)))
            for share in EPOCHS
            for name, start in (("scratch", scratch), ("finetune", pretrained))
        ),
        titles=(("start", "method"),),
        paper=table_b4,
    ),
    claims=[
        difference(
            "F34 1%",
            cells({}, "finetune_top1_1"),
            cells({}, "scratch_top1_1"),
            paper=22.9,
            text="1% of the labels, searched alike: pretraining wins",
        ),
        difference(
            "F34 10%",
            cells({}, "finetune_top1_10"),
            cells({}, "scratch_top1_10"),
            paper=9.2,
            text="10% of the labels, searched alike: pretraining wins",
        ),
    ],
)
