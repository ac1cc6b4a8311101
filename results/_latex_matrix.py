"""A heatmap's numbers in LaTeX: a matrix of ours, and below it the paper's."""

from typing import TypeGuard

from results._figures import Bars, Heatmap, Lines
from results._latex import COLUMN, GAP, escape, mean_of, number, tabular, width_of
from results.cells import Cell, Panel, arm_words
from results.style import digits, title, words

One = Heatmap | Bars | Lines


def is_matrix(figure: One, ours: Panel) -> TypeGuard[Heatmap]:
    """Whether this is a heatmap, and as a matrix no wider than a page."""
    return isinstance(figure, Heatmap) and max(map(width_of, matrices(figure, ours, None))) <= 2 * COLUMN + GAP


def matrices(figure: Heatmap, ours: Panel, theirs: Panel | None) -> list[list[str]]:
    """The tabulars: a row a value of the first setting, a column one of the second, as the figure has them."""
    value = escape(title(figure, figure.value))
    named = [("here", ours)] + ([("paper", theirs)] if theirs is not None else [])
    return [_matrix(figure, panel, f"{value}, {name}") for name, panel in named]


def how_to_read(figure: Heatmap, ours: Panel) -> str:
    """What the caption says of rows and columns, and of the arms that are no cell."""
    arms = "".join(f"; {arm_words(name, cell, digits(figure))}" for name, cell in ours.references.items())
    return f"Rows: {title(figure, figure.rows)}; columns: {title(figure, figure.columns)}{arms}."


def _matrix(figure: Heatmap, panel: Panel, corner: str) -> list[str]:
    rows, columns = (list(dict.fromkeys(key[side] for key in panel.cells)) for side in (0, 1))
    head = [corner, *(escape(words(figure, column)) for column in columns), *["average"] * figure.average]
    body = []
    for row in rows:
        cells = [_cell(panel.cells.get((row, column)), digits(figure)) for column in columns]
        averages = [number(panel.average(row), digits(figure))] * figure.average
        body.append([escape(words(figure, row)), *cells, *averages])
    return tabular("l" + "r" * (len(head) - 1), head, [body])


def _cell(cell: Cell | None, decimals: int) -> str:
    """The number, with `n=2/3` where seeds lack; why there is none; nothing where the grid has no such cell."""
    if cell is None or not cell.values:
        return cell.state if cell else ""
    return " ".join(filter(None, [mean_of(cell.mean, cell.half_width, decimals), cell.note]))
