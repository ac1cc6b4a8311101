"""Do larger batches help, and is it still so when training is longer?

Fig. 9: LARS, linear scaling of the learning rate, one learning rate for all; batch norm sees the whole batch.
"""

from dataclasses import replace

from ablations import Claim, Grid, Study, all_of, difference, gap_of_gaps, vary
from core.experiment import Experiment
from core.optimizer import LARS
from results.plots import Bars, PaperValues

fig_9 = PaperValues(study="batch_epochs", keys=(("epochs", "epochs"), ("batch", "batch_size")))


def grid(base: Experiment) -> Grid:
    """The paper's axes at its own scale; elsewhere four batch sizes around the scale's, and a third of its epochs."""
    if base.dataset == "imagenet":
        batches, epochs = [256 * 2**k for k in range(6)], [100 * k for k in range(1, 11)]
    else:
        batches, epochs = [base.batch_size * 2**k // 4 for k in range(4)], [max(base.epochs // 3, 1), base.epochs]
    return vary(batch_size=batches, epochs=epochs, seed=range(3))


def with_lars(base: Experiment) -> Experiment:
    """Large batches want LARS; where the scale has another optimizer, the middle rate of App. B.9."""
    if isinstance(base.optimizer, LARS):
        return base
    return replace(base, optimizer=LARS(), lr_scaling="linear", learning_rate=1.0, weight_decay=1e-6)


def claims(base: Experiment) -> list[Claim]:
    """The extremes of the grid against each other."""
    changes = grid(base)
    batches, epochs = ([*dict.fromkeys(change[name] for change in changes)] for name in ("batch_size", "epochs"))
    small, large, few, many = batches[0], batches[-1], epochs[0], epochs[-1]
    corner = {(b, e): {"batch_size": b, "epochs": e} for b in batches for e in (few, many)}
    gaps = [corner[large, few], corner[small, few], corner[large, many], corner[small, many]]
    at_all = [(corner[batch, many], corner[batch, few]) for batch in batches]
    last = difference(
        "F32",
        {"batch_size": 4096},
        {"batch_size": 8192},
        above=-0.5,
        paper=0.045,
        text="a batch of 8192 gains nothing over 4096",
        scales=("paper",),
        needs="batches of 8192",
    )
    return [
        gap_of_gaps("F27", *gaps, paper=5.3, text="a larger batch helps most when training is short"),
        all_of("F30", at_all, paper=4.2, text="longer training helps at every batch size"),
        last,
    ]


STUDY = Study(
    question=__doc__.split("\n")[0],
    paper="Fig. 9",
    grid=grid,
    base=with_lars,
    figure=Bars(x="epochs", hue="batch_size", titles=(("batch_size", "batch size"),), paper=fig_9),
    claims=claims,
)
