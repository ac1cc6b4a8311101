"""Intervals and p values say the same; cell means are least squares; unlike errors are noticed."""

import math
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from results._cell_means import PRIOR, cell_means
from results._estimates import Draws, Student
from results._joint_estimates import Estimate, Extreme, Tally, reach
from results.statistics import holm, spearman, student_p, student_t

NUMBERS = st.floats(-5, 5, allow_nan=False)
STUDENTS = st.builds(Student, NUMBERS, st.floats(0.01, 2), st.integers(1, 40), st.just(3), st.just(""))
EXTREMES = st.builds(Extreme, st.lists(STUDENTS, min_size=1, max_size=4).map(tuple), st.booleans())
TALLIES = st.builds(Tally, st.lists(STUDENTS, min_size=4, max_size=7).map(tuple))


@given(t=st.floats(0, 50), freedom=st.integers(1, 200))
def test_student_p_undoes_student_t(t: float, freedom: int) -> None:
    p = student_p(t, freedom)
    assume(1e-9 < p < 1 - 1e-9)
    assert student_t(1 - p, freedom) == pytest.approx(t, rel=1e-5, abs=1e-5)


def excludes(estimate: Estimate, margin: float, within: bool, level: float) -> bool:
    low, high = estimate.interval(level)
    if not within:
        return low > margin or high < margin
    return (-margin < low and high < margin) or low > margin or high < -margin


@given(estimate=STUDENTS | EXTREMES, margin=st.floats(0.1, 4), level=st.floats(0.5, 0.999), within=st.booleans())
def test_an_interval_excludes_the_margin_when_p_is_below_its_error(
    estimate: Student | Extreme, margin: float, level: float, within: bool
) -> None:
    within = estimate.largest if isinstance(estimate, Extreme) else within
    p = estimate.p(margin, within)
    assume(abs(p - (1 - level)) > 1e-6)
    assert excludes(estimate, margin, within, level) == (p < 1 - level)


@pytest.mark.parametrize("within", [False, True])
@pytest.mark.parametrize("margin", [0.3, 1.0, 2.5])
def test_draws_of_students_t_give_its_interval_and_p(margin: float, within: bool) -> None:
    normal = Student(0.8, 0.5, 12, 3, "")
    draws = 0.8 + 0.5 * np.random.default_rng(0).standard_t(12, 200_000)
    drawn = Draws(0.8, np.sort(draws), 12, 3, "")
    assert drawn.interval(0.98) == pytest.approx(normal.interval(0.98), abs=0.03)
    assert drawn.p(margin, within) == pytest.approx(normal.p(margin, within), abs=0.01)
    assert reach(drawn, 0.98) == pytest.approx(reach(normal, 0.98), abs=0.03)


@pytest.mark.parametrize("largest", [False, True])
def test_the_least_or_largest_of_several_is_seen_as_often_as_said(largest: bool) -> None:
    """Simulated studies of six numbers, one of which lies beyond the margin of a claim that all are within or above."""
    level, freedom, margin, draw, studies = 0.9896, 6.0, 1.5, np.random.default_rng(2), 4000
    parts = tuple(Student(0.0, 0.5, freedom, 3, "") for _ in range(6))
    far = reach(Extreme(parts, largest), level, holds=False)
    true = np.array([margin + far, 0, 0, 0, 0, 0] if largest else [margin - far, 9, 9, 9, 9, 9])
    seen = 0
    for _ in range(studies):
        values, errors = draw.normal(true, 0.5), 0.5 * np.sqrt(draw.chisquare(freedom, 6) / freedom)
        found = [Student(value, error, freedom, 3, "") for value, error in zip(values, errors, strict=True)]
        low, high = Extreme(tuple(found), largest).interval(level)
        seen += low > margin if largest else high < margin
    assert seen / studies == pytest.approx(0.8, abs=4 * math.sqrt(0.8 * 0.2 / studies))
    assert reach(Extreme(parts, largest), level) == reach(parts[0], level, share=1 - 0.2 / 6) > reach(parts[0], level)


