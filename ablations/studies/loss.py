"""Which contrastive loss learns the best representation, and do semi-hard negatives save the others?

Table 4's protocol: negatives from one view only. Each loss has two values of its own knob to choose from.
"""

from ablations import Study, all_of, best_of, difference, vary
from core.losses import MarginTriplet, NTLogistic, NTXent
from results.plots import Bars, PaperValues

table_4 = PaperValues(
    study="loss",
    keys=(("loss", "loss"), ("semi_hard", "loss.semi_hard")),
    names=(
        *(("nt_xent", "NTXent"), ("nt_logistic", "NTLogistic"), ("margin", "MarginTriplet")),
        *(("yes", "True"), ("no", "False")),
    ),
    absent=(("NTXent", "loss.semi_hard"),),
)

nt_xent, logistic, margin = {"loss": "NTXent"}, {"loss": "NTLogistic"}, {"loss": "MarginTriplet"}
mined, unmined = ([best_of({**loss, "loss.semi_hard": hard}) for loss in (logistic, margin)] for hard in (True, False))

STUDY = Study(
    question=__doc__.split("\n")[0],
    paper="Table 4",
    grid=vary(
        loss=[
            *(NTXent(temperature, one_view_negatives=True) for temperature in (0.2, 0.5)),
            *(NTLogistic(temperature, semi_hard=hard) for hard in (False, True) for temperature in (0.2, 0.5)),
            *(MarginTriplet(margin, semi_hard=hard) for hard in (False, True) for margin in (0.4, 0.8)),
        ],
        seed=range(3),
    ),
    figure=Bars(
        x="loss",
        hue="loss.semi_hard",
        best_over=("loss.temperature", "loss.margin"),
        labels=(
            *(("NTXent", "NT-Xent"), ("NTLogistic", "NT-Logistic"), ("MarginTriplet", "margin triplet")),
            *(("True", "semi-hard"), ("False", "all"), ("none", "all, weighted by the loss")),
        ),
        titles=(("loss.semi_hard", "negatives"),),
        paper=table_4,
    ),
    claims=[
        difference("F21", best_of(nt_xent), best_of([logistic, margin]), paper=6.0, text="NT-Xent beats the others"),
        all_of("F22", list(zip(mined, unmined, strict=True)), paper=6.3, text="semi-hard negatives help both others"),
        all_of(
            "F23",
            [(best_of(nt_xent), other) for other in unmined],
            paper=12.3,
            text="without them NT-Xent is far ahead",
        ),
    ],
)
