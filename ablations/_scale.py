"""Scales: named base experiments, from seconds on a laptop to hours on a node of GPUs."""

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

LAPTOP = Experiment(
    images=10_000,
    encoder=SmallResNet(expansion=256),
    head=MLP(width=64),
    optimizer=AdamW(),
    learning_rate=4e-3,  # of 1e-3, 2e-3, 4e-3: 47.9, 48.4, 49.5 on validation images after 4 epochs, one seed
    lr_scaling="none",
    batch_size=256,
    epochs=15,
    warmup_epochs=1.0,
)

OVERNIGHT = Experiment(
    encoder=LAPTOP.encoder,
    head=LAPTOP.head,
    optimizer=LAPTOP.optimizer,
    learning_rate=LAPTOP.learning_rate,
    lr_scaling="none",
    batch_size=256,
    epochs=30,
    warmup_epochs=1.0,
)

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
