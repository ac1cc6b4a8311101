"""Do more views of an image help, at equal encoder passes, and should their positives meet inside the logarithm?

Beyond the paper, whose loss has one positive pair. K views for 1 / K of the epochs: each arm embeds as many views.
"""

from ablations import Grid, Study, difference, vary
from core.experiment import Experiment
from core.losses import MultiPositive, NTXent, pairwise
from results.plots import Lines


def grid(base: Experiment) -> Grid:
    """K = 2, 3, 4 for 6, 4 and 3 parts of the epochs."""
    part, warmup = max(base.epochs // 6, 1), base.warmup_epochs / base.epochs
    assert isinstance(base.loss, NTXent)
    temperature = base.loss.temperature
    losses = [pairwise(NTXent(temperature)), MultiPositive(temperature)]
    arms = [
        vary(views=[12 // parts], epochs=[parts * part], warmup_epochs=[parts * part * warmup])
        * vary(loss=losses if parts < 6 else [base.loss])
        for parts in (6, 4, 3)
    ]
    return vary(seed=range(3)) * (arms[0] + arms[1] + arms[2])


outside, inside = {"loss": "pairwise"}, {"loss": "MultiPositive"}

STUDY = Study(
    question=__doc__.split("\n")[0],
    grid=grid,
    figure=Lines(
        x="views",
        hue="loss",
        labels=(
            ("NTXent", "one pair"),
            ("pairwise", "pairs averaged outside"),
            ("MultiPositive", "summed inside the logarithm"),
        ),
        titles=(("views", "views of an image"), ("loss", "positives")),
    ),
    claims=[
        difference("K = 4", {**outside, "views": 4}, {"views": 2}, text="four views beat two"),
        difference("inside", inside, outside, text="positives belong inside the logarithm"),
    ],
)
