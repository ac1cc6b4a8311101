"""Intervals against tabulated quantiles and against plain loops."""

import math
import random

import numpy as np
import pandas as pd
import pytest

from results._cell_means import PRIOR
from results._intervals import cell_intervals
from results.statistics import detected, student_t

# Two-sided quantiles, as the printed tables of Student's t have them, to ten digits.
QUANTILES = [
    (0.95, 1, 12.7062047364),
    (0.95, 2, 4.3026527297),
    (0.95, 3, 3.1824463053),
    (0.95, 4, 2.7764451052),
    (0.95, 5, 2.5705818356),
    (0.95, 10, 2.2281388520),
    (0.95, 30, 2.0422724563),
    (0.95, 100, 1.9839715185),
    (0.90, 5, 2.0150483733),
    (0.99, 5, 4.0321429836),
    (0.99, 30, 2.7499956536),
    (0.999, 10, 4.5868938587),
    (0.50, 1, 1.0),
]


@pytest.mark.parametrize(("level", "freedom", "expected"), QUANTILES)
def test_student_t(level: float, freedom: float, expected: float) -> None:
    assert student_t(level, freedom) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("level", "freedom"), [(0.95, 2), (0.99375, 2), (0.9896, 4.7), (0.95, 60), (0.5, 10)])
def test_what_is_detected_in_four_of_five_studies_is(level: float, freedom: float) -> None:
    """Against simulated studies: a normal estimate over its chi-distributed error."""
    draw, studies = np.random.default_rng(1), 400_000
    errors = np.sqrt(draw.chisquare(freedom, studies) / freedom)
    found = draw.normal(detected(level, freedom), 1, studies) > student_t(level, freedom) * errors
    assert found.mean() == pytest.approx(0.8, abs=4 * math.sqrt(0.8 * 0.2 / studies))
    assert detected(level, freedom, 0.9) > detected(level, freedom)


def test_student_t_tends_to_the_normal() -> None:
    assert student_t(0.95, 1e7) == pytest.approx(1.959963984540, abs=1e-6)
    assert detected(0.95, 1e7) == pytest.approx(1.959963984540 + 0.841621233573, abs=1e-4)
    with pytest.raises(ValueError, match="freedom=0"):
        student_t(0.95, 0)


def test_the_interval_of_a_full_table_is_the_plain_loop() -> None:
    """The error of a cell is that of its own residuals, and of all as if by PRIOR runs more."""
    random.seed(0)
    y = [[random.gauss(10 * cell + 3 * seed, 1) for seed in range(4)] for cell in range(5)]
    rows = [{"x": cell, "seed": seed, "top1": y[cell][seed]} for cell in range(5) for seed in range(4)]
    grand, squares = sum(map(sum, y)) / 20, [0.0] * 5
    for cell in range(5):
        for seed in range(4):
            of_cell, of_seed = sum(y[cell]) / 4, sum(line[seed] for line in y) / 5
            squares[cell] += (y[cell][seed] - of_cell - of_seed + grand) ** 2
    degrees = PRIOR + 12 / 5
    variances = [(PRIOR * sum(squares) / 12 + square) / degrees for square in squares]
    half = [student_t(0.95, degrees) * math.sqrt(variance / 4) for variance in variances]
    found = cell_intervals(pd.DataFrame(rows), ["x"], "top1")
    assert found["freedom"].tolist() == [12] * 5
    np.testing.assert_allclose(found["half_width"], half)
    np.testing.assert_allclose(found["mean"], [sum(line) / 4 for line in y])


@pytest.mark.parametrize("noise", [[1.0] * 8, [3.0, *[1.0] * 7]])
def test_an_interval_covers_its_mean_in_about_95_of_100(noise: list[float]) -> None:
    """98 where errors are alike, 89 of a cell with three times the error of others; by the pooled error 95 and 67."""
    draws = np.random.default_rng(0).normal(size=(400, 8, 3)) * np.array(noise)[:, None]
    table = pd.DataFrame({"x": np.repeat(range(8), 3), "seed": np.tile(range(3), 8)})
    covered = 0
    for one in draws:
        first = cell_intervals(table.assign(top1=one.ravel()), ["x"], "top1").iloc[0]
        covered += abs(first["mean"]) < first["half_width"]
    assert 0.85 < covered / 400 < 0.995


def test_a_seed_effect_alone_leaves_no_error() -> None:
    rows = [{"x": x, "seed": seed, "top1": x + 7.0 * seed} for x in range(3) for seed in range(3)]
    assert cell_intervals(pd.DataFrame(rows), ["x"], "top1")["half_width"].max() < 1e-9


def test_where_errors_are_unequal_a_cell_has_the_interval_of_its_seeds() -> None:
    draws = np.random.default_rng(0).normal(size=(6, 3)) * np.array([30.0, 1, 1, 1, 1, 1])[:, None]
    table = pd.DataFrame({"x": np.repeat(range(6), 3), "seed": np.tile(range(3), 6), "top1": draws.ravel()})
    found = cell_intervals(table, ["x"], "top1")
    assert found["own"].all() and found["freedom"].tolist() == [2] * 6
    np.testing.assert_allclose(found["half_width"], 4.3026527297 * draws.std(axis=1, ddof=1) / math.sqrt(3))
    table.loc[0, "top1"] = math.nan
    gap = cell_intervals(table, ["x"], "top1")
    assert gap["half_width"][0] == pytest.approx(12.7062047364 * abs(draws[0, 1] - draws[0, 2]) / 2)


def test_one_cell_has_the_interval_of_its_seeds() -> None:
    found = cell_intervals(pd.DataFrame({"x": [1] * 3, "seed": range(3), "top1": [1.0, 2.0, 4.0]}), ["x"], "top1")
    assert (found["mean"][0], found["half_width"][0]) == pytest.approx((7 / 3, 4.3026527297 * math.sqrt(7 / 3 / 3)))


def test_one_seed_has_no_interval_and_gaps_are_counted() -> None:
    table = pd.DataFrame(
        {"x": [1, 2, None], "seed": 0, "top1": [1.0, None, None], "status": ["done", "failed", "to do"]}
    )
    found = cell_intervals(table.astype({"x": "Int64"}), ["x"], "top1")
    assert found["half_width"].isna().all() and found["freedom"].tolist() == [0, 0, 0]
    assert found[["seeds", "planned", "failed"]].to_numpy().tolist() == [[1, 1, 0], [0, 1, 1], [0, 1, 0]]
