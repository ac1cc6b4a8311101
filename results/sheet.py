"""A contact sheet: small pictures in labeled columns, or as a matrix of two labels."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from results._wrapped import wrapped
from results.style import GRAY, STYLE

TILE, NEAR, APART, LINE = 0.42, 0.025, 0.13, 0.115  # inches: a picture, the gaps within and between columns, a line
NARROW, WIDTH, EDGE, ROW_LABEL = 4.5, 13.0, 0.12, 0.75


@dataclass(frozen=True)
class Column:
    """Pictures under one label. pictures: (images, views, H, W, 3) in [0, 1], a row an image."""

    label: str
    pictures: Any

    @property
    def width(self) -> float:
        """In inches, the gap to the next one included."""
        return int(self.pictures.shape[1]) * (TILE + NEAR) + APART


@dataclass(frozen=True)
class Band:
    """Columns side by side under a title; they go on in a new line where the sheet ends."""

    title: str
    columns: Sequence[Column]


def draw_columns(bands: Sequence[Band], said: str) -> Figure:
    """The bands one below the other, and what is said of them at the foot."""
    with rc_context(STYLE):  # type: ignore[arg-type]
        canvas, axes = _canvas()
        y = EDGE
        for band in bands:
            lines = _lines(band.columns)
            wide = max([NARROW, *(sum(one.width for one in line) for line in lines)])
            titled = wrapped(band.title, wide - EDGE, "bold")
            axes.text(EDGE, y, "\n".join(titled), va="top", weight="bold")
            y += (len(titled) + 1) * LINE
            for line in lines:
                y = _draw_line(axes, y, line) + APART
        return _finish(canvas, axes, y, said)


def draw_matrix(first: Sequence[Column], cells: Mapping[tuple[str, str], Any], said: str) -> Figure:
    """A row and a column a label, in each cell the pictures (images, H, W, 3) side by side; `first` stand above all.

    cells: by the labels of their row and their column.
    """
    rows, columns = (list(dict.fromkeys(labels)) for labels in zip(*cells, strict=True))
    with rc_context(STYLE):  # type: ignore[arg-type]
        canvas, axes = _canvas()
        x, y = EDGE + ROW_LABEL, EDGE
        for one in first:
            axes.text(x, y, one.label, va="top")
            x = _strip(axes, x, y + 1.2 * LINE, one.pictures[:, 0])
        y += 1.2 * LINE + TILE + APART
        x = EDGE + ROW_LABEL
        for column in columns:
            axes.text(x, y, column, va="top")
            x += len(next(iter(cells.values()))) * (TILE + NEAR) + APART
        y += 1.2 * LINE
        for row in rows:
            axes.text(EDGE, y + TILE / 2, row, va="center")
            x = EDGE + ROW_LABEL
            for column in columns:
                x = _strip(axes, x, y, cells[row, column]) if (row, column) in cells else x
            y += TILE + NEAR
        return _finish(canvas, axes, y, said)


def _lines(columns: Sequence[Column]) -> list[list[Column]]:
    lines: list[list[Column]] = [[]]
    for column in columns:
        if lines[-1] and sum(one.width for one in (*lines[-1], column)) > WIDTH - EDGE:
            lines.append([])
        lines[-1].append(column)
    return lines


def _draw_line(axes: Axes, y: float, columns: Sequence[Column]) -> float:
    """Labels, and below them the pictures; where the next line may begin."""
    labels = [_wrapped(column) for column in columns]
    top, x = y + LINE * max(map(len, labels)) + NEAR, EDGE
    for column, label in zip(columns, labels, strict=True):
        for place, text in enumerate(reversed(label)):
            axes.text(x, top - 2 * NEAR - place * LINE, text, va="baseline")
        for row, views in enumerate(column.pictures):
            _strip(axes, x, top + row * (TILE + NEAR), views)
        x += column.width
    return top + max(len(column.pictures) for column in columns) * (TILE + NEAR)


def _wrapped(column: Column) -> list[str]:
    room = max(9, int((column.width - APART) / 0.053))
    return [part for line in column.label.split("\n") for part in textwrap.wrap(line, room, break_long_words=False)]


def _strip(axes: Axes, x: float, y: float, pictures: Any) -> float:
    """Pictures (n, H, W, 3) side by side; where the next may stand."""
    for place, picture in enumerate(pictures):
        left = x + place * (TILE + NEAR)
        axes.imshow(picture, extent=(left, left + TILE, y + TILE, y), interpolation="nearest", vmin=0, vmax=1)
    return x + len(pictures) * (TILE + NEAR) + APART


def _canvas() -> tuple[Figure, Axes]:
    """A figure whose axes are its surface in inches, from the top left."""
    canvas = Figure()
    axes = canvas.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    return canvas, axes


def _finish(canvas: Figure, axes: Axes, y: float, said: str) -> Figure:
    right = max([NARROW, *(image.get_extent()[1] for image in axes.images)]) + EDGE
    lines = wrapped(said, right - 2 * EDGE)
    axes.text(EDGE, y + LINE / 2, "\n".join(lines), va="top", color=GRAY)
    bottom = y + LINE * (len(lines) + 1) + EDGE
    canvas.set_size_inches(right, bottom)
    axes.set(xlim=(0, right), ylim=(bottom, 0), aspect="auto")
    return canvas
