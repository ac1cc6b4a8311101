"""Which small encoder, and how many images, put the full recipe furthest above its random encoder on a laptop?

The pilot that chose scale `laptop`: on validation images alone, with seeds of its own. First encoder and budget, then
batch size and temperature.
"""

from ablations import Study, vary
from core.encoders import SmallResNet
from core.heads import MLP, Linear, NoHead
from core.losses import NTXent
from core.probe import LinearProbe
from results.plots import Heatmap

encoders = vary(encoder=[SmallResNet(), SmallResNet(expansion=256), SmallResNet(expansion=256, width=24)])
heads = vary(head=[MLP(width=64), Linear(width=64), NoHead()])
few, all_images = vary(images=[10_000], epochs=[15]), vary(images=[None], epochs=[3])
untrained = vary(head=[MLP(width=64)], images=[10_000], epochs=[0])
plain = vary(batch_size=[256], loss=[NTXent(temperature=0.5)])

first = encoders * (heads * (few + all_images) + untrained) * plain
second = (
    vary(encoder=[SmallResNet(expansion=256)], head=[MLP(width=64)], batch_size=[128])
    * few
    * vary(loss=[NTXent(temperature=0.5), NTXent(temperature=0.2)])
)

STUDY = Study(
    question=__doc__.split("\n")[0],
    grid=(first + second) * vary(seed=(100, 101)),
    probes=(LinearProbe(test=False),),
    figure=Heatmap(
        rows="head & images & epochs",
        columns="encoder.width & encoder.expansion & batch_size & loss.temperature",
        value="linear_valid_top1",
        average=False,
    ),
)
