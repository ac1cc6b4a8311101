"""Which of the small choices matter: flip, gray, blur, both branches augmented, batch norm over the whole batch?

Sec. 2.2: with both views of an image on one device, batch norm over that device's images tells which belong together.
The paper has 4096 images on 128 of them: 32 each. Blur is one of the choices, so all others are without it, where the
paper's flip (F13) was with it.
"""

from ablations import Grid, Study, difference, vary
from core.augmentations import ColorDistortion, Compose, Crop, Flip, GaussianBlur, Identity
from core.experiment import Experiment
from results.plots import Bars

CHOICE = "augment.parts & augment.parts.2.gray_p & prepare & augment_other & bn_batch"
DEVICE = 32
default, flipless, blurred = (
    "Crop + Flip + ColorDistortion",
    "Crop + ColorDistortion",
    "Crop + Flip + ColorDistortion + GaussianBlur",
)
choices = {
    "default": f"{default} & 0.2 & None & None & None",
    "no flip": f"{flipless} & None & None & None & None",
    "no gray": f"{default} & 0.0 & None & None & None",
    "blur": f"{blurred} & 0.2 & None & None & None",
    "both branches": f"{default} & 0.2 & Crop & None & None",
    "one branch": f"{default} & 0.2 & Crop & Identity & None",
    "batch norm of 32": f"{default} & 0.2 & None & None & {DEVICE}",
}


def grid(base: Experiment) -> Grid:
    """App. A's default, but for its blur, at the base's strength of color, one choice changed at a time."""
    color = next(part for part in base.augment.parts if isinstance(part, ColorDistortion))  # type: ignore[attr-defined]
    plain = Compose((Crop(), Flip(), color))
    gray = Compose((Crop(), Flip(), ColorDistortion(color.strength, gray_p=0.0)))
    alone = vary(augment=[plain, Compose((Crop(), color)), gray, Compose((Crop(), Flip(), color, GaussianBlur()))])
    branches = vary(augment=[plain], prepare=[Crop()], augment_other=[None, Identity()])
    devices = vary(augment=[plain], bn_batch=[DEVICE])
    return vary(seed=range(3)) * (alone + branches + devices)


usual = {"augment.parts": default, "augment.parts.2.gray_p": 0.2, "prepare": None, "bn_batch": None}
shared = {"prepare": "Crop"}

STUDY = Study(
    question=__doc__.split("\n")[0],
    paper="App. A, Sec. 2.2, 3.1",
    grid=grid,
    figure=Bars(x=CHOICE, labels=tuple((text, name) for name, text in choices.items()), titles=((CHOICE, "choice"),)),
    claims=[
        difference("F13", usual, {"augment.parts": flipless}, paper=1.1, text="the flip helps"),
        difference("F11", {"augment.parts": blurred}, usual, paper=1.3, text="blur helps"),
        difference("gray", usual, {"augment.parts.2.gray_p": 0.0}, text="gray helps"),
        difference(
            "F6",
            {**shared, "augment_other": None},
            {**shared, "augment_other": "Identity"},
            text="augmenting both branches helps",
        ),
        difference("F41 batch norm", usual, {"bn_batch": DEVICE}, text="batch norm must see all of the batch"),
    ],
)
