"""Three optimizer steps of each part in float64, pinned.

If such a number changes, the part's meaning has changed, and old results are of another method: raise the part's
`version`, which makes new runs of it, and pin the new numbers.
"""

from dataclasses import replace
from typing import Any

import pytest

from core.augmentations import Flip
from core.data import load
from core.encoders import ResNet, SmallResNet
from core.experiment import Experiment
from core.heads import MLP, Linear, NoHead
from core.losses import CrossEntropy, MarginTriplet, NTLogistic, NTXent, pairwise
from core.optimizer import LARS, SGD, AdamW
from core.pretrain import pretrain

DATA = load("shapes", side=8)
BASE = Experiment(
    dataset="shapes",
    images=12,
    augment=Flip(),  # exact on every machine
    encoder=SmallResNet(width=4),
    head=MLP(width=8),
    loss=NTXent(temperature=0.5),
    optimizer=SGD(momentum=0.9),
    batch_size=12,  # all images: a step is an epoch
    epochs=3,
    learning_rate=0.1,
    lr_scaling="none",
    weight_decay=1e-3,
    warmup_epochs=0.0,
    precision="float64",
)
GOLDEN: dict[str, tuple[dict[str, Any], list[float]]] = {
    "NTXent": ({}, [1.82502745432, 1.7280353876, 1.71320809571]),
    "NTXent, not normalized": (
        {"loss": NTXent(temperature=5.0, normalize=False)},
        [2.26614352519, 1.94974220515, 1.83271882493],
    ),
    "NTXent, one view": (
        {"loss": NTXent(temperature=0.5, one_view_negatives=True)},
        [1.30451907599, 1.20731175498, 1.17833272629],
    ),
    "NTLogistic": ({"loss": NTLogistic()}, [1.05200914187, 1.03586635717, 1.11327543144]),
    "NTLogistic, semi-hard": ({"loss": NTLogistic(semi_hard=True)}, [2.79948234862, 3.32030221948, 3.6002592536]),
    "MarginTriplet": ({"loss": MarginTriplet()}, [0.161407285386, 0.150563525913, 0.125534486097]),
    "MarginTriplet, semi-hard": (
        {"loss": MarginTriplet(semi_hard=True)},
        [0.488246326192, 0.493419067747, 0.448774444309],
    ),
    "pairwise": (
        {"loss": pairwise(NTXent(temperature=0.5)), "views": 3},
        [1.98440578041, 1.77044049604, 1.64574394192],
    ),
    "CrossEntropy": ({"loss": CrossEntropy(), "views": 1}, [1.88994816915, 1.70028330713, 1.37227644556]),
    "LARS": ({"optimizer": LARS(), "learning_rate": 10.0}, [1.82502745432, 2.1283528288, 1.91869450023]),
    "SGD, Nesterov": ({"optimizer": SGD(nesterov=True)}, [1.82502745432, 1.71214491671, 1.70236854356]),
    "AdamW": ({"optimizer": AdamW(), "learning_rate": 0.01}, [1.82502745432, 1.75993700499, 1.72478361191]),
    "NoHead": ({"head": NoHead()}, [2.55145172001, 2.50093517973, 2.38253894244]),
    "Linear": ({"head": Linear(width=8)}, [1.83380229266, 1.84284529306, 1.60796049968]),
    "MLP, no batch norm": (
        {"head": MLP(width=8, hidden=12, layers=3, batch_norm=False)},
        [3.11181197579, 3.11836951543, 3.09269125122],
    ),
    "ResNet": ({"encoder": ResNet(18)}, [1.4894881086, 1.50170245374, 1.61025121802]),
    "ResNet, ImageNet stem": ({"encoder": ResNet(50, stem="imagenet")}, [2.05468434023, 1.65813609334, 1.64707097247]),
    "SmallResNet, expansion": (
        {"encoder": SmallResNet(depth=14, width=4, expansion=24)},
        [1.74924545504, 1.86602294741, 1.6913472704],
    ),
}


@pytest.mark.parametrize(("change", "golden"), GOLDEN.values(), ids=GOLDEN.keys())
def test_three_steps(change: dict[str, Any], golden: list[float]) -> None:
    losses = [row["train_loss"] for row in pretrain(replace(BASE, **change), DATA).history]
    assert losses == pytest.approx(golden, rel=1e-11), "the part's meaning changed: raise its version"
