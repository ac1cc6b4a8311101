"""Does the encoder serve on other images as well as one trained with labels?

Linear evaluation with the 45 penalties of App. B.8, and fine-tuning with its 56 recipes, but for the momentum of batch
norm, at scale `paper`; elsewhere with the better of two rates by validation images, on which one encoder of `laptop`
had 19.1, 25.0, 30.5 and 10.7 at 0.05, 0.2, 0.8 and 3.2. At `paper` both encoders are trained as in Sec. 6, for 1000
epochs; the paper's supervised one was for fewer, which serves ImageNet better (Table B.3). The other images are
CIFAR-100, at scale `laptop` a part of it as small as what the encoder saw, which --data must have in a folder
`cifar100-subset` (ours: 10 000 images to train on, 5 000 to test).
"""

from dataclasses import replace
from typing import Any

from ablations import SUPERVISED, Grid, Study, cells, difference, vary
from ablations.studies._section_6 import as_in_section_6
from core.experiment import Experiment
from core.probe import FineTune, LinearProbe, Transfer
from core.transfer import TRANSFER_DECAYS, TRANSFER_L2, TRANSFER_RATES
from results.plots import Bars, Metric, PaperValues

TARGETS = {"shapes": "shapes", "imagenet": "cifar100"}
"""Where the images of a scale are not CIFAR-10; built-in images have no others, so they only try the machinery."""
WAYS = {"linear": "linear_top1", "finetune": "finetune_top1_100", "scratch": "scratch_top1_100"}


def probes(base: Experiment) -> tuple[Any, ...]:
    """Linear, fine-tuned, and from scratch, on the target."""
    target = TARGETS.get(base.dataset, "cifar100" if base.images is None else "cifar100-subset")
    linear = Transfer(target, LinearProbe(l2=TRANSFER_L2), name="there")
    tune = FineTune(1.0, epochs=2 if base.dataset == "shapes" else 20, learning_rate=(0.2, 0.8))
    if base.dataset == "imagenet":  # App. B.8's grid, and its 20 000 steps
        tune = FineTune(1.0, 114, TRANSFER_RATES, weight_decay=TRANSFER_DECAYS)
    scratch = replace(tune, epochs=2 * tune.epochs, from_scratch=True)  # twice as long, as in the paper
    return LinearProbe(), linear, *(Transfer(target, probe, name="there") for probe in (tune, scratch))


table_b5 = PaperValues(
    study="transfer",
    where=(("dataset", "CIFAR100"), ("encoder", "resnet50")),
    keys=(("eval", "evaluation"), ("method", "loss")),
    names=(("simclr", "NTXent"), ("supervised", "CrossEntropy"), ("random_init", "none")),
    metric="acc_or_map",
    title="ImageNet to CIFAR-100, ResNet-50",
)
here = {
    way: (cells({"loss": "NTXent"}, f"there_{metric}"), cells({"loss": "CrossEntropy"}, f"there_{metric}"))
    for way, metric in WAYS.items()
}

STUDY = Study(
    question=__doc__.split("\n")[0],
    paper="Table B.5",
    grid=vary(seed=range(3)) * Grid(({}, SUPERVISED)),
    probes=probes,
    base=as_in_section_6,
    figure=Bars(
        x="evaluation",
        hue="loss",
        value="top1",
        metrics=(
            *(Metric(f"there_{WAYS[way]}", (("evaluation", way),)) for way in ("linear", "finetune")),
            Metric(f"there_{WAYS['scratch']}", (("evaluation", "finetune"), ("loss", "none")), (("loss", "NTXent"),)),
        ),
        labels=(
            *(("NTXent", "SimCLR"), ("CrossEntropy", "supervised"), ("finetune", "fine-tuned")),
            ("cifar10", "CIFAR-10 to CIFAR-100"),
        ),
        titles=(("loss", "pretraining"), ("evaluation", "evaluation on the other images")),
        paper=table_b5,
    ),
    claims=[
        difference("F37 linear", *reversed(here["linear"]), paper=6.7, text="linear: supervised pretraining is ahead"),
        difference("F37 tuned", *here["finetune"], above=-1.0, paper=-0.5, text="fine-tuned: no worse than supervised"),
        difference(
            "F37 start", here["finetune"][0], here["scratch"][0], paper=5.7, text="fine-tuned: better than from scratch"
        ),
    ],
)
