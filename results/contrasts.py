"""What a claim's number is made of: cells, weighted sums of them, and what several sums come to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from results.facts import is_accuracy, spoken
from results.paper import PaperValues

Where = Mapping[str, Any] | Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Cells:
    """The mean over the cells that have these settings, or the one of them that is best on validation images."""

    where: tuple[tuple[tuple[str, Any], ...], ...]
    metric: str = "linear_top1"
    arm: str = "cell"
    best: bool = False


@dataclass(frozen=True)
class Contrast:
    """A weighted sum of cells."""

    terms: tuple[tuple[float, Cells], ...]


@dataclass(frozen=True)
class AllOf:
    """Contrasts that should all lie above the margin (the smallest counts), or within it (the largest in size)."""

    parts: tuple[Contrast, ...]


@dataclass(frozen=True)
class Count:
    """How many of these contrasts lie above zero."""

    parts: tuple[Contrast, ...]


@dataclass(frozen=True)
class Rank:
    """Spearman's correlation between our means and the paper's values, or the values of the setting `by`.

    over: a setting; the means over all cells that share its value are compared.
    """

    of: Cells
    by: PaperValues | str
    over: str = ""


@dataclass(frozen=True)
class Function:
    """A function of the rows of one seed, by its import path "module:name"."""

    path: str


DECLARED: dict[str, Callable[[Any], float]] = {}
"""The functions that the claims made in this process have, by their paths: a table, which may come from anywhere, can
name one of these, and makes nobody import anything."""
UNKNOWN = "is of no study known here: report takes its file"
"""How the note of a claim ends whose function is none of these."""


Number = Contrast | AllOf | Count | Rank | Function


def cells(where: Where, metric: str = "linear_top1", arm: str = "cell") -> Cells:
    """The mean over these cells, or over those of a reference arm: "supervised", "random encoder"."""
    given = [where] if isinstance(where, Mapping) else where
    if isinstance(given, str) or not isinstance(given, Sequence) or not all(isinstance(one, Mapping) for one in given):
        raise TypeError(f"cells are chosen by their settings, such as {{'head': 'MLP'}}, not by {where!r}")
    return Cells(tuple(tuple((name, _frozen(value)) for name, value in one.items()) for one in given), metric, arm)


def best_of(where: Where, metric: str = "linear_top1") -> Cells:
    """Of these cells the one whose mean on validation images is highest; what counts is its test value."""
    chosen = cells(where, metric)
    return Cells(chosen.where, metric, best=True)


def as_cells(given: Cells | Where) -> Cells:
    """Cells as they are, settings as the mean over the cells that have them."""
    return given if isinstance(given, Cells) else cells(given)


def weighted(*terms: tuple[float, Cells | Where]) -> Contrast:
    """The sum of weight * cells."""
    return Contrast(tuple((weight, as_cells(given)) for weight, given in terms))


def minus(first: Cells | Where, second: Cells | Where) -> Contrast:
    """first - second. Raises ValueError if they are the same."""
    if as_cells(first) == as_cells(second):
        raise ValueError(f"a claim compares two kinds of cells, not {first!r} with itself")
    return weighted((1.0, first), (-1.0, second))


def unit(number: object) -> str:
    """What the number counts in: "points" of accuracy, a metric's own name, "of 21", "rank correlation"; "" unknown."""
    if isinstance(number, Rank):
        return "rank correlation"
    if isinstance(number, Count):
        return f"of {len(number.parts)}"
    contrasts = number.parts if isinstance(number, AllOf) else (number,) if isinstance(number, Contrast) else ()
    metrics = {term.metric for contrast in contrasts for _, term in contrast.terms}
    alike = metrics and all(map(is_accuracy, metrics))
    return "points" if alike else " and ".join(sorted(metrics)).replace("_", " ")


def part(number: AllOf, place: int, largest: bool, words: Mapping[str, str]) -> str:
    """How many parts there are, and which one is at `place`: "least of 4: batch size 32"; of one part, nothing.

    words: what a value, a setting or a metric is called, where it is not called by itself.
    """
    if len(number.parts) < 2:
        return ""
    told = [[_told(cells, words) for _, cells in contrast.terms] for contrast in number.parts]
    everywhere = set.intersection(*(set(cells) for terms in told for cells in terms))
    own = [[[word for word in cells if word not in everywhere] for cells in terms] for terms in told]
    shared = [[word for word in terms[0] if all(word in cells for cells in terms)] for terms in own]
    tells = shared[place] and shared.count(shared[place]) == 1
    name = ", ".join(shared[place]) if tells else " against ".join(map(", ".join, own[place]))
    return f"{'largest' if largest else 'least'} of {len(told)}: {name}"


def _told(chosen: Cells, words: Mapping[str, str]) -> list[str]:
    """The metric and the settings in words, those last in which the alternatives differ."""
    ways = [
        [f"{words.get(name, spoken(name.rpartition('.')[2]))} {words.get(str(value), value)}" for name, value in where]
        for where in chosen.where
    ]
    common = [word for word in ways[0] if all(word in way for way in ways)]
    rest = [", ".join(word for word in way if word not in common) for way in ways]
    return [words.get(chosen.metric, spoken(chosen.metric)), *common, *filter(None, [" or ".join(filter(None, rest))])]


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list | tuple | range) else value
