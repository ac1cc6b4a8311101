"""FineTune: the whole network trained on few labels, from the trained encoder or from scratch (SimCLR, Table 7)."""

from dataclasses import dataclass
from itertools import islice, product

from core.data import balanced
from core.features import Features, Measured, embed, measure, measured, top1
from core.finetune_training import start, train
from core.journal import Journal, State, Unkept
from core.model import Model
from core.value import check, value

_Best = tuple[float, Model]
"""The score on the validation images, and the model that has it."""


@dataclass(frozen=True)
class _Candidate(Unkept):
    """The journal of one candidate's training, which keeps its place and the best one before beside the state."""

    journal: Journal
    place: int
    best: _Best | None
    training: State | None

    def load(self) -> State | None:
        return self.training

    def save(self, state: State) -> None:
        best = (self.best[0], self.best[1].state_dict()) if self.best else None
        self.journal.save({"place": self.place, "best": best, "training": state})

    def due(self) -> bool:
        return self.journal.due()


@value
class FineTune:
    """Encoder and a new linear classifier on h, fine-tuned on a fixed class-balanced share `labels` of the images.

    App. B.5: SGD with Nesterov momentum 0.9, 0.05 per 256 images, no warm-up, no weight decay, crop and flip only; 60
    epochs for 1% of the labels, 30 for 10%. As in the official code the rate falls to 0 by a cosine and batch norm has
    its batch's statistics; the classifier starts at 0. The paper's batch is 4096; one larger than the share is all of
    it. Of several learning rates (per 256 images) and weight decays the validation images choose, which are never
    trained on. A decay is divided by its learning rate, as in App. B.8, so that weights shrink alike at every rate;
    batch norm and biases have none.
    `from_scratch` starts from the encoder before pretraining, of the same seed: the supervised arm on the same labels.

    The trained model is copied, never changed. It resumes from what `Features.journal` kept, to the same bits.
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
        seed, batch_size = features.experiment.seed if features.experiment else 0, min(self.batch_size, len(labeled))
        first, best, training = self._resume(features)
        candidates = enumerate(product(self.learning_rate, self.weight_decay))
        for place, (rate, decay) in islice(candidates, first, None):
            model, journal = start(features, self.from_scratch), _Candidate(features.journal, place, best, training)
            train(model, labeled, self.epochs, rate, decay / rate, batch_size, seed, features.device, journal)
            training = None  # it was of the candidate at which an earlier attempt ended, and is of no later one
            logits = embed(model, features.data.valid, features.device)[1]
            score = top1(logits, features.labels("valid"))
            if bool(logits.isfinite().all()) and (best is None or score > best[0]):
                best = score, model
        if best is None:
            raise FloatingPointError(f"fine-tuning diverged; FineTune.learning_rate={self.learning_rate} is too high")
        return best[1]

    def _resume(self, features: Features) -> tuple[int, _Best | None, State | None]:
        """The place of the candidate to go on with, the best of those before it, and the state of its training."""
        kept = features.journal.load()
        if kept is None:
            return 0, None, None
        if kept["best"] is None:
            return kept["place"], None, kept["training"]
        score, state = kept["best"]
        model = start(features, self.from_scratch)
        model.load_state_dict(state)
        return kept["place"], (score, model), kept["training"]
