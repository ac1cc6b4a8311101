"""Does normalizing the embeddings still matter once the temperature is tuned?"""

from dataclasses import replace

from ablations import Study, all_of, best_of, cells, difference, vary
from core.losses import NTXent
from results.claims import Cells
from results.plots import Bars, Panels, PaperValues

on_sphere = [NTXent(temperature, normalize=True) for temperature in (0.05, 0.1, 0.5, 1.0)]
unbounded = [NTXent(temperature, normalize=False) for temperature in (10.0, 100.0)]

table_5 = PaperValues(
    study="temperature_norm",
    keys=(("tau", "loss.temperature"), ("l2_norm", "loss.normalize")),
    names=(("yes", "True"), ("no", "False")),
    title="ImageNet, batch 4096",
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

yes, no = {"loss.normalize": True}, {"loss.normalize": False}
coldest, cold, warm, hot = ({**yes, "loss.temperature": loss.temperature} for loss in on_sphere)


def rising(metric: str) -> list[tuple[Cells, Cells]]:
    """Each temperature with the one below it."""
    values = [cells(where, metric) for where in (coldest, cold, warm, hot)]
    return list(zip(values[1:], values, strict=False))


task = "contrastive_top1"

STUDY = Study(
    question=__doc__,
    paper="Table 5",
    grid=vary(loss=[*on_sphere, *unbounded], seed=range(3)),
    figure=Panels((top1, difficulty, entropy)),
    claims=[
        all_of(
            "F24",
            [(best_of([cold, warm]), coldest), (best_of([cold, warm]), hot)],
            paper=4.7,
            text="the best temperature lies between the extremes",
        ),
        difference(
            "F25", best_of(yes), best_of(no), paper=7.2, text="normalized beats unnormalized, best against best"
        ),
        difference(
            "F25 task", cells(no, task), cells(cold, task), paper=4.1, text="without normalization the task is easier"
        ),
        all_of("F26", rising("contrastive_entropy"), above=0.0, paper=0.1, text="entropy rises with the temperature"),
        all_of(
            "F26 task",
            [(colder, hotter) for hotter, colder in rising(task)],
            paper=2.7,
            text="contrastive accuracy falls with the temperature",
        ),
    ],
)
