"""Does supervised learning gain from longer training, and from stronger augmentation with it?"""

from ablations import SUPERVISED, Claim, Grid, Study, difference, gap_of_gaps, vary
from core.augmentations import ColorDistortion, Compose, Crop, Flip, GaussianBlur
from core.experiment import Experiment
from results.plots import Bars, PaperValues

crop, color, blur = (f"Crop + Flip{rest}" for rest in ("", " + ColorDistortion", " + ColorDistortion + GaussianBlur"))
names = (("crop", crop), ("crop+color", color), ("crop+color+blur", blur))

table_b3 = PaperValues(
    study="supervised_longer",
    where=(("encoder", "resnet50"),),
    keys=(("epochs", "epochs"), ("aug", "augment.parts")),
    names=names,
    metric="top1",
)


def times(base: Experiment) -> list[int]:
    """The table's epochs at its own scale, else the scale's and three times as many."""
    return [90, 500, 1000] if base.dataset == "imagenet" else [base.epochs, 3 * base.epochs]


def grid(base: Experiment) -> Grid:
    """Epochs by augmentation."""
    strength = next(part.strength for part in base.augment.parts if isinstance(part, ColorDistortion))  # type: ignore[attr-defined]
    added = ((), (ColorDistortion(strength),), (ColorDistortion(strength), GaussianBlur()))
    return vary(epochs=times(base), augment=[Compose((Crop(), Flip(), *parts)) for parts in added], seed=range(3))


def claims(base: Experiment) -> list[Claim]:
    """The longest training against the shortest."""
    short, long = times(base)[0], times(base)[-1]
    cells = [{"epochs": epochs, "augment.parts": parts} for parts in (blur, crop) for epochs in (long, short)]
    return [
        difference(
            "F31", {"epochs": short}, {"epochs": long}, above=-0.5, paper=0.0, text="longer training gains nothing"
        ),
        gap_of_gaps(
            "F31 blur", *cells, paper=1.8, text="strong augmentation gains more from longer training than crop alone"
        ),
    ]


STUDY = Study(
    question=__doc__,
    paper="Table B.3",
    grid=grid,
    fixed=SUPERVISED,
    figure=Bars(
        x="epochs",
        hue="augment.parts",
        labels=tuple((ours, theirs) for theirs, ours in names),
        titles=(("augment.parts", "augmentation"),),
        paper=table_b3,
    ),
    claims=claims,
)