@pytest.mark.parametrize("sharing", [False, True])
def test_that_all_of_several_hold_is_seen_as_often_as_said(sharing: bool) -> None:
    """Simulated studies of six numbers, all as far above the margin as is said; `sharing` a cell, and so its error."""
    level, freedom, draw, studies = 0.9896, 6.0, np.random.default_rng(3), 4000
    parts = tuple(Student(0.0, 0.5, freedom, 3, "") for _ in range(6))
    true, seen = reach(Extreme(parts, largest=False), level), 0
    for _ in range(studies):
        values = true + 0.5 * (draw.normal(size=6) + sharing * draw.normal()) / math.sqrt(1 + sharing)
        errors = 0.5 * np.sqrt(draw.chisquare(freedom, 6) / freedom)
        found = [Student(value, error, freedom, 3, "") for value, error in zip(values, errors, strict=True)]
        seen += Extreme(tuple(found), largest=False).interval(level)[0] > 0
    assert 0.8 - 4 * math.sqrt(0.8 * 0.2 / studies) < seen / studies < 0.9


@given(tally=TALLIES, margin=st.integers(0, 3) | st.floats(0, 3.9), level=st.floats(0.5, 0.999))
def test_a_tally_excludes_the_margin_when_p_is_below_its_error(tally: Tally, margin: float, level: float) -> None:
    p = tally.p(margin, within=False)
    assume(abs(p - (1 - level)) > 1e-6)
    low, high = tally.interval(level)
    assert (low > margin or high < margin) == (p < 1 - level)
    assert low <= tally.value <= high


@given(tally=TALLIES)
def test_at_least_k_lie_above_zero_if_each_choice_that_leaves_k_minus_1_out_has_one(tally: Tally) -> None:
    """The k-th smallest p times m - k + 1 is the largest Bonferroni p over all choices of m - k + 1 numbers."""
    values = [part.p(0.0, within=False) if part.value > 0 else 1.0 for part in tally.parts]
    many = int(tally.value)
    assume(many > 0)
    by_choice = [
        min(1.0, max(len(rest) * min(rest) for rest in combinations(values, len(values) - k + 1)))
        for k in range(1, many + 1)
    ]
    assert tally.p(many - 0.5, within=False) == pytest.approx(max(by_choice))
    everything = Extreme(tally.parts, largest=False)
    if many == len(values):
        assert tally.p(many - 0.5, within=False) >= everything.p(0.0, within=False)


def test_a_tally_counts_what_is_shown() -> None:
    sure, open_, below = (Student(value, 0.1, 40, 3, "a") for value in (5.0, 0.05, -5.0))
    tally = Tally((sure, sure, sure, open_, below))
    assert (tally.value, tally.interval(0.95), tally.seeds, tally.freedom, tally.basis) == (4, (3, 4), 3, 40, "a")
    assert tally.p(4.0, within=False) == 1.0


def test_the_smallest_number_and_the_largest_size() -> None:
    parts = (Student(2.0, 0.1, 10, 3, ""), Student(-3.0, 0.2, 10, 3, ""))
    assert Extreme(parts, largest=False).value == -3.0
    low, high = Extreme(parts, largest=True).interval(0.9)
    assert low == pytest.approx(3.0 - 0.2 * student_t(0.95, 10))  # Bonferroni on this side
    assert high == pytest.approx(3.0 + 0.2 * student_t(0.90, 10))


def test_holm_gives_the_smallest_the_least_error() -> None:
    assert holm([0.01, 0.001, 0.9, 0.03], 0.06) == pytest.approx([0.06 / 3, 0.06 / 4, 0.06, 0.06 / 2])
    assert holm([0.04, 0.9, 0.03], 0.06) == pytest.approx([0.02, 0.02, 0.02])  # the first is open, so all are
    assert holm([], 0.05) == []


def test_spearman_is_the_correlation_of_ranks_ties_included() -> None:
    ours, theirs = np.random.default_rng(0).normal(size=(3, 7)).round(), [1.0, 2.0, 2.0, 5.0, 4.0, 9.0, 0.0]
    expected = [pd.Series(row).rank().corr(pd.Series(theirs).rank()) for row in ours]
    np.testing.assert_allclose(spearman(ours, theirs), expected)
    assert math.isnan(spearman([10.0] * 7, theirs))


