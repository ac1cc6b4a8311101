"""Scales: named base experiments, from seconds on a laptop to hours on a node of GPUs."""

from dataclasses import replace

from core.augmentations import ColorDistortion, Compose, Crop, Flip, GaussianBlur
from core.encoders import ResNet, SmallResNet
from core.experiment import Experiment
from core.heads import MLP
from core.losses import NTXent
from core.optimizer import AdamW

SMOKE = Experiment(
    dataset="shapes",
    images=512,
    encoder=SmallResNet(width=8),
    head=MLP(width=16),
    optimizer=AdamW(),
    learning_rate=2e-3,
    lr_scaling="none",
    batch_size=64,
    epochs=2,
    warmup_epochs=0.5,
)

# Chosen by the study laptop_baseline on validation images, but for the learning rate: 1e-3, 2e-3 and 4e-3 gave 47.9,
# 48.4 and 49.5 there after 4 epochs of batch 256, one seed.
LAPTOP = Experiment(
    images=10_000,
    encoder=SmallResNet(expansion=256),
    head=MLP(width=64),
    loss=NTXent(temperature=0.2),
    optimizer=AdamW(),
    learning_rate=4e-3,
    lr_scaling="none",
    batch_size=128,
    epochs=15,
    warmup_epochs=1.0,
)

OVERNIGHT = replace(LAPTOP, images=None, epochs=30)

GPU = Experiment()

PAPER = Experiment(
    dataset="imagenet",
    image_size=224,
    augment=Compose((Crop(), Flip(), ColorDistortion(strength=1.0), GaussianBlur())),
    encoder=ResNet(depth=50, stem="imagenet"),
    loss=NTXent(temperature=0.1),
    batch_size=4096,
    learning_rate=0.3,
)

SCALES = {"smoke": SMOKE, "laptop": LAPTOP, "overnight": OVERNIGHT, "gpu": GPU, "paper": PAPER}
