"""A study's numbers for a paper: its cells, and its claims, each as a LaTeX table beside its figure."""

import math
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd

from results._canvas import in_order, of_paper
from results._figures import Bars, Heatmap, Lines
from results._latex import COLUMN, escape, floating, mean_of, number, tabular, width
from results._latex_matrix import how_to_read, is_matrix, matrices
from results._nested import headings, in_groups
from results.cells import Panel, panel
from results.claim_words import aside, note, papers
from results.notes import facts, intervals, of_panels
from results.panels import AnyFigure, parts_of
from results.style import digits, title, words
from results.verdicts import Verdict
from results.whole_files import write_whole

One = Heatmap | Bars | Lines
Compared = tuple[One, Panel, Panel | None]
"""A figure, what it shows of ours, and what of the paper's."""


def cells_as_latex(figure: AnyFigure, table: pd.DataFrame, paper: pd.DataFrame | None = None) -> str:
    """The figure's cells: mean, half width of the 95% interval, seeds, and the paper's number where it has one."""
    figures = parts_of(figure)
    panels = [panel(one, table) for one in figures]
    shown = [(one, ours, _beside(ours, of_paper(one, paper, ours))) for one, ours in zip(figures, panels, strict=True)]
    tables = [one for _, alike in groupby(shown, lambda one: one[0].settings) for one in _tabulars(list(alike))]
    about = table.attrs.get("study", {})
    titles = dict.fromkeys(one.paper.title for one, _, theirs in shown if one.paper and theirs)
    about_each = of_panels([(title(one, one.value), intervals(ours, "\u00b1", "")) for one, ours, _ in shown])
    caption = [about.get("question", ""), *facts(figures, table, panels), about_each]
    caption += dict.fromkeys(how_to_read(one, ours) for one, ours, _ in shown if is_matrix(one, ours))
    caption += [f"Paper: {', '.join(titles)}." if titles else ""]
    name = f"{about.get('study', 'study')}.{about.get('scale', '')}"
    return floating(tables, escape(" ".join(filter(None, caption))), name)


def _beside(ours: Panel, theirs: Panel | None) -> Panel | None:
    """The paper's panel where it has a number in the row of one of ours."""
    if theirs is None or ours.cells.keys() & theirs.cells or ours.references.keys() & theirs.references:
        return theirs
    return None


def claims_as_latex(found: Sequence[Verdict], trained: str) -> str:
    """The verdicts on one study's claims at one scale, each with its interval at the level at which it was judged."""
    head = ("claim", "", "holds if", "paper", "ours", "interval", "level", "$n$", "verdict")
    rows = [_claim(one) for one in found]
    caption = escape(note(found, trained))
    label = f"{found[0].study}.{found[0].scale}.claims"
    others = width([[name, *numbers] for name, _, *numbers in (head, *rows)])
    text = max(100.0, min(160.0, 1.8 * COLUMN - others))
    return floating([tabular(f"lp{{{text:.0f}pt}}lrrrrrl", head, [rows])], caption, label)


def save_latex(text: str, folder: Path, name: str) -> Path:
    """Write <folder>/<name>.tex and return its path."""
    path = folder / f"{name}.tex"
    write_whole(path, text.encode())
    return path


def _tabulars(alike: Sequence[Compared]) -> list[list[str]]:
    """Of figures that show the same settings: a matrix each, or all of them in one list of cells."""
    maps = [matrices(one, ours, theirs) for one, ours, theirs in alike if is_matrix(one, ours)]
    return [_cells(alike)] if len(maps) < len(alike) else [lines for tables in maps for lines in tables]


def _cells(shown: Sequence[Compared]) -> list[str]:
    """One tabular: a row a cell, of figures that show the same settings."""
    first, ours, _ = shown[0]
    head = list(map(escape, headings(first, [key[0] for key in ours.cells])))
    for figure, _, theirs in shown:
        head += [escape(title(figure, figure.value)), "$n$"] + ["paper"] * (theirs is not None)
    xs, *others = [in_order(parts) for parts in zip(*ours.cells, strict=True)]
    orders = [in_groups(first, xs), *others]
    keys = sorted(ours.cells, key=lambda key: [known.index(part) for known, part in zip(orders, key, strict=True)])
    blocks = [list(block) for _, block in groupby(keys, lambda key: key[0] if len(key) > 1 else None)]
    rows = [[_cell(key, shown, repeats=place > 0) for place, key in enumerate(block)] for block in blocks]
    columns = "l" * len(first.settings) + "".join("rr" + "r" * (theirs is not None) for *_, theirs in shown)
    return tabular(columns, head, _joined(rows), _references(shown))


def _joined(blocks: list[list[list[str]]]) -> list[list[list[str]]]:
    """Blocks of one row each, as one block."""
    return blocks if any(len(block) > 1 for block in blocks) else [[row for block in blocks for row in block]]


def _cell(key: tuple[Any, ...], shown: Sequence[Compared], repeats: bool) -> list[str]:
    first = shown[0][0]
    row = [escape(words(first, part)) for part in key]
    if repeats and len(row) > 1:
        row[0] = ""
    for figure, ours, theirs in shown:
        cell, places = ours.cells[key], digits(figure)
        mean = mean_of(cell.mean, cell.half_width, places)
        row += [mean if cell.values else cell.state, cell.seeds or "--"]
        if theirs is not None:
            row.append(number(theirs.cells[key].mean if key in theirs.cells else math.nan, places))
    return row


def _references(shown: Sequence[Compared]) -> list[list[str]]:
    """A row an arm that the figures draw as a line."""
    rows = []
    for name in dict.fromkeys(name for _, ours, _ in shown for name in ours.references):
        row = [escape(name), *[""] * (len(shown[0][0].settings) - 1)]
        for figure, ours, theirs in shown:
            arm, places = ours.references.get(name), digits(figure)
            row += [number(arm.mean, places), arm.seeds] if arm else [number(math.nan, places), "--"]
            if theirs is not None:
                beside = theirs.references.get(name)
                row.append(number(beside.mean if beside else math.nan, places))
        rows.append(row)
    return rows


def _claim(one: Verdict) -> list[str]:
    margin = f"$> {one.margin:g}$" if one.kind == "above" else rf"$\pm {one.margin:g}$"
    interval = "--" if math.isnan(one.low) else f"[{number(one.low, 2, True)}, {number(one.high, 2, True)}]"
    level = "--" if math.isnan(one.low) else rf"{100 * one.level:.4g}\%"
    why = f" ({one.note})" if math.isnan(one.effect) and one.note else f"; {aside(one)}" if aside(one) else ""
    paper = f"${papers(one)}$" if papers(one) else "--"
    numbers = [paper, number(one.effect, 2, True), interval, level, str(one.seeds or "--")]
    return [escape(one.claim), rf"\raggedright {escape(one.text + why)}", margin, *numbers, escape(one.verdict)]
