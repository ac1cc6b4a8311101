"""Estimates of what several numbers come to: the smallest, the largest in size, how many lie above zero."""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

from results._estimates import Draws, Student
from results.statistics import detected


@dataclass(frozen=True)
class _Joint:
    """What is the same of several numbers, whatever they come to."""

    parts: tuple[Student, ...]

    @property
    def freedom(self) -> float:
        """That of the part that has least."""
        return min(part.freedom for part in self.parts)

    @property
    def seeds(self) -> int:
        """Of the part that has fewest."""
        return min(part.seeds for part in self.parts)

    @property
    def basis(self) -> str:
        """Where the error of its parts comes from."""
        return " and ".join(dict.fromkeys(part.basis for part in self.parts))


@dataclass(frozen=True)
class Extreme(_Joint):
    """The smallest of several numbers, above a margin if all are, or the largest in size, within it if all are.

    The side on which all must agree needs no correction (intersection-union); the other has Bonferroni's.
    """

    largest: bool

    @property
    def first(self) -> int:
        """The place of the part that counts."""
        sizes = [-abs(part.value) if self.largest else part.value for part in self.parts]
        return sizes.index(min(sizes))

    @property
    def value(self) -> float:
        """The smallest number, or the largest size."""
        value = self.parts[self.first].value
        return abs(value) if self.largest else value

    def interval(self, level: float) -> tuple[float, float]:
        """(low, high) of the smallest number, or of the largest size."""
        strict = 1 - (1 - level) / len(self.parts)
        plain, corrected = ([part.interval(one) for part in self.parts] for one in (level, strict))
        if self.largest:
            size: Callable[[tuple[float, float]], float] = lambda ends: max(0.0, ends[0], -ends[1])  # noqa: E731
            return max(map(size, corrected)), max(max(-low, high) for low, high in plain)
        return min(low for low, _ in plain), min(high for _, high in corrected)

    def p(self, margin: float, within: bool) -> float:
        """As for Student."""
        found = [(part.p(margin, within), _is_wrong(part.value, margin, within)) for part in self.parts]
        wrong = [p for p, is_wrong in found if is_wrong]
        return min(1.0, len(found) * min(wrong)) if wrong else max(p for p, _ in found)


@dataclass(frozen=True)
class Tally(_Joint):
    """How many of several numbers lie above zero.

    That at least k of m do is shown by the k-th smallest p, at m - k + 1 times its size (partial conjunction: Benjamini
    & Heller 2008), and no later k before an earlier one. All of them, k = m, is what Extreme shows.
    """

    @property
    def value(self) -> float:
        """As many as have an estimate above zero."""
        return float(sum(part.value > 0 for part in self.parts))

    def interval(self, level: float) -> tuple[float, float]:
        """(low, high): so many are shown to lie above zero, and all but so many to lie below."""
        above, below = (sum(p <= 1 - level for p in self._shown(side)) for side in (1, -1))
        return float(above), float(len(self.parts) - below)

    def p(self, margin: float, within: bool) -> float:
        """As for Student, of more or of fewer than `margin`; `within` has no meaning for a number of things."""
        if self.value == margin:
            return 1.0
        above = self.value > margin
        side, others = (1, math.floor(margin)) if above else (-1, len(self.parts) - math.ceil(margin))
        return self._shown(side)[others]

    def _shown(self, side: int) -> list[float]:
        """p of "at least 1, 2, ... of them lie on this side"."""
        found = sorted(part.p(0.0, False) if side * part.value > 0 else 1.0 for part in self.parts)
        sizes = [min(1.0, (len(found) - place) * p) for place, p in enumerate(found)]
        return list(itertools.accumulate(sizes, max))


Estimate = Student | Draws | Extreme | Tally


def reach(estimate: Estimate, level: float, holds: bool = True, share: float = 0.8) -> float:
    """How far from the margin a true number must lie for these seeds to see it in this share of such studies.

    On the side where a claim `holds`, or on the other one. It holds where all of its parts are seen, each of which
    may be missed in an equal part of the other studies; it fails where one is, at a level of its own.
    """
    if isinstance(estimate, Extreme):
        parts = len(estimate.parts)
        each, often = (level, 1 - (1 - share) / parts) if holds else (1 - (1 - level) / parts, share)
        return max(reach(part, each, share=often) for part in estimate.parts)
    if isinstance(estimate, Student):
        return detected(level, estimate.freedom, share) * estimate.error
    (low, high), (below, above) = estimate.interval(level), estimate.interval(2 * share - 1)
    return (high - low + above - below) / 2


def _is_wrong(value: float, margin: float, within: bool) -> bool:
    return abs(value) > margin if within else value < margin
