"""The fields that all figures have, whatever they draw."""

from typing import Protocol

from results._measures import Metric
from results.paper import PaperValues


class Shown(Protocol):
    """The fields that all figures have."""

    @property
    def settings(self) -> tuple[str, ...]: ...
    @property
    def value(self) -> str: ...
    @property
    def average_over(self) -> tuple[str, ...]: ...
    @property
    def best_over(self) -> tuple[str, ...]: ...
    @property
    def labels(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def titles(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def metrics(self) -> tuple[Metric, ...]: ...
    @property
    def x_metric(self) -> str: ...
    @property
    def paper(self) -> PaperValues | None: ...


def check_shown(figure: Shown) -> None:
    """Raise ValueError if the figure shows the seed, over which its means are taken."""
    names = [name for axis in (*figure.settings, *figure.average_over, *figure.best_over) for name in axis.split(" & ")]
    if "seed" in names:
        means = f"{type(figure).__name__} shows means over seeds, and their spread, so seed is no setting to show"
        raise ValueError(f"{means}: name one that differs between cells, such as epochs")
