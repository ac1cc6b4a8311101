"""Estimates: a number with its intervals at any level, and how sure it is of its side of a margin."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from results.statistics import student_p, student_t


@dataclass(frozen=True)
class Student:
    """An estimate with a standard error of `freedom` degrees; 0, one seed, has no interval (NaN)."""

    value: float
    error: float
    freedom: float
    seeds: int
    basis: str

    def interval(self, level: float) -> tuple[float, float]:
        """(low, high)."""
        half = student_t(level, self.freedom) * self.error if self.freedom else np.nan
        return self.value - half, self.value + half

    def p(self, margin: float, within: bool) -> float:
        """1 - the level at which the interval just touches the margin: two-sided."""
        distance = abs(abs(self.value) - margin) if within else abs(self.value - margin)
        if not self.freedom or distance == 0:
            return 1.0
        return student_p(distance / self.error, self.freedom) if self.error else 0.0


@dataclass(frozen=True)
class Draws:
    """An estimate with draws, sorted, of what the number may truly be."""

    value: float
    draws: Any
    freedom: float
    seeds: int
    basis: str

    def interval(self, level: float) -> tuple[float, float]:
        """(low, high): the quantiles that leave equal tails."""
        low, high = np.quantile(self.draws, [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)

    def p(self, margin: float, within: bool) -> float:
        """As for Student; never below what so many draws can show."""
        below, above = self._tail(margin), 1 - self._tail(margin)
        if within:
            outside = max(self._tail(-margin), above)
            beyond = min(1 - self._tail(-margin), below)
            below, above = min(outside, beyond), 1.0
        return float(min(1.0, 2 * min(below, above) + 1 / len(self.draws)))

    def _tail(self, margin: float) -> float:
        return float(np.searchsorted(self.draws, margin)) / len(self.draws)


@dataclass(frozen=True)
class Extreme:
    """The smallest of several numbers, or the largest in size: it lies beyond a margin if and only if all do.

    The side on which all must agree needs no correction (intersection-union); the other has Bonferroni's.
    """

    parts: tuple[Student | Draws, ...]
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


Estimate = Student | Draws | Extreme


def reach(estimate: Estimate, level: float) -> float:
    """How far from the margin a true number must lie for these seeds to see it in four of five such studies."""
    if isinstance(estimate, Extreme):
        return max(reach(part, level) for part in estimate.parts)
    (low, high), (below, above) = estimate.interval(level), estimate.interval(0.6)
    return (high - low + above - below) / 2


def _is_wrong(value: float, margin: float, within: bool) -> bool:
    return abs(value) > margin if within else value < margin
