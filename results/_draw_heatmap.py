"""A heatmap that can be read as a table: the paper's Fig. 5, with its row average."""

import math
from typing import Any

from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.patches import Rectangle

from results._hover import place, say, sentence, short
from results._shown import Shown
from results.cells import Cell, Panel
from results.style import DARK, GRAY, PALE, REFERENCE_LINES, title, upright_or_slanted, words

GAP = 0.25  # cells between the columns and their average
INK = "0.05"  # on a light cell; not black, which a page in the dark turns light


def is_crowded(figure: Shown, panel: Panel, average: bool, inches: float) -> bool:
    """Whether the words in the cells would run into each other in axes that take so many inches, labels included."""
    noted = any(cell.note and cell.state != "missing" for cell in panel.cells.values())
    return _cell_inches(figure, panel, average, inches) < (0.28 if noted else 0.22)


def draw_heatmap(axes: Axes, figure: Shown, panel: Panel, average: bool, bar: bool, inches: float) -> None:
    """Cells with their numbers, rows and columns in order of first appearance; `bar` adds the color bar.

    What the grid does not have stays blank. The average is left out of a row that is not complete.
    """
    rows, columns = (list(dict.fromkeys(key[side] for key in panel.cells)) for side in (0, 1))
    means = [cell.mean for cell in panel.cells.values() if cell.values]
    colors = ScalarMappable(Normalize(min(means, default=0), max(means, default=1)), "viridis")
    for (row, column), cell in panel.cells.items():
        drawn = _draw_cell(axes, columns.index(column), rows.index(row), cell, colors)
        say(drawn, sentence(figure, (row, column), cell))
    for y, row in enumerate(rows if average else []):
        mean = panel.average(row)
        whole = None if math.isnan(mean) else Cell(mean, 0.0, (mean,), 1, 0)
        drawn = _draw_cell(axes, len(columns) + GAP, y, whole, colors)
        say(drawn, f"{place(figure, (row, None))}, average of its row: {short(mean) if whole else 'not complete'}")
    width = _columns(panel, average)
    axes.set(xlim=(0, width), ylim=(len(rows), 0))
    labels = [*(words(figure, column) for column in columns), *(["average"] if average else [])]
    places = [*(index + 0.5 for index in range(len(columns))), *([width - 0.5] if average else [])]
    axes.set_xticks(places, labels)
    axes.set_yticks([index + 0.5 for index in range(len(rows))], [words(figure, row) for row in rows])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set(xlabel=title(figure, figure.settings[1]), ylabel=title(figure, figure.settings[0]))
    upright_or_slanted(axes, labels, _cell_inches(figure, panel, average, inches))
    if bar and means:
        _draw_bar(axes, figure, colors, panel.references)


def _columns(panel: Panel, average: bool) -> float:
    return len({key[1] for key in panel.cells}) + (1 + GAP) * average


def _cell_inches(figure: Shown, panel: Panel, average: bool, inches: float) -> float:
    """About how wide a cell is, beside the labels of its row and the color bar."""
    beside = 0.055 * max((len(words(figure, key[0])) for key in panel.cells), default=0) + 0.3
    return (inches - beside) / _columns(panel, average)


def _draw_cell(axes: Axes, x: float, y: float, cell: Cell | None, colors: ScalarMappable) -> Rectangle:
    done = cell is not None and cell.state == "done"
    face: Any = colors.to_rgba(cell.mean) if cell is not None and done else PALE  # type: ignore[arg-type]
    hatch = "/////" if cell is not None and cell.state == "missing" else None
    drawn = Rectangle((x, y), 1, 1, facecolor=face, edgecolor="0.6" if hatch else "white", hatch=hatch, lw=0.5)
    axes.add_patch(drawn)
    text: dict[str, Any] = {"ha": "center", "va": "center", "linespacing": 1.0}
    if cell is None:
        axes.text(x + 0.5, y + 0.5, "\u2013", color=GRAY, **text)
    elif done:
        dark = 0.299 * face[0] + 0.587 * face[1] + 0.114 * face[2] < 0.5
        lines = "\n".join(filter(None, [f"{cell.mean:.1f}", cell.note]))
        axes.text(x + 0.5, y + 0.5, lines, color="white" if dark else INK, **text)
    elif cell.state == "failed":
        for ends in ((y, y + 1), (y + 1, y)):
            axes.plot([x, x + 1], ends, color="#D55E00", linewidth=0.5)
        box = {"facecolor": PALE, "edgecolor": "none", "pad": 0.4}
        axes.text(x + 0.5, y + 0.5, "failed", color="#A03000", bbox=box, **text)
    return drawn


def _draw_bar(axes: Axes, figure: Shown, colors: ScalarMappable, references: dict[str, Cell]) -> None:
    """The color bar; a reference arm is a line across it, or a triangle at the end beyond which it lies."""
    canvas = axes.figure
    bar = canvas.colorbar(colors, ax=axes, fraction=0.035, pad=0.01, aspect=32)
    bar.outline.set_visible(False)
    bar.ax.set_title(title(figure, figure.value), fontsize=6.5, loc="right")
    low, high = colors.get_clim()
    for name, cell in references.items():
        (line, color), mean = REFERENCE_LINES[name], cell.mean
        if low is None or high is None or low <= mean <= high:
            bar.ax.axhline(mean, linestyle=line, color="white", linewidth=1.2, label=name)
        else:
            marker, end = ("v", low) if mean < low else ("^", high)
            bar.ax.plot([0.5], [end], marker, color=color or DARK, markersize=4, clip_on=False, label=name)