def balanced(cells: int, seeds: int, noise: float | list[float] = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    cell, seed = np.repeat(np.arange(cells), seeds), np.tile(np.arange(seeds), cells)
    errors = np.random.default_rng(1).normal(size=cells * seeds) * np.broadcast_to(noise, cells)[cell]
    return 10.0 * cell + 3.0 * seed + errors, cell, seed


def test_a_contrast_of_a_full_table_is_the_plain_loop() -> None:
    """Each cell's variance is of its own residuals, and of all as if by PRIOR runs more; Satterthwaite's freedom."""
    values, cell, seed = balanced(5, 4)
    fitted = cell_means(values, cell, seed, 5).contrast(np.array([1.0, -0.5, -0.5, 0, 0]))
    table = values.reshape(5, 4)
    rest = table - table.mean(1, keepdims=True) - table.mean(0) + table.mean()
    pooled, degrees = (rest**2).sum() / 12, 4 * (1 - 1 / 4 - 1 / 5 + 1 / 20)
    parts = []
    for weight, row in zip([1.0, -0.5, -0.5], rest, strict=False):
        parts.append(weight**2 / 4 * (PRIOR * pooled + (row**2).sum()) / (PRIOR + degrees))
    freedom = sum(parts) ** 2 / sum(part**2 / (PRIOR + degrees) for part in parts)
    assert isinstance(fitted, Student)
    assert fitted.value == pytest.approx(table[0].mean() - table[1:3].mean())
    assert (fitted.error, fitted.freedom) == pytest.approx((math.sqrt(sum(parts)), freedom))
    assert fitted.seeds == 4


def test_missing_runs_are_least_squares_with_a_column_for_each_cell_and_seed() -> None:
    values, cell, seed = balanced(4, 3)
    kept = ~np.isin(np.arange(12), [2, 4])
    values, cell, seed = values[kept], cell[kept], seed[kept]
    fitted = cell_means(values, cell, seed, 4)
    design = np.column_stack([cell == place for place in range(4)] + [seed == place for place in (1, 2)]).astype(float)
    solve = np.linalg.inv(design.T @ design) @ design.T
    change = solve[0] - solve[1]
    variance = sum(weight**2 * fitted.variances[place] for weight, place in zip(change, cell, strict=True))
    found = fitted.contrast(np.array([1.0, -1.0, 0, 0]))
    assert isinstance(found, Student)
    assert (found.value, found.error) == pytest.approx((change @ values, math.sqrt(variance)))
    assert (fitted.freedom, found.seeds) == (4, 2) and found.freedom <= 4


def test_what_the_runs_do_not_determine_has_no_estimate() -> None:
    weights = np.array([1.0, -1.0, 0.0])
    assert cell_means(np.array([1.0, 2.0]), np.array([0, 2]), np.array([0, 0]), 3).contrast(weights) is None
    apart = cell_means(np.array([1.0, 2.0]), np.array([0, 1]), np.array([0, 1]), 3)
    assert apart.contrast(weights) is None  # a cell at one seed, the other at another
    single = cell_means(np.array([1.0, 2.0]), np.array([0, 1]), np.array([0, 0]), 3).contrast(weights)
    assert isinstance(single, Student) and (single.value, single.freedom) == (-1.0, 0)


def test_unlike_errors_are_noticed() -> None:
    assert not cell_means(*balanced(6, 5), 6).unlike
    assert cell_means(*balanced(6, 5, [0.1, 0.1, 0.1, 0.1, 0.1, 8.0]), 6).unlike


def test_equal_errors_are_rarely_taken_for_unlike() -> None:
    cell, seed = np.repeat(np.arange(6), 3), np.tile(np.arange(3), 6)
    values = np.random.default_rng(0).normal(size=(300, 18))
    unlike = sum(cell_means(one, cell, seed, 6).unlike for one in values)
    assert unlike <= 10  # 3 of 300 expected; more than 10 has a chance below 0.001


def test_a_cell_with_twice_the_error_of_the_others_is_hardly_judged_by_theirs() -> None:
    """Of 1 000 differences that are none, found at 99%: less than half as many as by the pooled error (3% and 12%)."""
    cell, seed, weights = np.repeat(np.arange(12), 3), np.tile(np.arange(3), 12), np.eye(12)[0] - np.eye(12)[1]
    noise = np.random.default_rng(0).normal(size=(1000, 36)) * np.where(cell < 2, 2.0, 1.0)
    ours, theirs = 0, 0
    for values in noise:
        fit = cell_means(values, cell, seed, 12)
        found = fit.contrast(weights)
        assert isinstance(found, Student)
        pooled = Student(found.value, math.sqrt(2 / 3 * _pooled(values.reshape(12, 3))), 22, 3, "")
        ours += not fit.unlike and excludes(found, 0.0, False, 0.99)
        theirs += excludes(pooled, 0.0, False, 0.99)
    assert 2 * ours < theirs


def _pooled(table: np.ndarray) -> float:
    rest = table - table.mean(1, keepdims=True) - table.mean(0) + table.mean()
    return float((rest**2).sum() / ((len(table) - 1) * (table.shape[1] - 1)))
