"""What goes wrong in training: where it did, as notes of the exception, and losses and weights that are not finite."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

CHECKED = 32
LOWER = "try a lower learning_rate or a longer warmup_epochs"
UNTRAINED = "no weight has changed yet, so the views, the encoder or the loss make it"
SMALLER = "a smaller batch_size, or bn_batch (a batch in chunks of so many images), needs less"


class NotFinite(FloatingPointError):  # noqa: N818 -- it is a state of the training, and reads so
    """The loss or the weights are not finite: `kind` is "not a number" or "diverged" (infinite)."""

    def __init__(self, what: str, number: float, place: str, hint: str = LOWER) -> None:
        super().__init__(f"{what} {number} {place}; {hint}")
        self.kind = "diverged" if math.isinf(number) else "not a number"


@contextmanager
def located(epoch: int, step: int) -> Iterator[None]:
    """An exception of this block gets a note that says in which epoch and step, both from 0, and what may help."""
    try:
        yield
    except Exception as problem:
        problem.add_note(place(epoch, step))
        if isinstance(problem, MemoryError | torch.OutOfMemoryError) or "allocate memory" in str(problem):
            problem.add_note(SMALLER)
        raise


def place(epoch: int, step: int) -> str:
    """Where a step is, as people count."""
    return f"in step {step + 1} of epoch {epoch + 1}"


class Losses:
    """The losses of the steps since the last look: each look waits for the GPU, so that many are looked at together."""

    def __init__(self) -> None:
        self._waiting: list[Tensor] = []

    def add(self, loss: Tensor, epoch: int, done: int, look: bool) -> None:
        """Take the loss of an epoch's step number `done`, from 1; raises NotFinite at a `look` or after CHECKED steps.

        It names the first step whose loss is not finite.
        """
        self._waiting.append(loss)
        if not (look or len(self._waiting) == CHECKED):
            return
        numbers = torch.stack(self._waiting).tolist()
        self._waiting.clear()
        for step, number in enumerate(numbers, done - len(numbers)):
            if not math.isfinite(number):
                hint = UNTRAINED if epoch == step == 0 else LOWER
                raise NotFinite("the loss is", number, place(epoch, step), hint)


def check_weights(model: nn.Module, epoch: int) -> None:
    """Raise NotFinite if a parameter or a running statistic is not finite after this epoch, from 0."""
    running = [(name, part) for name, part in model.named_buffers() if name.endswith(("running_mean", "running_var"))]
    floats = [*model.named_parameters(), *running]
    finite = torch.stack([part.isfinite().all() for _, part in floats]).tolist() if floats else []
    for (name, part), fine in zip(floats, finite, strict=True):
        if not fine:
            raise NotFinite(f"{name} holds", part[~part.isfinite()][0].item(), f"after epoch {epoch + 1}")
