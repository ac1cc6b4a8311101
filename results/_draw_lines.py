"""Mean lines over a numeric setting; a value that is null or not a number has a place of its own."""

import math
from collections import Counter
from typing import Any

from matplotlib.axes import Axes

from results._draw_marks import BESIDE, draw_gap, draw_seeds, fit
from results._draw_references import draw_references
from results._hover import say_at, sentence
from results._shown import Shown
from results.cells import Panel
from results.style import PALETTE, color_and_marker, title, upright_or_slanted, words

SIZE = 4
"""The diameter of a mark, in points."""
BESIDE_DATA = 0.1
"""So wide, of all that the data take up, are the marks of one x beside each other, and what is free on both sides."""


def positions(xs: list[Any], log: bool) -> dict[Any, float]:
    """Where each x is drawn: its value or log2, nulls one step left; all in order if one is no number."""
    numbers = sorted(x for x in xs if type(x) in (int, float))
    if not numbers or any(type(x) not in (int, float) for x in xs if x is not None):
        return {x: float(index) for index, x in enumerate(xs)}
    if log and numbers[0] <= 0:
        raise ValueError(f"log_x takes positive numbers, not {numbers[0]}")
    where = {x: math.log2(x) if log else float(x) for x in numbers}
    step = (where[numbers[-1]] - where[numbers[0]]) / max(len(numbers) - 1, 1) or 1.0
    return {None: where[numbers[0]] - step, **where} if None in xs else where


def draw_lines(axes: Axes, figure: Shown, panel: Panel, hues: list[Any], log: bool, inches: float) -> None:
    """One line for each hue, broken where runs are missing; lines stand a little apart, to keep whiskers apart."""
    where = positions(list(dict.fromkeys(key[0] for key in panel.cells)), log)
    reach = max(where.values(), default=1.0) - min(where.values(), default=0.0) or 1.0
    most = max(Counter(key[0] for key in panel.cells).values(), default=1)
    apart = min(0.044, BESIDE_DATA / most) * reach * bool(panel.freedom)
    for order, hue in enumerate(hues):
        cells = {key[0]: cell for key, cell in panel.cells.items() if key[1:] == (hue,)[: len(figure.settings) - 1]}
        xs = {x: where[x] + apart * _turn(panel, hues, x, hue) for x in sorted(cells, key=where.__getitem__)}
        _draw_line(axes, figure, hue, order, xs, cells)
    _draw_gaps(axes, figure, panel, hues, where, 0.055 * reach)
    fit(axes, panel, from_zero=False)
    _ticks(axes, figure, where, reach, inches)
    draw_references(axes, panel.references, inches)


def _turn(panel: Panel, hues: list[Any], x: Any, hue: Any) -> float:
    """How many steps to the right of x its mark stands, so that those of all hues there are have x in their middle."""
    there = [one for one in hues if (x, one) in panel.cells]
    return there.index(hue) - (len(there) - 1) / 2 if there else 0.0


def _draw_line(axes: Axes, figure: Shown, hue: Any, order: int, xs: dict[Any, float], cells: dict[Any, Any]) -> None:
    color, marker = color_and_marker(order)
    label = words(figure, hue) if len(figure.settings) > 1 else "_mean"
    style: dict[str, Any] = {"color": color, "marker": marker, "markersize": SIZE, "linewidth": 1.1, "zorder": 3}
    alone = [x for x in xs if x is None]
    for part in (alone, [x for x in xs if x is not None]):
        if part:
            axes.plot([xs[x] for x in part], [cells[x].mean for x in part], label=label, **style)
    for x, place in xs.items():
        if cells[x].state == "done":
            draw_seeds(axes, place, SIZE / 2 + BESIDE, cells[x], color)
            say_at(axes, place, cells[x].mean, sentence(figure, (x, hue)[: len(figure.settings)], cells[x]))


def _draw_gaps(axes: Axes, figure: Shown, panel: Panel, hues: list[Any], where: dict[Any, float], width: float) -> None:
    """A slot in its line's color for each run that is not there, side by side where one x lacks several."""
    for x, place in where.items():
        gaps = {key: cell.state for key, cell in panel.cells.items() if key[0] == x and cell.state != "done"}
        for order, (key, state) in enumerate(gaps.items()):
            color = PALETTE[hues.index(key[1] if key[1:] else None) % len(PALETTE)]
            said = sentence(figure, key, panel.cells[key])
            draw_gap(axes, place + (order - (len(gaps) - 1) / 2) * width, 0.9 * width, state, color, said)


def _ticks(axes: Axes, figure: Shown, where: dict[Any, float], reach: float, inches: float) -> None:
    shown: dict[Any, float] = {}
    for x, place in where.items():
        last = next(reversed(shown), x)
        needed = 0.06 * (len(words(figure, x)) + len(words(figure, last))) / 2 + 0.05
        if not shown or (place - shown[last]) / reach * inches > needed or not isinstance(x, int | float):
            shown[x] = place
    labels = [words(figure, x) for x in shown]
    axes.set_xticks(list(shown.values()), labels)
    edge = (BESIDE_DATA / 2 + 0.01) * reach
    axes.set_xlim(min(where.values(), default=0) - edge, max(where.values(), default=1) + edge)
    if None in where and len(where) > 1:
        first, second = sorted(where.values())[:2]
        axes.axvline((first + second) / 2, color="0.8", linewidth=0.6)
    upright_or_slanted(axes, labels, inches / max(len(labels), 1) * 1.3)
    axes.set(xlabel=title(figure, figure.settings[0]), ylabel=title(figure, figure.value))
