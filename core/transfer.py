"""Transfer: any probe, on the images of another data set (SimCLR, Table 8 and App. B.8)."""

from collections.abc import Callable
from dataclasses import replace

from core.features import Features, Measured
from core.value import check, value


@value
class Transfer:
    """What `probe` measures of the trained encoder on the data set `dataset`, found by name where the run's own was.

    `Transfer("cifar100", LinearProbe(l2=TRANSFER_L2))` is Table 8's linear evaluation; with `FineTune(labels=1.0, ...)`
    the encoder is fine-tuned. Images are resized as the run's own were (image_size).
    Metrics: those of the probe with `name`, or the data set's name, in front, as in cifar100_linear_top1.
    """

    dataset: str
    probe: Callable[[Features], Measured]
    name: str = ""

    def __post_init__(self) -> None:
        check(self.dataset != "", "Transfer.dataset takes the name of a data set, not ''")

    @property
    def front(self) -> str:
        """What stands before the names of the probe's own metrics, without the "_" between."""
        return self.name or self.dataset

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of what it measures; AttributeError where the probe does not say them."""
        return tuple(f"{self.front}_{name}" for name in self.probe.metrics)  # type: ignore[attr-defined]

    def __call__(self, features: Features) -> Measured:
        """The probe's metrics and predictions; raises core.data.DataError where there is no such data set."""
        there = replace(features, data=features.load(self.dataset))
        measured = self.probe(there)
        metrics = {f"{self.front}_{name}": metric for name, metric in measured.metrics.items()}
        return Measured(metrics, {f"{self.front}_{name}": found for name, found in measured.predictions.items()})


TRANSFER_L2 = tuple(10 ** (-6 + 11 * step / 44) for step in range(45))
"""App. B.8's 45 penalties, from 1e-6 to 1e5 in equal steps of the logarithm."""
TRANSFER_RATES = tuple(10 ** (-4 + 3 * step / 6) for step in range(7))
TRANSFER_DECAYS = (0.0, *(10 ** (-6 + 3 * step / 6) for step in range(7)))
"""App. B.8's grid for fine-tuning: learning rates from 1e-4 to 0.1, and weight decays from 1e-6 to 1e-3 or none."""
