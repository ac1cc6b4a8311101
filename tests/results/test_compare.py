"""Two versions of the code: their runs paired, and what is said of the difference."""

import math
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from studies import line, study

from results._cell_means import PRIOR
from results.compare import difference, notes, sentence, shown
from results.pairs import pair
from results.plots import Bars, Heatmap, Metric, Panels, about_figure
from results.statistics import student_t


def version(shift: float = 0.0, random: int = 0, noise: float = 0.0, **about: Any) -> pd.DataFrame:
    """3 cells at 4 seeds; the same runs each time, but for a shift and noise in them."""
    table = study(line(50.0, 60.0, 70.0), [], seeds=4, **about)
    draws = np.random.default_rng(random).normal(0, noise, len(table)) if noise else 0.0
    top1 = table["linear_top1"] + shift + draws
    return table.assign(linear_top1=top1, run=[f"{random}-{place}" for place in range(len(table))], history="[]")


def said(now: pd.DataFrame, then: pd.DataFrame) -> str:
    pairs = pair(now, then)
    return sentence(pairs, difference(pairs, "linear_top1"))


def test_equal_runs_in_any_order_have_the_same_bits() -> None:
    shuffled = version(random=1).sample(frac=1, random_state=0)
    assert said(version(), shuffled) == "same bits in 12 of 12 runs"
    assert notes(pair(version(), shuffled)) == []


def test_one_bit_of_one_metric_is_seen() -> None:
    other = version()
    other.loc[3, "linear_top1"] = np.nextafter(other.loc[3, "linear_top1"], 100)
    assert pair(version(), other).same.tolist() == [place != 3 for place in range(12)]


@pytest.mark.parametrize("column", ["history", "predictions.linear_top1"])
def test_bits_are_those_of_history_and_predictions_too(column: str) -> None:
    def one(wrong: int) -> pd.DataFrame:
        content: list[Any] = ["[1.0]"] * 12 if column == "history" else [np.arange(3)] * 12
        content[5] = f"[{wrong}]" if column == "history" else np.full(3, wrong)
        return version().assign(**{column: pd.Series(content)})

    pairs = pair(one(1), one(2))
    assert pairs.same.tolist() == [place != 5 for place in range(12)]
    assert sentence(pairs, difference(pairs, "linear_top1")) == (
        "same bits in 11 of 12 runs; equal linear_top1 over 12 pairs of 4 seeds"
    )


def test_the_difference_is_paired_and_its_interval_is_over_seeds() -> None:
    now, then = version(0.7, random=1, noise=0.1), version(random=2, noise=0.1)
    found = difference(pair(now, then), "linear_top1")
    change = (now["linear_top1"] - then["linear_top1"]).to_numpy().reshape(4, 3)  # seed, cell
    by_seed = [sum(row) / 3 for row in change.tolist()]
    mean = sum(by_seed) / 4
    half = student_t(0.95, 3) * math.sqrt(sum((one - mean) ** 2 for one in by_seed) / 3 / 4)
    assert found.mean is not None and found.pairs == 12
    assert found.mean.value == pytest.approx(mean)
    assert found.mean.interval(0.95) == pytest.approx((mean - half, mean + half))
    left = [sum((one - change[:, cell].mean()) ** 2 for one in change[:, cell]) for cell in range(3)]
    halves = [student_t(0.95, PRIOR + 3) * math.sqrt((PRIOR * sum(left) / 9 + own) / (PRIOR + 3) / 4) for own in left]
    assert found.cells["mean"].tolist() == pytest.approx(change.mean(axis=0).tolist())
    assert found.cells["half_width"].tolist() == pytest.approx(halves)
    assert found.cells["now"].tolist() == pytest.approx(now.groupby("x")["linear_top1"].mean().tolist())
    assert found.cells["then"].tolist() == pytest.approx(then.groupby("x")["linear_top1"].mean().tolist())
    assert found.cells["same"].tolist() == [0, 0, 0]


