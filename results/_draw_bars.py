"""Grouped bars, or points where bars from zero would hide what the study is about."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes

from results._cells import Panel, Shown
from results._draw_marks import draw_gap, draw_references, draw_seeds, fit
from results._style import DARK, MARKERS, PALETTE, title, upright_or_slanted, words


def as_points(panels: Sequence[Panel]) -> bool:
    """True if in some panel all means lie within a quarter of the largest: bars would look alike."""
    means = [[cell.mean for cell in panel.cells.values() if cell.values] for panel in panels]
    return any(len(some) > 1 and max(some) - min(some) < 0.25 * max(map(abs, some)) for some in means)


def draw_bars(axes: Axes, figure: Shown, panel: Panel, hues: list[Any], points: bool, inches: float) -> None:
    """One group for each x in order of first appearance, in it one mark for each hue that the group has.

    hues: all hue values of the figure, so that both panels color alike; inches: the width of the axes.
    """
    groups: dict[Any, list[Any]] = {}
    for key in panel.cells:
        groups.setdefault(key[0], []).append(key[1] if key[1:] else None)
    width = 0.8 / max(map(len, groups.values()), default=1)
    for place, (x, inside) in enumerate(groups.items()):
        for order, hue in enumerate(sorted(inside, key=hues.index)):
            _draw_mark(
                axes, figure, panel, (x, hue), hues, place + (order - (len(inside) - 1) / 2) * width, width, points
            )
    fit(axes, panel, from_zero=not points)
    draw_references(axes, panel.references)
    labels = [words(figure, x) for x in groups]
    axes.set_xticks(range(len(groups)), labels)
    axes.set_xlim(-0.55, len(groups) - 0.45)
    upright_or_slanted(axes, labels, inches / max(len(groups), 1))
    axes.set(xlabel=title(figure, figure.settings[0]), ylabel=title(figure, figure.value))


def _draw_mark(
    axes: Axes,
    figure: Shown,
    panel: Panel,
    key: tuple[Any, Any],
    hues: list[Any],
    x: float,
    width: float,
    points: bool,
) -> None:
    cell = panel.cells[key[: len(figure.settings)]]
    color = PALETTE[hues.index(key[1]) % len(PALETTE)]
    label = words(figure, key[1]) if len(figure.settings) > 1 else "_mean"
    if cell.state != "done":
        draw_gap(axes, x, 0.85 * width, cell.state, color)
        return
    if points:
        marker = MARKERS[hues.index(key[1]) % len(MARKERS)]
        axes.plot([x], [cell.mean], marker, color=color, markersize=5, markeredgecolor=DARK, mew=0.4, label=label)
    else:
        axes.bar([x], [cell.mean], 0.9 * width, color=color, label=label, zorder=2)
    draw_seeds(axes, x, 0.28 * width, cell)
