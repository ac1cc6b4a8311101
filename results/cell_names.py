"""What runs are called: by the settings in which their cells differ."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any


def cell_names(arms: Sequence[str], settings: Mapping[str, Sequence[Any]], base: Collection[str] = ()) -> list[str]:
    """For each run its arm, or in the grid "MLP, width 64": as few of the settings as tell its cells apart.

    settings: by its dotted name, each run's value, None where it has none. base: all names there are, so that a last
    word which two of them share is not used alone.
    """
    grid = [place for place, arm in enumerate(arms) if arm == "cell"]
    names = _telling(grid, settings)
    called = [_short(name, {*settings, *base}) for name in names]
    found = list(arms)
    for place in grid:
        words = [_word(short, settings[name][place]) for name, short in zip(names, called, strict=True)]
        found[place] = ", ".join(filter(None, words)) or "baseline"
    return found


def _telling(grid: Sequence[int], settings: Mapping[str, Sequence[Any]]) -> list[str]:
    """The settings that vary in the grid, but for those which say no more than the ones before them."""
    known: list[tuple[str, ...]] = [()] * len(grid)
    chosen: list[str] = []
    for name, values in settings.items():
        finer = [(*before, str(values[place])) for before, place in zip(known, grid, strict=True)]
        if len(set(finer)) > len(set(known)):
            known, chosen = finer, [*chosen, name]
    return chosen


def _short(name: str, all_names: Collection[str]) -> str:
    """The last word of a setting's name; all of it where another setting ends alike."""
    last = name.rpartition(".")[2]
    alike = sum(other.rpartition(".")[2] == last for other in all_names)
    return (last if alike == 1 else name.replace(".", " ")).replace("_", " ")


def _word(name: str, value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
