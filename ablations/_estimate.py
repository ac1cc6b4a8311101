"""What a run would take on GPUs that nobody has measured, as an estimate with all its assumptions.

A step takes its floating-point operations (core.footprint) over what the GPUs do in a second: the peak of an A100 times
the share of it that such training reaches. timm trains ResNet-50 in mixed precision and channels last at 2600 images/s
on one (huggingface/pytorch-image-models, issue 1491): at 24.3 GFLOP an image, a fifth of the peak. Assumed is that the
encoder is all that takes time, so that augmentations, loss and the other GPUs cost nothing, and that images come as
fast as they are used: the hours will rather be more.
"""

from ablations._price import ESTIMATED, Cost
from core.data import DataSet
from core.experiment import Experiment
from slurm.failures import said

A100 = 312e12
"""Its floating-point operations a second in bfloat16, dense, as its maker says: the peak."""
SHARE = 0.2
"""Of the peak, which training reaches."""
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
    seconds = found.flops(experiment) / (gpus * A100 * SHARE)
    by = f"{ESTIMATED}: {gpus} x A100 at {SHARE:.0%} of its bfloat16 peak, and nothing else in the way"
    return Cost(seconds, {"GPU memory": found.memory(experiment, gpus)}, by)
