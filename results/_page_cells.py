"""What the page calls the runs of a table: by the settings in which their cells differ."""

from collections.abc import Collection, Sequence

import pandas as pd

from results._cells import plain
from results._facts import is_setting


def cell_names(table: pd.DataFrame) -> list[str]:
    """For each row its arm, or in the grid "MLP, width 64": as few settings as tell its cells apart."""
    grid = table["arm"] == "cell"
    base = table.attrs["study"].get("base", {})
    names = _telling(table[grid], base)
    columns = [[plain(value) for value in table[name]] for name in names]
    called = [_short(name, base) for name in names]
    found = [
        ", ".join(filter(None, (_word(name, value) for name, value in zip(called, row, strict=True)))) or "cell"
        for row in (zip(*columns, strict=True) if names else [()] * len(table))
    ]
    return [name if is_cell else str(arm) for name, is_cell, arm in zip(found, grid, table["arm"], strict=True)]


def _telling(cells: pd.DataFrame, base: Collection[str]) -> Sequence[str]:
    """The settings that vary, but for those which say no more than the ones before them."""
    known: list[tuple[str, ...]] = [()] * len(cells)
    chosen: list[str] = []
    for name in map(str, cells):
        if name == "seed" or not is_setting(name, base):
            continue
        finer = [(*before, str(plain(value))) for before, value in zip(known, cells[name], strict=True)]
        if len(set(finer)) > len(set(known)):
            known, chosen = finer, [*chosen, name]
    return chosen


def _word(name: str, value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"


def _short(name: str, base: Collection[str]) -> str:
    """The last word of a setting's name; all of it where another setting ends alike."""
    last = name.rpartition(".")[2]
    alike = sum(other.rpartition(".")[2] == last for other in {name, *base})
    return (last if alike == 1 else name.replace(".", " ")).replace("_", " ")
