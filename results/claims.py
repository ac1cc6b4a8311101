"""Claims: what a study expects to see, as values that a table's metadata can hold.

    difference("F16", {"head": "MLP"}, {"head": "Linear"}, above=0.5, paper=3.6)

A claim's number should lie `above` a margin, or `within` one of zero. Cells are chosen by their settings, written as
the table shows them; a tuple means any of its values, and a list of mappings any of these.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack

from results._as_json import from_json, to_json
from results._contrasts import (
    DECLARED,
    AllOf,
    Cells,
    Contrast,
    Count,
    Function,
    Number,
    Rank,
    Where,
    as_cells,
    best_of,
    cells,
    minus,
    weighted,
)
from results.paper import PaperValues

__all__ = [
    "Cells",
    "Claim",
    "Function",
    "about_claims",
    "all_of",
    "best_of",
    "cells",
    "claims_from",
    "count_of",
    "difference",
    "gap_of_gaps",
    "rank",
    "weighted",
]

MARGIN = 0.5
"""Percent. The paper prints its default arm as 64.3 to 64.6 in six places, and calls 0.5 a difference."""


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
        if isinstance(self.number, Count):
            _check_count(self, len(self.number.parts))

    @property
    def margin(self) -> float:
        """`above` or `within`, whichever it is."""
        margin = self.above if self.within is None else self.within
        assert margin is not None
        return margin

    def is_at(self, scale: str) -> bool:
        """Whether this scale can test it."""
        return not self.scales or scale in self.scales


def difference(name: str, first: Cells | Where, second: Cells | Where, **said: Unpack[Said]) -> Claim:
    """first - second."""
    return Claim(name, minus(first, second), **said)


def gap_of_gaps(
    name: str, a: Cells | Where, b: Cells | Where, c: Cells | Where, d: Cells | Where, **said: Unpack[Said]
) -> Claim:
    """(a - b) - (c - d): an interaction."""
    return Claim(name, weighted((1.0, a), (-1.0, b), (-1.0, c), (1.0, d)), **said)


def all_of(name: str, pairs: Sequence[tuple[Cells | Where, Cells | Where]], **said: Unpack[Said]) -> Claim:
    """first - second of each pair: all above the margin, or all within it."""
    return Claim(name, AllOf(tuple(minus(first, second) for first, second in pairs)), **said)


def count_of(name: str, pairs: Sequence[tuple[Cells | Where, Cells | Where]], **said: Unpack[Said]) -> Claim:
    """How many pairs have a first above their second; more than `above` of them should."""
    return Claim(name, Count(tuple(minus(first, second) for first, second in pairs)), **said)


def rank(name: str, of: Cells | Where, by: PaperValues | str, over: str = "", **said: Unpack[Said]) -> Claim:
    """Spearman's correlation between our cells and the paper's, or the setting `by`; between -1 and 1."""
    return Claim(name, Rank(as_cells(of), by, over), **said)


def about_claims(claims: Sequence[Claim]) -> list[dict[str, Any]]:
    """The claims as JSON."""
    about: list[dict[str, Any]] = to_json(list(claims))
    return about


def claims_from(about: Sequence[Mapping[str, Any]]) -> tuple[Claim, ...]:
    """The claims that about_claims described, after JSON."""
    kinds = (Claim, Cells, Contrast, AllOf, Count, Rank, Function, PaperValues)
    claims: tuple[Claim, ...] = from_json(list(about), {kind.__name__: kind for kind in kinds})
    return claims


def _check_count(claim: Claim, pairs: int) -> None:
    if claim.above is None or not 0 <= claim.above < pairs:
        given = f"within={claim.within}" if claim.above is None else f"above={claim.above}"
        raise ValueError(f"claim {claim.name} counts {pairs} pairs, so it takes above=0 to {pairs - 1}, not {given}")


def _by_path(claim: str, function: Callable[[Any], float]) -> Function:
    name = getattr(function, "__qualname__", "<")
    if "<" in name:
        raise TypeError(f"claim {claim}: a number of one's own is a function at module level, not {function!r}")
    path = f"{function.__module__}:{name}"
    DECLARED[path] = function
    return Function(path)
