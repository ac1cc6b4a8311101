"""Do still more kinds of augmentation add anything to crop and color?

App. B.2, of 1000 epochs at scale `paper`, adds Sobel, equalize, solarize and motion blur to the default, with chances
that it does not give: here each changes one view in five.
"""

from ablations import Grid, Study, difference, vary
from ablations._identity import settings
from ablations.studies._section_6 import as_in_section_6
from core.augmentations import Augmentation, Compose, Equalize, MotionBlur, RandomApply, Sobel, Solarize
from core.experiment import Experiment
from results.claims import Claim
from results.plots import Bars

CHANCE = 0.2
added: dict[str, Augmentation] = {
    "Sobel": RandomApply(Sobel(), CHANCE),
    "equalize": Equalize(CHANCE),
    "solarize": Solarize(CHANCE),
    "motion blur": MotionBlur(CHANCE),
}


def grid(base: Experiment) -> Grid:
    """The base's augmentation, each addition to it, and all of them."""
    assert isinstance(base.augment, Compose)
    more = [(), *((part,) for part in added.values()), tuple(added.values())]
    return vary(augment=[Compose((*base.augment.parts, *parts)) for parts in more], seed=range(3))


defaults = ("Crop + Flip + ColorDistortion", "Crop + Flip + ColorDistortion + GaussianBlur")
texts = {
    "default": "",
    "Sobel": " + RandomApply",
    "equalize": " + Equalize",
    "solarize": " + Solarize",
    "motion blur": " + MotionBlur",
    "all four": " + RandomApply + Equalize + Solarize + MotionBlur",
}


def claims(base: Experiment) -> list[Claim]:
    """F33, of the augmentation that this base has."""
    default = settings(base)["augment.parts"]
    all_four, none = ({"augment.parts": f"{default}{texts[name]}"} for name in ("all four", "default"))
    return [difference("F33", all_four, none, above=0.0, paper=0.7, text="broader augmentation adds a little")]


STUDY = Study(
    question=__doc__.split("\n")[0],
    paper="App. B.2",
    grid=grid,
    base=as_in_section_6,
    figure=Bars(
        x="augment.parts",
        labels=tuple((default + text, name) for default in defaults for name, text in texts.items()),
        titles=(("augment.parts", "augmentation"),),
    ),
    claims=claims,
)
