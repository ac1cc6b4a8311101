"""Does CIFAR-10 tell the same story: which batch, which temperature, how near to supervised?

App. B.9; at scale `paper` its own grid, elsewhere the corners of it around the scale's own recipe.
"""

from dataclasses import replace

from ablations import Claim, Grid, Study, best_of, cells, difference, vary
from core.augmentations import ColorDistortion, Compose, Crop, Flip
from core.encoders import ResNet
from core.experiment import Experiment
from results.plots import Bars

TEMPERATURES = (0.1, 0.5, 1.0)


def base(scale: Experiment) -> Experiment:
    """CIFAR-10 at scale `paper`, too: ResNet-50 with the small stem, color at half strength, no blur."""
    if scale.dataset != "imagenet":
        return scale
    augment = Compose((Crop(), Flip(), ColorDistortion(strength=0.5)))
    return replace(
        scale,
        dataset="cifar10",
        image_size=None,
        augment=augment,
        encoder=ResNet(depth=50),
        batch_size=1024,
        learning_rate=1.0,
        epochs=1000,
    )


def is_papers(scale: Experiment) -> bool:
    """Whether this is the appendix's own recipe."""
    return scale.epochs == 1000


def grid(scale: Experiment) -> Grid:
    """Batch by temperature by learning rate."""
    batches = [256 * 2**k for k in range(5)] if is_papers(scale) else [scale.batch_size // 2, scale.batch_size * 2]
    rates = [scale.learning_rate * factor for factor in ((0.5, 1.0, 1.5) if is_papers(scale) else (0.5, 1.5))]
    return vary(**{"batch_size": batches, "loss.temperature": TEMPERATURES, "learning_rate": rates}, seed=range(3))


def claims(scale: Experiment) -> list[Claim]:
    """F38 to F40."""
    largest = max(change["batch_size"] for change in grid(scale))
    cold, warm = ({"loss.temperature": temperature} for temperature in (0.1, 0.5))
    best = best_of({})
    return [
        difference("F38", cells({}, arm="supervised"), best, above=None, within=3.0, paper=1.1, text="near supervised"),
        difference(
            "F39", warm, cold, scales=("paper",), needs="more than 300 epochs", text="0.5 is the best temperature"
        ),
        difference("F40", best, best_of({"batch_size": largest}), above=0.0, text="the largest batch is not the best"),
    ]


STUDY = Study(
    question=__doc__.split("\n")[0],
    paper="App. B.9",
    grid=grid,
    base=base,
    figure=Bars(
        x="batch_size", hue="loss.temperature", average_over=("learning_rate",), titles=(("batch_size", "batch size"),)
    ),
    claims=claims,
)
