"""Does pushing other images apart matter, or is it enough to pull the views of one image together?"""

import torch.nn.functional as F
from torch import Tensor

from ablations import Study, difference, table, vary, verdicts
from core.losses import NTXent
from results.plots import Bars


def alignment(first: Tensor, second: Tensor) -> Tensor:
    """The mean squared distance of normalized views, each (N, D): the first half of Wang & Isola (2020)."""
    return (F.normalize(first, dim=1) - F.normalize(second, dim=1)).square().sum(1).mean()


STUDY = Study(
    question=__doc__,
    grid=vary(loss=[NTXent(), alignment], seed=range(3)),
    figure=Bars(x="loss"),
    claims=[
        difference("apart", {"loss": "NTXent"}, {"loss": "alignment"}, above=1, text="pushing apart helps"),
    ],
)

if __name__ == "__main__":  # the runs import this file, too
    STUDY.run(cluster="local", scale="smoke")
    runs = table(STUDY, "smoke")
    print(runs[["run", "arm", "loss", "seed", "linear_top1"]].to_string(index=False))
    print(verdicts(STUDY, "smoke")[["claim", "verdict", "effect", "low", "high", "seeds"]].to_string(index=False))
