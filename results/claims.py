"""Claims: what a study expects to see, as values that a table's metadata can hold.

    difference("F16", {"head": "MLP"}, {"head": "Linear"}, above=0.5, paper=3.6)

A claim's number should lie `above` a margin, or `within` one of zero. Cells are chosen by their settings, written as
the table shows them; a tuple means any of its values, and a list of mappings any of these.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack

from results._as_json import from_json, to_json
from results.paper import PaperValues

MARGIN = 0.5
"""Percent. The paper prints its default arm as 64.3 to 64.6 in six places, and calls 0.5 a difference."""

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


Number = Contrast | AllOf | Rank | Function


class Said(TypedDict, total=False):
    """What each claim may say beside its number: the fields of Claim."""

    above: float | None
    within: float | None
    paper: float | None
    text: str
    scales: tuple[str, ...]
    needs: str


@dataclass(frozen=True)
class Claim:
    """A number that should lie above `above`, or between -`within` and `within`; above 0.5 if neither is given.

    paper: the paper's number. scales: where it can be tested (none: everywhere), and `needs`: why not elsewhere.
    number: also a plain function of a seed's rows, a DataFrame, that returns one float.
    """

    name: str
    number: Number | Callable[[Any], float]
    above: float | None = None
    within: float | None = None
    paper: float | None = None
    text: str = ""
    scales: tuple[str, ...] = ()
    needs: str = ""

    def __post_init__(self) -> None:
        if callable(self.number):
            object.__setattr__(self, "number", _by_path(self.name, self.number))
        if self.above is not None and self.within is not None:
            raise ValueError(f"claim {self.name} takes above= or within=, not both")
        if self.within is not None and not self.within > 0:
            raise ValueError(f"claim {self.name}: within takes a margin above 0, not {self.within}")
        if self.above is None and self.within is None:
            object.__setattr__(self, "above", MARGIN)

    @property
    def margin(self) -> float:
        """`above` or `within`, whichever it is."""
        margin = self.above if self.within is None else self.within
        assert margin is not None
        return margin

    def is_at(self, scale: str) -> bool:
        """Whether this scale can test it."""
        return not self.scales or scale in self.scales


def cells(where: Where, metric: str = "linear_top1", arm: str = "cell") -> Cells:
    """The mean over these cells, or over those of a reference arm: "supervised", "random encoder"."""
    given = [where] if isinstance(where, Mapping) else where
    return Cells(tuple(tuple((name, _frozen(value)) for name, value in one.items()) for one in given), metric, arm)


def best_of(where: Where, metric: str = "linear_top1") -> Cells:
    """Of these cells the one whose mean on validation images is highest; what counts is its test value."""
    chosen = cells(where, metric)
    return Cells(chosen.where, metric, best=True)


def difference(name: str, first: Cells | Where, second: Cells | Where, **said: Unpack[Said]) -> Claim:
    """first - second."""
    return Claim(name, _minus(first, second), **said)


def gap_of_gaps(
    name: str, a: Cells | Where, b: Cells | Where, c: Cells | Where, d: Cells | Where, **said: Unpack[Said]
) -> Claim:
    """(a - b) - (c - d): an interaction."""
    second = tuple((-weight, term) for weight, term in _minus(c, d).terms)
    return Claim(name, Contrast((*_minus(a, b).terms, *second)), **said)


def all_of(name: str, pairs: Sequence[tuple[Cells | Where, Cells | Where]], **said: Unpack[Said]) -> Claim:
    """first - second of each pair: all above the margin, or all within it."""
    return Claim(name, AllOf(tuple(_minus(first, second) for first, second in pairs)), **said)


def rank(name: str, of: Cells | Where, by: PaperValues | str, over: str = "", **said: Unpack[Said]) -> Claim:
    """Spearman's correlation between our cells and the paper's, or the setting `by`; between -1 and 1."""
    return Claim(name, Rank(_cells(of), by, over), **said)


def about_claims(claims: Sequence[Claim]) -> list[dict[str, Any]]:
    """The claims as JSON."""
    about: list[dict[str, Any]] = to_json(list(claims))
    return about


def claims_from(about: Sequence[Mapping[str, Any]]) -> tuple[Claim, ...]:
    """The claims that about_claims described, after JSON."""
    kinds = (Claim, Cells, Contrast, AllOf, Rank, Function, PaperValues)
    claims: tuple[Claim, ...] = from_json(list(about), {kind.__name__: kind for kind in kinds})
    return claims


def _cells(given: Cells | Where) -> Cells:
    return given if isinstance(given, Cells) else cells(given)


def _minus(first: Cells | Where, second: Cells | Where) -> Contrast:
    return Contrast(((1.0, _cells(first)), (-1.0, _cells(second))))


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list | tuple | range) else value


def _by_path(claim: str, function: Callable[[Any], float]) -> Function:
    name = getattr(function, "__qualname__", "<")
    if "<" in name:
        raise TypeError(f"claim {claim}: a number of one's own is a function at module level, not {function!r}")
    return Function(f"{function.__module__}:{name}")
