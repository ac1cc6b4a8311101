"""Which small encoder, and how many images, put the full recipe furthest above its random encoder on a laptop?

The pilot that chose scale `laptop`: on validation images alone, with seeds of its own, most cells at one. First encoder
and budget, then batch size and temperature.
"""

from ablations import Study, vary
from core.encoders import SmallResNet
from core.experiment import Experiment
from core.heads import MLP
from core.losses import NTXent
from core.optimizer import AdamW
from core.probe import LinearProbe
from results.plots import Heatmap

BASE = Experiment(
    images=10_000,
    encoder=SmallResNet(expansion=256),
    head=MLP(width=64),
    optimizer=AdamW(),
    learning_rate=4e-3,
    lr_scaling="none",
    batch_size=256,
    epochs=15,
    warmup_epochs=1.0,
)

plain, wide, wider = SmallResNet(), SmallResNet(expansion=256), SmallResNet(expansion=256, width=24)
budgets = vary(images=[10_000], epochs=[15]) + vary(images=[None], epochs=[3]) + vary(images=[10_000], epochs=[0])

first = vary(encoder=[plain, wide, wider]) * budgets
second = vary(batch_size=[128], loss=[NTXent(temperature=0.5), NTXent(temperature=0.2)])
again = vary(encoder=[plain]) * budgets

rows = "images & epochs"
columns = "encoder.width & encoder.expansion & batch_size & loss.temperature"

STUDY = Study(
    question=__doc__.split("\n")[0],
    base=BASE,
    grid=(first + second) * vary(seed=[100]) + again * vary(seed=[101]),
    probes=(LinearProbe(test=False),),
    figure=Heatmap(
        rows=rows,
        columns=columns,
        value="linear_valid_top1",
        average=False,
        labels=(("None & 3", "all & 3"),),
        titles=(
            (rows, "images & epochs"),
            (columns, "encoder's width & expansion & batch & temperature"),
        ),
    ),
)
