"""Claim: one number with the margin beyond which it should lie."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypedDict

from results.contrasts import DECLARED, Count, Function, Number

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
        _check_types(self)
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


def _check_types(claim: Claim) -> None:
    takes: list[tuple[str, bool, str]] = [
        (name, isinstance(getattr(claim, name), str), "text") for name in ("name", "text", "needs")
    ]
    takes += [(name, _is_number(getattr(claim, name)), "a number") for name in ("above", "within", "paper")]
    is_tuple = isinstance(claim.scales, tuple | list) and all(isinstance(scale, str) for scale in claim.scales)
    takes += [("scales", is_tuple, "names of scales, such as ('laptop',)")]
    takes += [("number", isinstance(claim.number, Number), "what difference(...) and the like make, or a function")]
    for name, fits, what in takes:
        if not fits:
            raise TypeError(f"claim {claim.name}: {name} takes {what}, not {getattr(claim, name)!r}")


def _is_number(given: object) -> bool:
    return given is None or (isinstance(given, int | float) and not isinstance(given, bool) and math.isfinite(given))


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
