"""Golden ids and defaults: old ids stay, and no edited default relabels an old run."""

import dataclasses
from typing import Any

import pytest

from ablations._identity import run_id, settings
from ablations._options import DEFAULT_SCALE, SCALE_NAMES
from ablations._scale import SCALES
from core import augmentations, encoders, heads, losses, optimizer, probe
from core.augmentations import ColorDistortion, Compose, Crop, Flip, GaussianBlur, Pair, Rotate, Sobel
from core.encoders import SmallResNet
from core.experiment import Experiment
from core.heads import MLP, NoHead
from core.losses import CrossEntropy, MarginTriplet, NTLogistic, pairwise
from core.optimizer import SGD, AdamW
from core.probe import LinearProbe

EVERY_PART_CHANGED = Experiment(
    dataset="shapes",
    images=100,
    image_size=24,
    prepare=Crop(area=(0.5, 1.0)),
    augment=Compose((Crop(area=(0.2, 1.0)), Flip(p=0.25), ColorDistortion(strength=1.0), GaussianBlur())),
    augment_other=Pair(Sobel(), Rotate()),
    encoder=SmallResNet(depth=14, width=24, expansion=256),
    head=MLP(width=64, hidden=96, layers=3, batch_norm=False),
    loss=MarginTriplet(margin=0.4, normalize=False, semi_hard=True),
    optimizer=SGD(momentum=0.8, nesterov=True),
    batch_size=32,
    epochs=7,
    learning_rate=0.05,
    lr_scaling="sqrt",
    weight_decay=1e-4,
    warmup_epochs=2.5,
    precision="float32",
    seed=5,
)

GOLDEN_IDS = {
    "baseline": "f5d52653554f",
    "scale smoke": "7e4977e3c5ce",
    "scale laptop": "bd5cda3c2076",
    "scale overnight": "b66a0a35537e",
    "scale gpu": "f5d52653554f",
    "scale paper": "3868bf012ab0",
    "every part changed": "4d4efe0b3bcc",
    "supervised": "fe1d48751f12",
    "three views": "adb65bede397",
    "a probe": "ebb2336287f5",
}

