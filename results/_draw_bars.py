"""Grouped bars, or points where bars from zero would hide what the study is about."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes

from results._draw_marks import BESIDE, draw_gap, draw_seeds, fit
from results._draw_references import draw_references
from results._hover import say, sentence
from results._nested import in_groups, is_nested, outer, outer_title
from results._shown import Shown
from results.cells import Cell, Key, Panel
from results.notes import counted
from results.style import DARK, color_and_marker, title, upright_or_slanted, words

EDGE = 0.55
"""From the middle of the first group to the end of the axis, where the next group would be at 1."""
SMALLEST, LARGEST = 3.0, 5.0
"""Diameters of a mark, in points: where its seeds have hardly room beside it, and else."""


@dataclass(frozen=True)
class _Slot:
    """Where a mark stands, in groups; `room`: how many typographic points there are for it and its seeds."""

    x: float
    width: float
    room: float


def as_points(panels: Sequence[Panel]) -> bool:
    """True if in some panel all means lie within a quarter of the largest: bars would look alike."""
    means = [[cell.mean for cell in panel.cells.values() if cell.values] for panel in panels]
    return any(len(some) > 1 and max(some) - min(some) < 0.25 * max(map(abs, some)) for some in means)


def draw_bars(axes: Axes, figure: Shown, panel: Panel, hues: list[Any], points: bool, inches: float) -> None:
    """One group for each x in order of first appearance, in it one mark for each hue that the group has.

    Where x joins two settings, "epochs & batch_size", the first has a place on the axis, and the second a tick in it.
    hues: all hue values of the figure, so that both panels color alike; inches: the width of the axes.
    """
    groups = _groups(figure, panel)
    width = 0.8 / max(map(len, groups.values()), default=1)
    has_seeds = any(len(cell.values) > 1 for cell in panel.cells.values())
    room = 72 * inches * width / (len(groups) + 2 * EDGE - 1) if has_seeds else math.inf
    for place, (x, inside) in enumerate(groups.items()):
        for order, hue in enumerate(sorted(inside, key=hues.index)):
            key = (x, hue)[: len(figure.settings)]
            slot = _Slot(place + (order - (len(inside) - 1) / 2) * width, width, room)
            _draw_mark(axes, figure, key, panel.cells[key], hues.index(hue), slot, points)
    if points and width < 0.8 and not is_nested(figure, groups):  # or a group looks like a part of its neighbor
        for place in range(1, len(groups)):
            axes.axvline(place - 0.5, color="0.9", linewidth=0.6, zorder=0)
    fit(axes, panel, from_zero=not points)
    axes.set_xlim(-EDGE, len(groups) - 1 + EDGE)
    draw_references(axes, panel.references, inches)
    axes.set(xlabel=title(figure, figure.settings[0]), ylabel=title(figure, figure.value))
    _tick(axes, figure, list(groups), inches)


def _groups(figure: Shown, panel: Panel) -> dict[Any, list[Any]]:
    """The hues of each x, in order of first appearance; where x joins two settings, of the first of them."""
    groups: dict[Any, list[Any]] = {}
    for key in panel.cells:
        groups.setdefault(key[0], []).append(key[1] if key[1:] else None)
    return {x: groups[x] for x in in_groups(figure, groups)}


def _tick(axes: Axes, figure: Shown, xs: list[Any], inches: float) -> None:
    nested = is_nested(figure, xs)
    labels = [str(x).partition(" & ")[2] if nested else words(figure, x) for x in xs]
    axes.set_xticks(range(len(xs)), labels)
    upright_or_slanted(axes, labels, inches / max(len(xs), 1))
    if nested:
        _draw_outer(axes, figure, list(map(outer, xs)))


def _draw_outer(axes: Axes, figure: Shown, values: list[str]) -> None:
    """Below the ticks what each run of equal `values` shares, "100 epochs", between thin lines."""
    starts = [place for place, value in enumerate(values) if place == 0 or value != values[place - 1]]
    ends = [*starts[1:], len(values)]
    for start in starts[1:]:
        axes.axvline(start - 0.5, color="0.8", linewidth=0.6, zorder=0)
    # Beside the middle by a hair: a minor tick that meets a major one is not drawn.
    centers = [(start + end - 1) / 2 + 1e-3 for start, end in zip(starts, ends, strict=True)]
    axes.set_xticks(centers, [counted(values[start], outer_title(figure)) for start in starts], minor=True)
    longest = max(label.get_window_extent().height for label in axes.get_xticklabels())
    axes.tick_params(axis="x", which="minor", length=0, pad=9 + 72 * longest / axes.figure.dpi)


def _draw_mark(axes: Axes, figure: Shown, key: Key, cell: Cell, hue: int, slot: _Slot, points: bool) -> None:
    """A cell's bar or point, in the color of the `hue`-th, and its seeds; a gap where the cell is not done."""
    said, (color, marker) = sentence(figure, key, cell), color_and_marker(hue)
    label = words(figure, key[1]) if key[1:] else "_mean"
    if cell.state != "done":
        draw_gap(axes, slot.x, 0.85 * slot.width, cell.state, color, said)
        return
    size = min(LARGEST, max(SMALLEST, 0.45 * slot.room))
    if points:
        look: dict[str, Any] = {"color": color, "markersize": size, "markeredgecolor": DARK, "mew": 0.4}
        say(axes.plot([slot.x], [cell.mean], marker, label=label, **look)[0], said)
    else:
        say(axes.bar([slot.x], [cell.mean], 0.9 * slot.width, color=color, label=label, zorder=2).patches[0], said)
    draw_seeds(axes, slot.x, max(0.28 * slot.room, (size / 2 + BESIDE) * points), cell)
