"""Estimates: a number with its intervals at any level, and how sure it is of its side of a margin."""

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
        half = self.half_width(level)
        return self.value - half, self.value + half

    def half_width(self, level: float) -> float:
        """Of the interval."""
        return student_t(level, self.freedom) * self.error if self.freedom else np.nan

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
