"""One picture from figures and a table: panels side by side, a legend above, the footer below."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, Protocol

import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from results._shown import Shown
from results._wrapped import wrapped
from results.cells import Panel, panel
from results.notes import IMAGES, facts, of_panels
from results.paper import paper_values
from results.style import DOUBLE, GRAY, SINGLE, STYLE, TEXT, title

LEFT = 0.01
"""Of the width of a picture: where its footer begins, and as far from the right it ends."""


class Drawable(Shown, Protocol):
    """A figure that can fill axes."""

    _beside_paper: ClassVar[str]

    def _fill(self, axes: Sequence[Axes], panels: Sequence[Panel], inches: float) -> None: ...
    def _is_wide(self, ours: Panel, inches: float) -> bool: ...
    def _height(self, panels: Sequence[Panel]) -> float: ...
    def _caption(self, ours: Panel) -> str: ...


def draw(figures: Sequence[Drawable], table: pd.DataFrame, paper: pd.DataFrame | None) -> Figure:
    """One figure and the paper's at its right, or several figures with the paper's below them."""
    ours = [panel(figure, table) for figure in figures]
    theirs = [of_paper(figure, paper, shown) for figure, shown in zip(figures, ours, strict=True)]
    beside, below = len(figures) == 1 and theirs[0] is not None, len(figures) > 1 and any(theirs)
    columns, lines = len(figures) + beside, 1 + below
    heights = [figure._height([shown]) for figure, shown in zip(figures, ours, strict=True)]
    width = DOUBLE if columns > 1 or figures[0]._is_wide(ours[0], SINGLE - 0.5) else SINGLE
    with rc_context(STYLE):  # type: ignore[arg-type]
        canvas = Figure(layout="constrained")
        axes = canvas.subplots(lines, columns, squeeze=False)
        for index, figure in enumerate(figures):
            shown = [one for one in (ours[index], theirs[index]) if one is not None]
            places = list(axes[0, :]) if beside else list(axes[:, index])
            _fill(figure, places[: len(shown)], shown, width / columns - 0.5, _here(figure, table))
            for empty in places[len(shown) :]:
                empty.set_axis_off()
        above = _legend(canvas, figures, axes.flat, width)
        captions = [(title(one, one.value), one._caption(shown)) for one, shown in zip(figures, ours, strict=True)]
        said = [*facts(figures, table, ours), of_panels(captions), figures[0]._beside_paper * any(theirs)]
        under = footer(canvas, " ".join(filter(None, said)), width)
        canvas.set_size_inches(width, lines * max(heights) + above + under)
    return canvas


def _fill(figure: Drawable, axes: list[Axes], panels: list[Panel], inches: float, here: str) -> None:
    figure._fill(axes, panels, inches)
    if figure.paper is not None and len(axes) == 2:
        axes[0].set_title(here, loc="left")
        axes[1].set_title(f"paper: {figure.paper.title}", loc="left")


def of_paper(figure: Drawable, paper: pd.DataFrame | None, ours: Panel) -> Panel | None:
    """The paper's panel, in the order of ours; what only the paper has comes last."""
    if figure.paper is None or paper is None:
        return None
    theirs = panel(figure, paper_values(figure.paper, paper, figure.value), chosen=True)
    orders = [in_order(parts) for parts in zip(*[*ours.cells, *theirs.cells], strict=True)]
    order = sorted(theirs.cells, key=lambda key: [known.index(part) for known, part in zip(orders, key, strict=True)])
    return replace(theirs, cells={key: theirs.cells[key] for key in order})


def in_order(values: Sequence[Any]) -> list[Any]:
    """Numbers by size, after what is none; else in order of first appearance."""
    known = list(dict.fromkeys(values))
    if all(value is None or (isinstance(value, int | float) and not isinstance(value, bool)) for value in known):
        return sorted(known, key=lambda value: (value is not None, value))
    return known


def _legend(canvas: Figure, figures: Sequence[Drawable], axes: Any, width: float) -> float:
    """A legend of the hues above the panels; the inches that it takes."""
    each = [one.get_legend_handles_labels() for one in axes]
    every = {label for _, labels in each for label in labels}
    each.sort(key=lambda found: not every <= set(found[1]))  # a panel that has all of them has them in order
    handles = {label: handle for found in each for handle, label in zip(*found, strict=True)}
    if not handles:
        return 0.0
    widest = 0.055 * max(map(len, handles)) + 0.35
    columns = max(1, min(len(handles), int((width - 0.2) / widest)))
    named = {"title": title(figures[0], figures[0].settings[1]), "alignment": "left", "title_fontsize": 7}
    style: dict[str, Any] = {"frameon": False, "borderpad": 0.1, "handlelength": 1.4, "columnspacing": 1.0}
    canvas.legend(handles.values(), handles.keys(), loc="outside upper left", ncols=columns, **named, **style)
    return 0.2 + 0.13 * math.ceil(len(handles) / columns)


def footer(canvas: Figure, said: str, width: float) -> float:
    """Lines at the bottom left, for which the layout keeps room; the inches that they take."""
    text = wrapped(said, (1 - 2 * LEFT) * width)
    canvas.supxlabel("\n".join(text), x=LEFT, ha="left", fontsize=TEXT, color=GRAY, linespacing=1.25)
    return _inches(text)


def take_footer(canvas: Figure) -> str:
    """Take the lines away with the room that they had, and return them as one: a page breaks them itself."""
    lines = canvas.get_supxlabel().split("\n")
    canvas.supxlabel("")
    canvas.set_figheight(canvas.get_figheight() - _inches(lines))
    return " ".join(lines)


def _inches(lines: Sequence[str]) -> float:
    return 0.12 * len(lines) + 0.05


def _here(figure: Drawable, table: pd.DataFrame) -> str:
    base = table.attrs.get("study", {}).get("base", {})
    name = str(base.get("dataset", ""))
    return f"here: {dict(figure.labels).get(name, IMAGES.get(name, name))}" if name else "here"
