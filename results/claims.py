"""Claims: what a study expects to see, as values that a table's metadata can hold.

    difference("F16", {"head": "MLP"}, {"head": "Linear"}, above=0.5, paper=3.6)

A claim's number should lie `above` a margin, or `within` one of zero. Cells are chosen by their settings, written as
the table shows them; a tuple means any of its values, and a list of mappings any of these.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from results._as_json import from_json, to_json
from results._claim import Claim, Said
from results.contrasts import (
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


def difference(name: str, first: Cells | Where, second: Cells | Where, **said: Unpack[Said]) -> Claim:
    """first - second."""
    return _claim(name, minus(first, second), said)


def gap_of_gaps(
    name: str, a: Cells | Where, b: Cells | Where, c: Cells | Where, d: Cells | Where, **said: Unpack[Said]
) -> Claim:
    """(a - b) - (c - d): an interaction."""
    return _claim(name, weighted((1.0, a), (-1.0, b), (-1.0, c), (1.0, d)), said)


def all_of(name: str, pairs: Sequence[tuple[Cells | Where, Cells | Where]], **said: Unpack[Said]) -> Claim:
    """first - second of each pair: all above the margin, or all within it."""
    return _claim(name, AllOf(tuple(minus(first, second) for first, second in pairs)), said)


def count_of(name: str, pairs: Sequence[tuple[Cells | Where, Cells | Where]], **said: Unpack[Said]) -> Claim:
    """How many pairs have a first above their second; more than `above` of them should."""
    return _claim(name, Count(tuple(minus(first, second) for first, second in pairs)), said)


def rank(name: str, of: Cells | Where, by: PaperValues | str, over: str = "", **said: Unpack[Said]) -> Claim:
    """Spearman's correlation between our cells and the paper's, or the setting `by`; between -1 and 1."""
    if not isinstance(by, PaperValues | str):
        raise TypeError(f"claim {name}: by takes PaperValues(...) or the name of a setting, not {by!r}")
    return _claim(name, Rank(as_cells(of), by, over), said)


def _claim(name: str, number: Number, said: Said) -> Claim:
    if wrong := [word for word in said if word not in Said.__annotations__]:
        takes = f"takes {', '.join(Said.__annotations__)}, not {wrong[0]}"
        raise TypeError(f"claim {name} {takes}; of which metric or arm cells are, cells({{...}}, metric=, arm=) says")
    return Claim(name, number, **said)


def about_claims(claims: Sequence[Claim]) -> list[dict[str, Any]]:
    """The claims as JSON."""
    about: list[dict[str, Any]] = to_json(list(claims))
    return about


def claims_from(about: Sequence[Mapping[str, Any]]) -> tuple[Claim, ...]:
    """The claims that about_claims described, after JSON."""
    kinds = (Claim, Cells, Contrast, AllOf, Count, Rank, Function, PaperValues)
    claims: tuple[Claim, ...] = from_json(list(about), {kind.__name__: kind for kind in kinds})
    return claims
