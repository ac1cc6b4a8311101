"""The tables of the page: each a caption, columns and rows of text, with the numbers by which they are sorted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from results._canvas import Drawable, of_paper
from results._hover import short
from results._nested import headings, in_groups
from results._shown import Shown
from results.cells import Panel, panel, plain
from results.facts import PLAN, PREDICTIONS, PROVENANCE, is_setting
from results.style import title, words


@dataclass(frozen=True)
class Entry:
    """What stands in a cell, and its number if it is one."""

    text: str
    number: float | None = None


@dataclass(frozen=True)
class Sheet:
    """A table: `numeric` says of each column whether it holds numbers; the first entry of a row names it."""

    caption: str
    columns: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[Entry, ...], ...]


def sheet(caption: str, columns: Sequence[str], rows: Sequence[Sequence[Entry]]) -> Sheet:
    """The table; a column is numeric if it has numbers and no words."""
    numeric = [_is_numeric([row[place] for row in rows]) for place in range(len(columns))]
    return Sheet(caption, tuple(columns), tuple(numeric), tuple(map(tuple, rows)))


def _is_numeric(entries: Sequence[Entry]) -> bool:
    shown = [one for one in entries if one.text]
    return bool(shown) and all(one.number is not None for one in shown)


def entry(value: Any) -> Entry:
    """A table's value as the reader sees it; what is absent is empty."""
    value = None if isinstance(value, float) and value != value else value
    if value is None:
        return Entry("")
    if isinstance(value, bool):
        return Entry("yes" if value else "no")
    if not isinstance(value, int | float):
        return Entry(str(value))
    return Entry(f"{value:.5g}" if isinstance(value, float) else str(value), float(value))


def numbers(figure: Drawable, table: pd.DataFrame, paper: pd.DataFrame) -> Sheet:
    """The cells of a figure: ours with interval and seeds, the paper's beside them."""
    ours = panel(figure, table)
    theirs = of_paper(figure, paper, ours)
    known = list(dict.fromkeys([*ours.cells, *(theirs.cells if theirs else ())]))
    xs = in_groups(figure, (key[0] for key in known))
    keys = sorted(known, key=lambda key: xs.index(key[0]))
    columns = [*headings(figure, xs), "ours", "\u00b1 (95%)", "seeds", *(["paper"] if theirs else [])]
    rows = [[*(_setting(figure, part) for part in key), *_ours(ours, key), *_theirs(theirs, key)] for key in keys]
    return sheet(title(figure, figure.value), columns, rows)


def runs(table: pd.DataFrame, figured: Sequence[str]) -> Sheet:
    """Every run: the settings that vary in the grid, the metrics that the figure shows, how it ended if not all are
    done, what else was measured, and what else differs by arm."""
    base, cells = table.attrs["study"].get("base", {}), table[table["arm"] == "cell"]
    told = [str(name) for name in table if name != "history" and not str(name).startswith((PROVENANCE, PREDICTIONS))]
    names = [name for name in told if _varies(table[name])]
    settings = [name for name in names if is_setting(name, base) and name not in PLAN]
    grid = [name for name in settings if _varies(cells[name])]
    first = [name for name in dict.fromkeys(figured) if name in told]
    metrics = [name for name in names if name not in (*PLAN, *settings, *first)]
    is_done = set(table["status"]) == {"done"}
    planned = [*([] if is_done else ["status"]), *(name for name in ("failure", "seconds") if name in names)]
    others = [name for name in settings if name not in grid]
    shown = ["run", "arm", "seed", *grid, *first, *planned, *metrics, *others]
    rows = [[_rounded(name, value) for name, value in zip(shown, row, strict=True)] for row in _values(table, shown)]
    return sheet("every run", [name.replace("_", " ") for name in shown], rows)


def _values(table: pd.DataFrame, names: Sequence[str]) -> list[tuple[Any, ...]]:
    return list(zip(*[[plain(value) for value in table[name]] for name in names], strict=True))


def _varies(column: Any) -> bool:
    return len({str(plain(value)) for value in column}) > 1


def _rounded(name: str, value: Any) -> Entry:
    return entry(round(value) if name == "seconds" and value is not None else value)


def _setting(figure: Shown, value: Any) -> Entry:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    is_empty = value is None and "none" not in dict(figure.labels)
    return Entry("" if is_empty else words(figure, value), float(value) if is_number else None)


def _ours(shown: Panel, key: Any) -> list[Entry]:
    cell = shown.cells.get(key)
    if cell is None:
        return [Entry(""), Entry(""), Entry("")]
    half = Entry(short(cell.half_width), cell.half_width) if cell.half_width == cell.half_width else Entry("")
    mean = Entry(short(cell.mean), cell.mean) if cell.values else Entry(cell.state)
    return [mean, half, Entry(cell.seeds and f"{len(cell.values)} of {cell.planned}", len(cell.values))]


def _theirs(shown: Panel | None, key: Any) -> list[Entry]:
    if shown is None:
        return []
    cell = shown.cells.get(key)
    return [Entry(short(cell.mean), cell.mean) if cell else Entry("")]
