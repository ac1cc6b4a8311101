"""What a reader sees who points at a mark of a figure: its setting and its number, carried by an SVG as <title>."""

import re
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes

from results._shown import Shown
from results.cells import Cell, Key
from results.style import title, words

_SAID = "said "


def say(mark: Artist, text: str) -> None:
    """Give this mark its words."""
    mark.set_gid(_SAID + text)


def say_at(axes: Axes, x: float, y: float, text: str) -> None:
    """Give a point of a line, which is no mark of its own, its words."""
    (unseen,) = axes.plot([x], [y], "o", markersize=8, color="none", label="_said")
    say(unseen, text)


def sentence(figure: Shown, key: Key, cell: Cell) -> str:
    """ "width 64, MLP: 57.30 \u00b1 0.62 (95%); seeds 57.06, 57.25, 57.59", or which word the cell has for a number."""
    return f"{place(figure, key)}: {said(cell)}"


def place(figure: Shown, key: Key) -> str:
    """The values of the settings that a figure shows, those that are no words beside their names."""
    parts = [(name, value) for name, value in zip(figure.settings, key, strict=True) if value is not None]
    return ", ".join(
        words(figure, value) if isinstance(value, str) else f"{title(figure, name)} {words(figure, value)}"
        for name, value in parts
    )


def said(cell: Cell) -> str:
    """A cell's mean with its interval and seeds."""
    if not cell.values:
        return cell.state
    half = f" \u00b1 {short(cell.half_width)} (95%)" if cell.half_width == cell.half_width else ""
    seeds = f"; seeds {', '.join(map(short, cell.values))}" if len(cell.values) > 1 else ""
    note = f" ({cell.note})" if cell.note else ""
    return short(cell.mean) + half + seeds + note


def short(number: float) -> str:
    """Two places, or three digits of what is small."""
    return f"{number:.2f}" if abs(number) >= 0.1 or number == 0 else f"{number:.3g}"


def titled(svg: Any) -> str:
    """The SVG that matplotlib wrote, with what was said in it as <title>, which a browser shows."""
    return re.sub(f'<g id="{_SAID}([^"]*)">', r"<g><title>\1</title>", svg)