GOLDEN_DEFAULTS: dict[str, dict[str, Any]] = {
    "MultiPositive": {"temperature": 0.1, "normalize": True},
    "AutoAugment": {"policy": "imagenet"},
    "FineTune": {
        "labels": 0.01,
        "epochs": 60,
        "learning_rate": [0.05],
        "batch_size": 256,
        "from_scratch": False,
        "test": True,
        "weight_decay": [0.0],
    },
    "Experiment": {
        "dataset": "cifar10",
        "images": None,
        "image_size": None,
        "prepare": None,
        "views": 2,
        "augment": "Compose",
        "augment.parts": "Crop + Flip + ColorDistortion",
        "augment.parts.0": "Crop",
        "augment.parts.0.area": [0.08, 1.0],
        "augment.parts.0.ratio": [0.75, 1.3333333333333333],
        "augment.parts.1": "Flip",
        "augment.parts.1.p": 0.5,
        "augment.parts.2": "ColorDistortion",
        "augment.parts.2.strength": 0.5,
        "augment.parts.2.jitter_p": 0.8,
        "augment.parts.2.gray_p": 0.2,
        "augment_other": None,
        "encoder": "ResNet",
        "encoder.depth": 18,
        "encoder.width": 1,
        "encoder.stem": "cifar",
        "head": "MLP",
        "head.width": 128,
        "head.hidden": None,
        "head.layers": 2,
        "head.batch_norm": True,
        "loss": "NTXent",
        "loss.temperature": 0.5,
        "loss.normalize": True,
        "loss.one_view_negatives": False,
        "optimizer": "LARS",
        "optimizer.momentum": 0.9,
        "optimizer.trust": 0.001,
        "batch_size": 512,
        "epochs": 100,
        "learning_rate": 1.0,
        "lr_scaling": "linear",
        "weight_decay": 1e-06,
        "warmup_epochs": 10.0,
        "precision": "bfloat16",
        "bn_batch": None,
        "seed": 0,
    },
    "ColorDistortion": {"strength": 1.0, "jitter_p": 0.8, "gray_p": 0.2},
    "Cutout": {"side": 0.5, "fill": 0.5843137254901961},
    "GaussianBlur": {"p": 0.5, "sigma": [0.1, 2.0]},
    "GaussianNoise": {"std": 0.12},
    "Sobel": {},
    "Crop": {"area": [0.08, 1.0], "ratio": [0.75, 1.3333333333333333]},
    "Flip": {"p": 0.5},
    "Rotate": {"angles": [90, 180, 270]},
    "Identity": {},
    "ResNet": {"depth": 18, "width": 1, "stem": "cifar"},
    "SmallResNet": {"depth": 8, "width": 16, "expansion": None},
    "NoHead": {},
    "Linear": {"width": 128, "batch_norm": True},
    "MLP": {"width": 128, "hidden": None, "layers": 2, "batch_norm": True},
    "NTXent": {"temperature": 0.1, "normalize": True, "one_view_negatives": False},
    "NTLogistic": {"temperature": 0.2, "normalize": True, "semi_hard": False},
    "MarginTriplet": {"margin": 0.8, "normalize": True, "semi_hard": False},
    "CrossEntropy": {},
    "LARS": {"momentum": 0.9, "trust": 0.001},
    "SGD": {"momentum": 0.9, "nesterov": False},
    "AdamW": {"beta1": 0.9, "beta2": 0.999},
    "LinearProbe": {"layer": "h", "l2": [1e-05, 0.0001, 0.001, 0.01, 0.1], "test": True},
    "NearestNeighbors": {"neighbors": 200, "temperature": 0.1, "test": True},
}

EXPERIMENTS = {
    "baseline": Experiment(),
    **{f"scale {name}": experiment for name, experiment in SCALES.items()},
    "every part changed": EVERY_PART_CHANGED,
    "supervised": Experiment(loss=CrossEntropy(), views=1, head=NoHead()),
    "three views": Experiment(views=3, loss=pairwise(NTLogistic(temperature=1)), optimizer=AdamW(beta2=0.95)),
    "a probe": LinearProbe(layer="z"),
}


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_golden_ids(name: str) -> None:
    assert run_id(EXPERIMENTS[name]) == GOLDEN_IDS[name], (
        f"{name} has another id: every result there is would be orphaned. A new field needs a default that means what "
        "was done before; a part whose meaning changes raises its version. (A scale may change: then pin its new id.)"
    )


def test_each_scale_that_can_be_typed_has_its_experiment() -> None:
    assert tuple(SCALES) == SCALE_NAMES
    assert {*DEFAULT_SCALE.values()} <= {*SCALE_NAMES}


def parts() -> dict[str, Any]:
    """Every part of core that can be made without arguments, by its name."""
    modules = (augmentations, encoders, heads, losses, optimizer, probe)
    kinds = {name: kind for module in modules for name, kind in vars(module).items() if _is_value(kind)}
    return {"Experiment": Experiment, **{name: kind for name, kind in kinds.items() if not _required(kind)}}


def _is_value(kind: Any) -> bool:
    return "value.<locals>" in getattr(getattr(kind, "__post_init__", None), "__qualname__", "")


def _required(kind: Any) -> bool:
    return any(field.default is dataclasses.MISSING for field in dataclasses.fields(kind))


def test_golden_defaults() -> None:
    assert {name: settings(kind()) for name, kind in parts().items()} == GOLDEN_DEFAULTS, (
        "a default was edited, or a part is not pinned here yet: ids hold only what differs from the defaults, so with "
        "another default every old run would be relabelled as one with the new value. Leave the default, and give the "
        "new value where it is wanted (a scale, a study); pin a new part or a new field here."
    )
