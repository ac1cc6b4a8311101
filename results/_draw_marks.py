"""Marks that bars and lines share: intervals, seeds, missing and failed runs; and the axis that takes them in."""

import math
from typing import Any

from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation, blended_transform_factory

from results._hover import say
from results.cells import Cell, Panel
from results.style import DARK, TEXT

BESIDE = 1.8
"""Points from the rim of a mark to the middle of the dots of its seeds, which then do not touch it."""


def draw_seeds(axes: Axes, x: float, points: float, cell: Cell, color: str = DARK) -> None:
    """The 95% whiskers at x, the single seeds as dots so many points right of it, `n=2/3` where seeds are missing."""
    if not math.isnan(cell.half_width):
        axes.errorbar(
            [x], [cell.mean], [cell.half_width], fmt="none", ecolor=color, elinewidth=0.8, capsize=2, zorder=4
        )
    if len(cell.values) > 1:
        right = axes.transData + ScaledTranslation(points / 72, 0, axes.figure.dpi_scale_trans)
        look: dict[str, Any] = {"s": 5, "color": "white", "edgecolors": color, "linewidths": 0.6, "zorder": 5}
        axes.scatter([x] * len(cell.values), cell.values, transform=right, **look)
    if cell.note:
        top = max([*cell.values, cell.mean + (0 if math.isnan(cell.half_width) else cell.half_width)])
        style: dict[str, Any] = {"ha": "center", "va": "bottom", "fontsize": TEXT, "color": DARK}
        axes.annotate(cell.note, (x, top), (0, 2), textcoords="offset points", **style)


def draw_gap(axes: Axes, x: float, width: float, state: str, color: str, said: str) -> None:
    """A hollow slot at the foot of the axes with its word in it, "missing" or "failed"; a failed one is crossed."""
    foot = blended_transform_factory(axes.transData, axes.transAxes)
    slot: dict[str, Any] = {"facecolor": "none", "edgecolor": color, "linestyle": (0, (2, 1.5)), "linewidth": 0.7}
    say(axes.bar([x], [0.3], width, transform=foot, label=f"_{state}", **slot).patches[0], said)
    if state == "failed":
        for ends in ([0.0, 0.3], [0.3, 0.0]):
            axes.plot([x - width / 2, x + width / 2], ends, transform=foot, color=color, linewidth=0.4)
    box = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
    place: dict[str, Any] = {"ha": "center", "va": "center", "rotation": 90, "bbox": box, "zorder": 6}
    axes.text(x, 0.15, state, transform=foot, fontsize=TEXT, color=color, **place)


def fit(axes: Axes, panel: Panel, from_zero: bool) -> None:
    """Set the y axis: from zero, or around the data; then it takes in a reference only if that is near the data."""
    done = [cell for cell in panel.cells.values() if cell.values]
    halves = [0.0 if math.isnan(cell.half_width) else cell.half_width for cell in done]
    ends = [cell.mean + sign * half for cell, half in zip(done, halves, strict=True) for sign in (-1, 1)]
    ends += [value for cell in done for value in cell.values]
    if not ends:
        axes.set(ylim=(0, 1), yticks=[])
        return
    low, high = min(ends), max(ends)
    span = high - low or abs(high) or 1.0
    means = [cell.mean for cell in panel.references.values()]
    near = [mean for mean in means if from_zero or low - span <= mean <= high + span]
    low, high = (min([0.0, low]), max([0.0, high, *near])) if from_zero else (min([low, *near]), max([high, *near]))
    span = high - low or abs(high) or 1.0
    gap = 0.36 if len(done) < len(panel.cells) and not from_zero else 0.08
    axes.set_ylim(low if from_zero and low == 0 else low - gap * span, high + 0.12 * span)
