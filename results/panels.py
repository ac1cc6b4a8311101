"""Several figures as one picture."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from results._figures import Bars, Heatmap, Lines

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Panels:
    """Several figures of the same table side by side, the paper's values below each."""

    average_over: ClassVar[tuple[str, ...]] = ()
    best_over: ClassVar[tuple[str, ...]] = ()

    figures: tuple[Heatmap | Bars | Lines, ...]

    def __post_init__(self) -> None:
        shown = [{*one.settings, *one.average_over, *one.best_over} for one in self.figures]
        if not shown or any(other != shown[0] for other in shown):
            raise ValueError(f"Panels takes figures that account for the same settings, not {shown}")

    @property
    def settings(self) -> tuple[str, ...]:
        """What each panel accounts for: the settings it shows, averages over or chooses from."""
        first = self.figures[0]
        return tuple(dict.fromkeys((*first.settings, *first.average_over, *first.best_over)))

    def draw(self, table: pd.DataFrame, paper: pd.DataFrame | None = None) -> "Figure":
        """The figure for this table."""
        from results._canvas import draw

        return draw(self.figures, table, paper)


AnyFigure = Heatmap | Bars | Lines | Panels


def parts_of(figure: AnyFigure) -> tuple[Heatmap | Bars | Lines, ...]:
    """The figures side by side, or the one."""
    return figure.figures if isinstance(figure, Panels) else (figure,)


def metrics_of(figure: Heatmap | Bars | Lines) -> list[str]:
    """The columns of the table that one of them shows."""
    return [metric.name for metric in figure.metrics if not metric.guess] or [figure.value]


def words_of(figure: AnyFigure) -> dict[str, str]:
    """What the reader sees, by value, and by the name of a setting or a metric whose title is one word."""
    titles = [(name, title) for part in parts_of(figure) for name, title in part.titles if " " not in title]
    return dict([*titles, *(label for part in parts_of(figure) for label in part.labels)])
