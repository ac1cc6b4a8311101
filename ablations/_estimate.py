"""What a run would take on GPUs that nobody has measured, as an estimate with all its assumptions.

A step takes its floating-point operations (core.footprint) over what the GPUs do in a second: the peak of an A100 times
the share of it that such training reaches. timm trains ResNet-50 in mixed precision and channels last at 2600 images/s
on one (huggingface/pytorch-image-models, issue 1491): at 24.3 GFLOP an image, a fifth of the peak. Assumed is that the
encoder is all that takes time, so that augmentations, loss and the other GPUs cost nothing, and that images come as
fast as they are used: the hours will rather be more.
"""

from dataclasses import dataclass

from ablations._price import ESTIMATED, Cost
from core.data import DataSet
from core.experiment import Experiment
from slurm.failures import said


@dataclass(frozen=True)
class GPU:
    """peak: floating-point operations a second in bfloat16, dense, as its maker says; share: what training reaches."""

    name: str
    peak: float
    share: float


A100 = GPU("A100", 312e12, 0.2)
NODE = 8
"""GPUs of the node that is assumed where a command asks for none."""


def estimate(experiment: Experiment, data: DataSet, gpus: int) -> Cost | str:
    """What a step of the experiment costs on so many GPUs, and the memory of each; in words why nobody can tell."""
    from core.footprint import footprint  # which loads parts of torch that nothing else needs

    try:
        side = experiment.image_size or data.train.pixels.shape[1]
        found = footprint(experiment, side, data.classes)
    except Exception as problem:  # a part of one's own may need more than shapes
        return f"no estimate without real numbers: {said(problem)}"
    seconds = found.flops(experiment) / (gpus * A100.peak * A100.share)
    by = f"{ESTIMATED}: {gpus} x {A100.name} at {A100.share:.0%} of its bfloat16 peak, and nothing else in the way"
    return Cost(seconds, {"GPU memory": found.memory(experiment, gpus)}, by)
