"""FineTune: the whole network trained on few labels, from the trained encoder or from scratch (SimCLR, Table 7)."""

import copy
from contextlib import closing
from functools import partial
from itertools import product

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.augmentations import Compose, Crop, Flip
from core.data import Images, balanced
from core.draws import Draws, key, order, seed_libraries
from core.features import Features, Measured, embed, measure, measured, top1
from core.fetch import fetch, sample
from core.first_crop import Start, after_first_crop
from core.images import Fetched, to_float
from core.model import Model, build_model
from core.optimizer import learning_rate, peak_learning_rate
from core.value import check, value

_AUGMENT = Compose((Crop(), Flip()))


@value
class FineTune:
    """Encoder and a new linear classifier on h, fine-tuned on a fixed class-balanced share `labels` of the images.

    App. B.5: SGD with Nesterov momentum 0.9, 0.05 per 256 images, no warm-up, no weight decay, crop and flip only; 60
    epochs for 1% of the labels, 30 for 10%. As in the official code the rate falls to 0 by a cosine and batch norm has
    its batch's statistics; the classifier starts at 0. The paper's batch is 4096; one larger than the share is all of
    it. Of several learning rates (per 256 images) and weight decays the validation images choose, which are never
    trained on. A decay is divided by its learning rate, as in App. B.8, so that weights shrink alike at every rate.
    `from_scratch` starts from the encoder before pretraining, of the same seed: the supervised arm on the same labels.

    The trained model is copied, never changed. It is short, so it does not resume: if killed it begins anew.
    Metrics: finetune_top1_1 and finetune_valid_top1_1 for 1% of the labels; scratch_top1_1, ... from scratch.
    """

    labels: float = 0.01
    epochs: int = 60
    learning_rate: tuple[float, ...] = (0.05,)
    batch_size: int = 256
    from_scratch: bool = False
    test: bool = True
    weight_decay: tuple[float, ...] = (0.0,)

    def __post_init__(self) -> None:
        check(0 < self.labels <= 1, f"FineTune.labels takes a share, above 0 and at most 1, not {self.labels}")
        check(self.epochs >= 1, f"FineTune.epochs takes 1 or more, not {self.epochs}")
        check(self.batch_size >= 2, f"FineTune.batch_size takes 2 or more, not {self.batch_size}")
        rates = self.learning_rate
        check(len(rates) > 0 and min(rates) > 0, f"FineTune.learning_rate takes numbers above 0, not {rates}")
        decays = self.weight_decay
        check(len(decays) > 0 and min(decays) >= 0, f"FineTune.weight_decay takes numbers from 0 on, not {decays}")

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of what it measures."""
        return measured(self._name, self.test)

    @property
    def _name(self) -> str:
        share = f"{100 * self.labels:g}".replace(".", "_")
        return f"{'scratch' if self.from_scratch else 'finetune'}{{}}_top1_{share}"

    def __call__(self, features: Features) -> Measured:
        """Train on the labeled images, choose on the validation images, read the test images once.

        Raises ValueError for `from_scratch` where `features` do not say what the model was trained by, and
        FloatingPointError where training diverges at every learning rate and weight decay.
        """
        tuned = self._best(features)
        return measure(
            self._name,
            features.labels,
            lambda split: embed(tuned, getattr(features.data, split), features.device)[1],
            self.test,
        )

    def _best(self, features: Features) -> Model:
        """The fine-tuned copy that is best on the validation images; the first of equally good ones."""
        images = features.data.train
        labeled = balanced(images, max(round(self.labels * len(images)), len(features.data.classes)))
        best: list[tuple[float, Model]] = []
        seed, batch_size = features.experiment.seed if features.experiment else 0, min(self.batch_size, len(labeled))
        for rate, decay in product(self.learning_rate, self.weight_decay):
            model = start(features, self.from_scratch)
            train(model, labeled, self.epochs, rate, decay / rate, batch_size, seed, features.device)
            logits = embed(model, features.data.valid, features.device)[1]
            score = top1(logits, features.labels("valid"))
            if bool(logits.isfinite().all()) and (not best or score > best[0][0]):
                best = [(score, model)]
        if not best:
            raise FloatingPointError(f"fine-tuning diverged; FineTune.learning_rate={self.learning_rate} is too high")
        return best[0][1]


def start(features: Features, from_scratch: bool) -> Model:
    """A copy of the encoder, trained or as it was before, with a linear classifier of zeros in the head's place."""
    encoder = features.model.encoder
    if from_scratch:
        if features.experiment is None:
            raise ValueError("FineTune.from_scratch takes Features(experiment=...), what the model was trained by")
        encoder = build_model(features.experiment, features.data, features.device).encoder
    model = Model(copy.deepcopy(encoder), nn.Identity(), features.model.precision).eval()
    with torch.no_grad():
        h = model(to_float(sample(features.data.train).to(features.device)))
    classes = len(features.data.classes)
    with torch.random.fork_rng(devices=[]):
        model.head = nn.Linear(h.shape[1], classes, device=h.device, dtype=h.dtype)
    for parameter in model.head.parameters():
        nn.init.zeros_(parameter)
    return model


def train(
    model: Model,
    labeled: Images,
    epochs: int,
    rate: float,
    weight_decay: float,
    batch_size: int,
    seed: int,
    device: str = "cpu",
) -> None:
    """Train model, whose head gives logits, in place; `rate` is per 256 images, the short last batch is dropped."""
    steps, peak = len(labeled) // batch_size, peak_learning_rate(rate, "linear", batch_size)
    optimizer = torch.optim.SGD(model.parameters(), lr=peak, momentum=0.9, nesterov=True, weight_decay=weight_decay)
    model.train()
    for epoch in range(epochs):
        base = key(seed, "finetune view", epoch)
        batches = torch.split(order(len(labeled), seed, "finetune order", epoch), batch_size)[:steps]
        with closing(fetch(labeled, batches, partial(_first, base), device)) as prepared:
            for step, (batch, seen) in enumerate(prepared):
                seed_libraries(seed, "finetune step", epoch, step)  # for dropout in an encoder of one's own
                optimizer.param_groups[0]["lr"] = learning_rate(epoch * steps + step, 0, epochs * steps, peak)
                pixels, index = seen.starts(batch)[0].to(device), labeled.index[batch].to(device)
                augment = after_first_crop(_AUGMENT) if isinstance(seen, Fetched) else _AUGMENT
                views = augment(to_float(pixels), Draws(base, index))
                optimizer.zero_grad()
                F.cross_entropy(model(views), labeled.labels[batch].to(device)).backward()  # type: ignore[no-untyped-call]
                optimizer.step()


def _first(base: int, index: Tensor) -> list[Start]:
    return [(_AUGMENT, Draws(base, index))]
