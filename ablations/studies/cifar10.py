"""Does CIFAR-10 tell the same story: which batch, which temperature, how near to supervised?

App. B.9; at scale `paper` its own grid with the epochs of Fig. 9, elsewhere its corners around the scale's own recipe.
"""

from dataclasses import replace
from typing import Any

from ablations import Claim, Grid, Study, all_of, best_of, cells, difference, vary
from core.augmentations import ColorDistortion, Compose, Crop, Flip
from core.encoders import ResNet
from core.experiment import Experiment
from results.plots import Bars

TRAINED = "epochs & batch_size"


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


def axes(scale: Experiment) -> dict[str, list[Any]]:
    """Batch by epochs by temperature by learning rate."""
    rate = scale.learning_rate
    if is_papers(scale):
        batches, epochs = [256 * 2**k for k in range(5)], [100 * k for k in range(1, 11)]
        temperatures, rates = [0.1, 0.5, 1.0], [0.5 * rate, rate, 1.5 * rate]
    else:
        batches, epochs = [scale.batch_size // 2, scale.batch_size * 2], [max(scale.epochs // 3, 1), scale.epochs]
        temperatures, rates = [0.1, 0.5], [0.5 * rate, 1.5 * rate]
    return {"batch_size": batches, "epochs": epochs, "loss.temperature": temperatures, "learning_rate": rates}


def grid(scale: Experiment) -> Grid:
    """All of them, crossed."""
    return vary(**axes(scale), seed=range(3))


def half_against_others(scale: Experiment) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Temperature 0.5 against each other one at each batch size, after more than 300 epochs."""
    batches, epochs, temperatures = (axes(scale)[name] for name in ("batch_size", "epochs", "loss.temperature"))
    at_each = [{"epochs": tuple(number for number in epochs if number > 300), "batch_size": size} for size in batches]
    others = [one for one in temperatures if one != 0.5]
    return [({**at, "loss.temperature": 0.5}, {**at, "loss.temperature": one}) for at in at_each for one in others]


def claims(scale: Experiment) -> list[Claim]:
    """F38 to F40, after the longest training, or where the paper says how long."""
    longest = {"epochs": axes(scale)["epochs"][-1]}
    usual, largest = ({**longest, "batch_size": size, "loss.temperature": 0.5} for size in (1024, 4096))
    taught = cells({}, arm="supervised")
    return [
        difference(
            "F38",
            best_of(longest),
            taught,
            above=-3.0,
            paper=-1.1,
            text="SimCLR is at most 3 points behind supervised learning",
        ),
        all_of(
            "F39",
            half_against_others(scale),
            scales=("paper",),
            needs="more than 300 epochs",
            text="0.5 is the best temperature at each batch size",
        ),
        difference(
            "F40",
            usual,
            largest,
            above=0.0,
            scales=("paper",),
            needs="batches of 4096",
            text="a batch of 4096 is worse than one of 1024",
        ),
    ]


STUDY = Study(
    question=__doc__.split("\n")[0],
    paper="App. B.9",
    grid=grid,
    base=base,
    figure=Bars(x=TRAINED, hue="loss.temperature", average_over=("learning_rate",), titles=((TRAINED, "batch size"),)),
    claims=claims,
)
