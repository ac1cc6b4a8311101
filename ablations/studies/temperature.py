"""Does normalizing the embeddings still matter once the temperature is tuned?"""

from dataclasses import replace

from ablations import Study, vary
from core.losses import NTXent
from results.plots import Bars, Panels, PaperValues

on_sphere = [NTXent(temperature, normalize=True) for temperature in (0.05, 0.1, 0.5, 1.0)]
unbounded = [NTXent(temperature, normalize=False) for temperature in (10.0, 100.0)]

table_5 = PaperValues(
    study="temperature_norm",
    keys=(("tau", "loss.temperature"), ("l2_norm", "loss.normalize")),
    names=(("yes", "True"), ("no", "False")),
)

top1 = Bars(
    x="loss.temperature",
    hue="loss.normalize",
    labels=(("True", "yes"), ("False", "no")),
    titles=(
        *(("loss.normalize", "l2 normalization"), ("contrastive_top1", "contrastive top-1 (%)")),
        ("contrastive_entropy", "entropy (nats)"),
    ),
    paper=table_5,
)
difficulty = replace(top1, value="contrastive_top1", paper=replace(table_5, metric="contrastive_acc"))
entropy = replace(top1, value="contrastive_entropy", paper=replace(table_5, metric="contrastive_entropy_nats"))

STUDY = Study(
    question=__doc__,
    paper="Table 5",
    grid=vary(loss=[*on_sphere, *unbounded], seed=range(3)),
    figure=Panels((top1, difficulty, entropy)),
)
