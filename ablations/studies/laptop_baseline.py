"""Which small encoder, and how many images, put the full recipe furthest above its random encoder on a laptop?

The pilot that chose scale `laptop`: on validation images alone, with seeds of its own. First encoder and budget, then
batch size and temperature; the learning rate in short runs of the first.
"""

from ablations import Study, vary
from core.encoders import SmallResNet
from core.experiment import Experiment
from core.heads import MLP, Linear, NoHead
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

encoders = vary(encoder=[SmallResNet(), SmallResNet(expansion=256), SmallResNet(expansion=256, width=24)])
heads = vary(head=[MLP(width=64), Linear(width=64), NoHead()])
budgets = vary(images=[10_000], epochs=[15]) + vary(images=[None], epochs=[3])

first = encoders * (heads * budgets + vary(head=[MLP(width=64)], epochs=[0]))
second = vary(batch_size=[128], loss=[NTXent(temperature=0.5), NTXent(temperature=0.2)])
rates = vary(epochs=[4], learning_rate=[1e-3, 2e-3, 4e-3])

rows = "head & images & epochs & learning_rate"
columns = "encoder.width & encoder.expansion & batch_size & loss.temperature"

STUDY = Study(
    question=__doc__.split("\n")[0],
    base=BASE,
    grid=(first + second + rates) * vary(seed=(100, 101)),
    probes=(LinearProbe(test=False),),
    figure=Heatmap(
        rows=rows,
        columns=columns,
        value="linear_valid_top1",
        average=False,
        titles=(
            (rows, "head & images (None: all) & epochs & learning rate"),
            (columns, "encoder's width & expansion & batch & temperature"),
        ),
    ),
)
