"""Do still more kinds of augmentation add anything to crop and color?

App. B.2 adds Sobel, equalize, solarize and motion blur to the default, with chances that it does not give: here each
changes one view in five.
"""

from ablations import Grid, Study, difference, vary
from core.augmentations import Augmentation, Compose, Equalize, MotionBlur, RandomApply, Sobel, Solarize
from core.experiment import Experiment
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
    return vary(augment=[Compose((*base.augment.parts[:3], *parts)) for parts in more], seed=range(3))


start = "Crop + Flip + ColorDistortion"
texts = {
    "default": start,
    "Sobel": f"{start} + RandomApply",
    "equalize": f"{start} + Equalize",
    "solarize": f"{start} + Solarize",
    "motion blur": f"{start} + MotionBlur",
    "all four": f"{start} + RandomApply + Equalize + Solarize + MotionBlur",
}

STUDY = Study(
    question=__doc__.split("\n")[0],
    paper="App. B.2",
    grid=grid,
    figure=Bars(
        x="augment.parts",
        labels=tuple((text, name) for name, text in texts.items()),
        titles=(("augment.parts", "augmentation"),),
    ),
    claims=[
        difference(
            "F33",
            {"augment.parts": texts["all four"]},
            {"augment.parts": start},
            above=0.0,
            paper=0.7,
            text="broader augmentation adds a little",
        )
    ],
)
