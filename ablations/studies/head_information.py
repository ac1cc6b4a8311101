"""Does the projection head throw away what was done to an image, and does h keep it?

Table 3: h and z = g(h) of one width. Rotation, noise and Sobel were added to the augmentations for their own row. Here
they are added to crop, flip and color at every scale, without the blur that the paper's default has.
"""

from typing import get_args

import torch

from ablations import Grid, Study, all_of, cells, difference, vary
from core.augmentations import Augmentation, Compose, GaussianNoise, RandomApply, Rotate, Sobel
from core.experiment import Experiment
from core.features import Layer
from core.heads import MLP
from core.probe import LinearProbe, TransformationProbe
from core.transformations import Task
from results.plots import Bars, Metric, PaperValues

COLOR, ROTATION, NOISE, SOBEL = TASKS = get_args(Task)
ADDED: dict[Task, tuple[Augmentation, ...]] = {
    COLOR: (),
    ROTATION: (Rotate((0, 90, 180, 270)),),
    NOISE: (RandomApply(GaussianNoise()),),
    SOBEL: (RandomApply(Sobel()),),
}
EXTRA, PART = "augment.parts.3", "augment.parts.3.augment"
PLAIN = "Crop + Flip + ColorDistortion"
WHERE: dict[Task, dict[str, str]] = {
    COLOR: {"augment.parts": PLAIN},
    ROTATION: {EXTRA: "Rotate"},
    NOISE: {PART: "GaussianNoise"},
    SOBEL: {PART: "Sobel"},
}


def metric(task: Task, layer: Layer) -> str:
    """What TransformationProbe calls it."""
    return f"{task.replace(' ', '_')}_top1{'_z' if layer == 'z' else ''}"


table_3 = PaperValues(
    study="transform_prediction",
    keys=(("predict", "task"), ("representation", "layer")),
    names=(
        *(("color_vs_grayscale", "color or gray"), ("orig_vs_corrupted", "noise"), ("orig_vs_sobel", "sobel")),
        *(("g(h)", "z"), ("random_guess", "guess")),
    ),
    metric="accuracy",
)


def grid(base: Experiment) -> Grid:
    """The base's crop, flip and color, and each addition; a head as wide as h."""
    with torch.no_grad():
        width = base.encoder.build().eval()(torch.zeros(1, 3, 64, 64)).shape[1]
    assert isinstance(base.augment, Compose)
    first = base.augment.parts[:3]
    augments = [Compose((*first, *added)) for added in ADDED.values()]
    return vary(head=[MLP(width)], augment=augments, seed=range(3))


LAYERS: tuple[Layer, ...] = get_args(Layer)

STUDY = Study(
    question=__doc__.split("\n")[0],
    paper="Table 3",
    grid=grid,
    probes=(
        *(LinearProbe(layer=layer) for layer in LAYERS),
        *(TransformationProbe(task, layer) for task in TASKS for layer in LAYERS),
    ),
    figure=Bars(
        x="task",
        hue="layer",
        value="accuracy",
        average_over=("augment.parts", EXTRA, PART),
        metrics=(
            *(
                Metric(metric(task, layer), (("task", task), ("layer", layer)), tuple(WHERE[task].items()))
                for task in TASKS
                for layer in LAYERS
            ),
            *(Metric(metric(task, "h"), (("task", task), ("layer", "guess")), guess=True) for task in TASKS),
        ),
        labels=((SOBEL, "Sobel"), (PLAIN, "nothing")),
        titles=(
            *(("task", "which transformation?"), ("layer", "told from")),
            *((name, "added") for name in ("augment.parts", EXTRA, PART)),
        ),
        paper=table_3,
    ),
    claims=[
        difference(
            "F19",
            {},
            cells({}, "linear_top1_z"),
            paper=10.0,
            text="h is better than z of its width, on average over the recipes",
        ),
        all_of(
            "F20",
            [(cells(WHERE[task], metric(task, "h")), cells(WHERE[task], metric(task, "z"))) for task in TASKS],
            paper=1.9,
            text="what was done to an image is told better from h than from z",
        ),
    ],
)