def test_a_difference_is_called_so_where_zero_lies_outside() -> None:
    text = r"same bits in 0 of 12 runs; linear_top1 differs by \+\d\.\d\d \[.*\] over 12 pairs of 4 seeds: {}, these "
    ending = r"seeds would have seen 0\.\d+"
    assert re.fullmatch(text.format("a difference") + ending, said(version(2, 1, 0.1), version(0, 2, 0.1)))
    silent = text.replace(r"\+", "[+-]").format("no difference seen") + ending
    assert re.fullmatch(silent, said(version(0, 1, 0.3), version(0, 2, 0.3)))


def test_under_no_difference_the_interval_covers_zero_as_often_as_it_says() -> None:
    """Also where all cells of a seed move together, which 12 independent pairs would not."""
    outside = 0
    for draw in range(150):
        together = np.repeat(np.random.default_rng(10_000 + draw).normal(0, 1, 4), 3)
        now = version(0, 2 * draw, 0.3).assign(linear_top1=lambda one, move=together: one["linear_top1"] + move)
        found = difference(pair(now, version(0, 2 * draw + 1, 0.3)), "linear_top1").mean
        assert found is not None
        low, high = found.interval(0.95)
        outside += low > 0 or high < 0
    assert 1 <= outside <= 18  # 7.5 expected; as 12 independent pairs about 40


def test_one_seed_has_no_interval() -> None:
    first = version(1.0).query("seed == 0")
    assert said(first, version()) == (
        "same bits in 0 of 3 runs; linear_top1 differs by +1.00 over 3 pairs of 1 seed: "
        "no interval from one seed, --seeds adds some"
    )


def test_runs_without_a_partner_are_counted_and_left_out() -> None:
    then = version()
    then.loc[[0, 1], "status"] = "failed"
    then.loc[2, "arm"] = "no longer planned"
    pairs = pair(version(), then)
    assert len(pairs.now) == len(pairs.then) == 9
    assert notes(pairs) == ["without a partner: 3 runs now, 0 then"]
    assert said(version(), then.assign(status="to do")) == (
        "no run has a partner in the other version, so nothing is compared"
    )


def test_a_setting_that_one_version_lacks_pairs_nothing_it_is_several() -> None:
    """Which of the two values the other version means cannot be known."""
    wide = [({"x": x, "new": new}, 50.0) for x in (0, 1) for new in ("a", "b")]
    now = study(wide, [], seeds=2).assign(history="[]")
    assert pair(now, version()).alone == (8, 12)
    single = now[(now["new"] == "a") | (now["x"] == 1)]
    single.attrs = now.attrs
    assert pair(single, version()).varied == ("x",)
    assert len(pair(single, version()).now) == 2


def test_numbers_pair_whatever_the_type_of_their_column() -> None:
    then = version()
    then["x"] = then["x"].map({0: "0", 1: "1.0", 2: "2"})
    assert said(version(), then) == "same bits in 12 of 12 runs"


def test_other_metrics_of_one_version_are_not_compared() -> None:
    assert said(version().assign(knn_top1=1.0), version()) == "same bits in 12 of 12 runs"
    pairs = pair(version(1.0).assign(knn_top1=1.0), version())
    assert sentence(pairs, difference(pairs, "knn_top1")) == (
        "same bits in 0 of 12 runs; knn_top1 is not measured by both"
    )


def test_what_changed_beside_the_code_is_named() -> None:
    base = {"epochs": 15, "lr": 0.1, "decay": 0.0}
    now = version(base={**base, "epochs": 20, "new": 1}, data=["f"]).assign(**{"provenance.versions.torch": "2.7"})
    then = version(base=base, data=["f"]).assign(**{"provenance.versions.torch": "2.6"})
    assert notes(pair(now, then)) == ["changed, too: epochs 15 -> 20; versions.torch 2.6 -> 2.7; new absent -> 1"]


def test_the_metrics_are_those_of_the_figure() -> None:
    def of(figure: Any) -> list[str]:
        return shown(version(figure=about_figure(figure)))

    assert of(Bars("x", value="knn_top1")) == ["knn_top1"]
    assert of(Panels((Heatmap("x", "y"), Heatmap("x", "y", value="acc"), Heatmap("x", "y")))) == ["linear_top1", "acc"]
    metrics = (Metric("rotation_z", (("layer", "z"),)), Metric("rotation_h", (("layer", "h"),)))
    assert of(Bars("layer", metrics=metrics, value="accuracy")) == ["rotation_z", "rotation_h"]
