"""The figures: what each shows, as a value.

What draws them is imported where they are drawn: who plans a study does not wait for matplotlib.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from results._measures import Metric
from results._shown import Shown, check_shown
from results.cells import Panel, hues_of
from results.notes import intervals, typical
from results.paper import PaperValues

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from results._canvas import Drawable

Names = tuple[tuple[str, str], ...]


class _Drawn:
    """What all figures do alike."""

    _beside_paper: ClassVar[str] = "Each panel has its own axis."

    def __post_init__(self: Shown) -> None:
        check_shown(self)

    def draw(self: "Drawable", table: pd.DataFrame, paper: pd.DataFrame | None = None) -> "Figure":
        """The figure for this table."""
        from results._canvas import draw

        return draw((self,), table, paper)

    def _is_wide(self, ours: Panel, inches: float) -> bool:
        return False

    def _height(self, panels: Sequence[Panel]) -> float:
        return 2.0

    def _caption(self, ours: Panel) -> str:
        return intervals(ours)


@dataclass(frozen=True)
class Heatmap(_Drawn):
    """Two settings against each other, the number in each cell, the average of each complete row at the right.

    average_over: settings averaged in a cell. best_over: settings of which the best on validation images is shown.
    A name "first & second" shows two settings along one axis.
    labels: (value, what the reader sees). titles: (setting or metric, axis title). paper: which of its rows to show.
    """

    metrics: ClassVar[tuple[Metric, ...]] = ()
    x_metric: ClassVar[str] = ""
    _beside_paper: ClassVar[str] = "Colors: each panel's own range."

    rows: str
    columns: str
    value: str = "linear_top1"
    average: bool = True
    average_over: tuple[str, ...] = ()
    best_over: tuple[str, ...] = ()
    labels: Names = ()
    titles: Names = ()
    paper: PaperValues | None = None

    @property
    def settings(self) -> tuple[str, ...]:
        """The dotted names of the settings shown."""
        return self.rows, self.columns

    def _is_wide(self, ours: Panel, inches: float) -> bool:
        from results._draw_heatmap import is_crowded

        return is_crowded(self, ours, self.average, inches)

    def _height(self, panels: Sequence[Panel]) -> float:
        return 0.8 + 0.29 * max(len({key[0] for key in panel.cells}) for panel in panels)

    def _fill(self, axes: "Sequence[Axes]", panels: Sequence[Panel], inches: float) -> None:
        from results._draw_heatmap import draw_heatmap

        for index, (one, shown) in enumerate(zip(axes, panels, strict=True)):
            draw_heatmap(one, self, shown, self.average, index == 0, inches)

    def _caption(self, ours: Panel) -> str:
        return typical(ours)


@dataclass(frozen=True)
class Bars(_Drawn):
    """A bar for each x, grouped by hue, with 95% whiskers and the single seeds as dots.

    A bar's length is its value, so bars start at zero, always. Where all means lie within a quarter of the largest,
    bars would look alike: then points with whiskers are drawn instead, whose axis need not start at zero.
    metrics: what each run measured, side by side, where x or hue is no setting. Other fields as in Heatmap.
    """

    x_metric: ClassVar[str] = ""

    x: str
    hue: str | None = None
    value: str = "linear_top1"
    average_over: tuple[str, ...] = ()
    best_over: tuple[str, ...] = ()
    labels: Names = ()
    titles: Names = ()
    paper: PaperValues | None = None
    metrics: tuple[Metric, ...] = ()

    @property
    def settings(self) -> tuple[str, ...]:
        """The dotted names of the settings shown."""
        return (self.x,) if self.hue is None else (self.x, self.hue)

    def _fill(self, axes: "Sequence[Axes]", panels: Sequence[Panel], inches: float) -> None:
        from results._draw_bars import as_points, draw_bars

        hues, points = hues_of(panels), as_points(panels)
        for one, shown in zip(axes, panels, strict=True):
            draw_bars(one, self, shown, hues, points, inches)


@dataclass(frozen=True)
class Lines(_Drawn):
    """The mean over a numeric setting, one line for each hue, with 95% whiskers and the single seeds as dots.

    The y axis is cropped to the data. Rows whose x is null (a head without a width) stand left of the axis, by
    themselves. x_metric: what a run measured of itself, drawn in millions in the place of x.
    Other fields as in Heatmap.
    """

    metrics: ClassVar[tuple[Metric, ...]] = ()

    x: str
    hue: str | None = None
    value: str = "linear_top1"
    log_x: bool = False
    average_over: tuple[str, ...] = ()
    best_over: tuple[str, ...] = ()
    labels: Names = ()
    titles: Names = ()
    paper: PaperValues | None = None
    x_metric: str = ""

    @property
    def settings(self) -> tuple[str, ...]:
        """The dotted names of the settings shown."""
        return (self.x,) if self.hue is None else (self.x, self.hue)

    def _fill(self, axes: "Sequence[Axes]", panels: Sequence[Panel], inches: float) -> None:
        from results._draw_lines import draw_lines

        hues = hues_of(panels)
        for one, shown in zip(axes, panels, strict=True):
            draw_lines(one, self, shown, hues, self.log_x, inches)
