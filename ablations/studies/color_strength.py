"""Does contrastive learning need stronger color distortion than supervised learning?

Both are trained alike, by the scale's recipe; the paper's supervised numbers are of a recipe of their own, 90 epochs.
"""

from typing import Any

from ablations import SUPERVISED, Grid, Study, best_of, difference, gap_of_gaps, vary
from core.augmentations import Augmentation, AutoAugment, ColorDistortion, Compose, Crop, Flip, GaussianBlur
from core.experiment import Experiment
from results.plots import Bars, PaperValues

STRENGTHS = {0.125: "1/8", 0.25: "1/4", 0.5: "1/2", 1.0: "1"}
AXIS = "augment.parts & augment.parts.2.strength"
plain, blurred, auto = (
    f"Crop + Flip + {rest}" for rest in ("ColorDistortion", "ColorDistortion + GaussianBlur", "AutoAugment")
)
names = (
    *((text, f"{plain} & {strength}") for strength, text in STRENGTHS.items()),
    ("1+blur", f"{blurred} & 1.0"),
    ("autoaug", f"{auto} & None"),
)
methods = (("simclr", "NTXent"), ("supervised", "CrossEntropy"))


def after_crop(*parts: Augmentation) -> Compose:
    """Crop and flip, then these."""
    return Compose((Crop(), Flip(), *parts))


def grid(base: Experiment) -> Grid:
    """Table 1's columns, contrastive and supervised; AutoAugment with the policy of the images."""
    colors = [after_crop(ColorDistortion(strength)) for strength in STRENGTHS]
    policy = AutoAugment("imagenet" if base.dataset == "imagenet" else "cifar10")
    columns = [*colors, after_crop(ColorDistortion(1.0), GaussianBlur()), after_crop(policy)]
    return vary(augment=columns, seed=range(3)) * Grid(({}, SUPERVISED))


def cell(loss: str, parts: str, strength: float | None = None) -> dict[str, Any]:
    """A column of the table, for a method."""
    return {"loss": loss, "augment.parts": parts} | ({} if strength is None else {"augment.parts.2.strength": strength})


weak, strong, blur, policy = (
    [cell(loss, *column) for loss in ("NTXent", "CrossEntropy")]
    for column in ((plain, 0.125), (plain, 1.0), (blurred,), (auto,))
)

STUDY = Study(
    question=__doc__.split("\n")[0],
    paper="Table 1",
    grid=grid,
    figure=Bars(
        x=AXIS,
        hue="loss",
        labels=(*((ours, theirs) for theirs, ours in names), ("NTXent", "SimCLR"), ("CrossEntropy", "supervised")),
        titles=((AXIS, "augmentation after crop and flip"), ("loss", "method")),
        paper=PaperValues(
            study="color_strength",
            metric="linear_top1 or top1",
            keys=(("color_strength", AXIS), ("method", "loss")),
            names=(*names, *methods),
        ),
    ),
    claims=[
        difference("F9", strong[0], weak[0], paper=3.6, text="SimCLR: color of full strength beats an eighth of it"),
        difference("F10", weak[1], strong[1], paper=1.3, text="supervised: color of full strength hurts"),
        gap_of_gaps(
            "F10 gap",
            strong[0],
            weak[0],
            strong[1],
            weak[1],
            paper=4.9,
            text="stronger color does more for SimCLR than for supervised learning",
        ),
        gap_of_gaps(
            "F11",
            blur[0],
            strong[0],
            blur[1],
            strong[1],
            paper=1.6,
            text="blur does more for SimCLR than for supervised learning",
        ),
        difference(
            "F12",
            best_of({"loss": "NTXent", "augment.parts": plain}),
            policy[0],
            paper=2.1,
            text="AutoAugment is worse than color for SimCLR",
        ),
        difference(
            "F12 labels",
            policy[1],
            weak[1],
            above=-1.0,
            paper=0.1,
            text="AutoAugment is no worse than weak color for supervised learning",
        ),
        gap_of_gaps(
            "F12 both",
            policy[1],
            strong[1],
            policy[0],
            strong[0],
            paper=3.5,
            text="AutoAugment suits supervised learning better",
        ),
    ],
)
