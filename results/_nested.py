"""An x that joins two settings, "epochs & batch_size": the first has a place of its own, the second one in it."""

from collections.abc import Iterable
from typing import Any

from results._shown import Shown
from results.style import title


def is_nested(figure: Shown, xs: Iterable[Any]) -> bool:
    """Whether x joins settings for which the figure has no words of its own."""
    return " & " in figure.settings[0] and not any(str(x) in dict(figure.labels) for x in xs)


def outer(x: Any) -> str:
    """What it has of the first setting."""
    return str(x).partition(" & ")[0]


def outer_title(figure: Shown) -> str:
    """The title of the first setting."""
    return title(figure, figure.settings[0].partition(" & ")[0])


def in_groups(figure: Shown, xs: Iterable[Any]) -> list[Any]:
    """Each x once, those with an equal first setting together, in order of first appearance."""
    every = list(dict.fromkeys(xs))
    first = list(dict.fromkeys(map(outer, every)))
    return sorted(every, key=lambda x: first.index(outer(x))) if is_nested(figure, every) else every


def headings(figure: Shown, xs: Iterable[Any]) -> list[str]:
    """The titles of columns, one a setting; of a nested x both."""
    titles = [title(figure, name) for name in figure.settings]
    return [f"{outer_title(figure)} & {titles[0]}", *titles[1:]] if is_nested(figure, xs) else titles
