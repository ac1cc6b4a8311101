"""Student's t, Holm's levels, rank correlation: computed here, since scipy is no dependency."""

import functools
import math
import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd


@functools.cache
def student_t(level: float, freedom: float) -> float:
    """The t with P(|T| <= t) = `level` for Student's T of `freedom` degrees.

    P(|T| > t) = I_x(freedom / 2, 1 / 2) at x = freedom / (freedom + t^2), which rises in x: found by bisection.
    """
    if not (0 < level < 1 and freedom > 0):
        raise ValueError(f"student_t takes 0 < level < 1 and freedom > 0, not level={level}, freedom={freedom}")
    low, high = 0.0, 1.0
    for _ in range(100):
        middle = (low + high) / 2
        if incomplete_beta(freedom / 2, 0.5, middle) < 1 - level:
            low = middle
        else:
            high = middle
    return math.sqrt(freedom * (1 - high) / high)


def student_p(t: float, freedom: float) -> float:
    """P(|T| > t) for Student's T of `freedom` degrees."""
    return incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t))


@functools.cache
def detected(level: float, freedom: float, share: float = 0.8) -> float:
    """The t, in true standard errors from the margin, whose interval at `level` leaves the margin out in this share.

    That is, of P(T > student_t) for a noncentral T: a normal number over the error that a study estimates, which is
    chi-distributed; integrated over the latter, and solved by bisection.
    """
    needed = student_t(level, freedom)
    wide = 8 / math.sqrt(freedom)
    ratio = np.linspace(max(0.0, 1 - wide), 1 + wide, 801)[1:]  # of the estimated error to the true one
    density = (freedom - 1) * np.log(ratio) - freedom * ratio**2 / 2
    weights = np.exp(density - density.max())
    normal = statistics.NormalDist()
    low, high = 0.0, needed * float(ratio[-1]) + 8
    for _ in range(60):
        middle = (low + high) / 2
        power = np.average([normal.cdf(middle - needed * one) for one in ratio], weights=weights)
        low, high = (middle, high) if power < share else (low, middle)
    return high


def holm(p: Sequence[float], alpha: float) -> list[float]:
    """The error that each claim may have, so that all together err with `alpha` at most (Holm 1979).

    The smallest p has alpha / m, the next alpha / (m - 1), ...; from the first p above its own error on, all have that
    one. So a claim's interval at level 1 - error excludes its margin if and only if Holm decides it.
    """
    errors, open_still = [alpha] * len(p), True
    error = alpha
    for rank, index in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        if open_still:
            error = alpha / (len(p) - rank)
            open_still = p[index] <= error
        errors[index] = error
    return errors


def spearman(ours: Any, theirs: Any) -> Any:
    """Rank correlation of each row of `ours` (..., n) with `theirs` (n,); ties share their mean rank. NaN: all tied."""
    ours = np.asarray(ours, dtype=float)
    first = pd.DataFrame(np.atleast_2d(ours)).rank(axis=1).to_numpy().reshape(ours.shape)
    second = pd.Series(theirs).rank().to_numpy(dtype=float)
    first, second = first - first.mean(axis=-1, keepdims=True), second - second.mean()
    norm = np.sqrt((first**2).sum(axis=-1) * (second**2).sum())
    return (first @ second) / np.where(norm > 0, norm, np.nan)


def incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularized incomplete beta function I_x(a, b), by its continued fraction (DLMF 8.17.22)."""
    if x in (0.0, 1.0):
        return x
    if x > (a + 1) / (a + b + 2):  # the fraction converges fast below this
        return 1 - incomplete_beta(b, a, 1 - x)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    return front / a / _fraction(a, b, x)


def _fraction(a: float, b: float, x: float) -> float:
    """1 + d1 / (1 + d2 / (1 + ...)) by Lentz's method."""
    value = numerator = 1.0
    denominator = 0.0
    for term in range(1, 10_000):
        m = term // 2
        even = term % 2 == 0
        d = m * (b - m) * x if even else -(a + m) * (a + b + m) * x
        d /= (a + term - 1) * (a + term)
        denominator = 1 / (1 + d * denominator)
        numerator = 1 + d / numerator
        value *= numerator * denominator
        if abs(numerator * denominator - 1) < 1e-15:
            break
    return value
