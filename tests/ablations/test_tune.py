"""Tuning: who is chosen, when, and what a person sees of it; the study's cells are run at what was chosen alone."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from command_line import Command, Process, end
from hypothesis import given
from hypothesis import strategies as st

from ablations import Study, vary
from ablations._choices import Choice, awaited, choices_among, settled
from ablations._plan import Run, find, plan
from ablations._tune import TUNING, Tune
from results.plots import Bars
from results.tables import read_rows, read_table
from results.verdicts import verdicts


@dataclass(frozen=True)
class Walk:
    shoes: str = "boots"
    stride: float = 1.0
    seed: int = 0


def walk(experiment: Any, data: Any, journal: Any, device: str) -> dict[str, float]:
    return {}


TUNE = Tune(over=("stride",), seeds=(100, 101), metric="valid_speed")
GRID = vary(shoes=["boots", "sandals"], stride=[1, 2, 3], seed=range(2))


def study(grid: Any = GRID, tune: Tune | None = TUNE, **others: Any) -> Study:
    figure = Bars(x="shoes", value="speed")
    given: dict[str, Any] = {"base": Walk, "train": walk, "probes": (), "figure": figure, **others}
    return Study(question="How?", grid=grid, tune=tune, **given)


def planned(one: Study) -> list[Run]:
    return plan(one, "smoke", lambda experiment: "")


def chosen(scores: dict[tuple[str, float], Any], one: Study | None = None) -> list[Choice]:
    """The choices if the tuning runs of a candidate (shoes, stride) have this score."""
    runs = planned(one or study())
    told = {run.id: scores.get((run.settings["shoes"], run.settings["stride"]), 0.0) for run in runs}
    return choices_among(TUNE, runs, told.__getitem__)


def test_each_candidate_is_run_at_the_tuning_seeds_and_nothing_else_is_before() -> None:
    runs = planned(study())
    choices = chosen(dict.fromkeys([("boots", 1.0), ("sandals", 3.0)], "to do"))
    now = settled(runs, choices)
    assert {run.arm for run in now} == {TUNING} and {run.experiment.seed for run in now} == {100, 101}
    assert len(now) == 2 * 3 * 2
    assert len(awaited(choices)) == 2 * 2


def test_an_arm_goes_on_when_all_of_its_own_candidates_are_there() -> None:
    choices = chosen({("boots", 2.0): 9.0, ("sandals", 3.0): "to do"})
    cells = [run.settings for run in settled(planned(study()), choices) if run.arm == "cell"]
    assert cells == [{"shoes": "boots", "stride": 2.0, "seed": seed} for seed in (0, 1)]
    assert [run.settings["shoes"] for run in awaited(choices)] == ["sandals"] * 2
    assert str(choices[0]) == "shoes=boots: stride=2.0 gave 9.0"
    assert str(choices[1]) == "shoes=sandals: missing, of 3 candidates 1 to do"


@given(st.lists(st.integers(0, 3), min_size=3, max_size=3))
def test_the_first_of_the_best_is_chosen(scores: list[int]) -> None:
    best = chosen({("boots", stride): float(scores[stride - 1]) for stride in (1, 2, 3)})[0].chosen
    assert best is not None and best.settings == {"stride": 1.0 + scores.index(max(scores))}


def test_a_score_is_the_mean_over_the_tuning_seeds() -> None:
    runs = planned(study())
    by_seed = {100: {1.0: 4.0, 2.0: 0.0, 3.0: 2.0}, 101: {1.0: 0.0, 2.0: 3.0, 3.0: 3.0}}
    told = {run.id: by_seed[run.experiment.seed][run.experiment.stride] for run in runs if run.arm == TUNING}
    assert [one.score for one in choices_among(TUNE, runs, told.__getitem__)[0].candidates] == [2.0, 1.5, 2.5]


def test_a_candidate_that_diverged_is_the_worst_and_one_that_failed_otherwise_is_waited_for() -> None:
    lost = chosen({("boots", 1.0): -math.inf, ("boots", 2.0): -5.0, ("sandals", 1.0): "failed (out of memory)"})
    assert str(lost[0]) == "shoes=boots: stride=3.0 (largest tried) gave 0.0, 1 diverged"
    assert str(lost[1]) == "shoes=sandals: missing, of 3 candidates 1 failed (out of memory)"
    (none, _) = chosen(dict.fromkeys([("boots", 1.0), ("boots", 2.0), ("boots", 3.0)], -math.inf))
    assert none.chosen is None and str(none) == "shoes=boots: missing, of 3 candidates 3 diverged"


def test_an_end_of_the_range_is_worth_a_word_where_there_is_a_middle() -> None:
    assert "(smallest tried)" in str(chosen({("boots", 1.0): 1.0})[0])
    two = study(vary(shoes=["boots", "sandals"], stride=[1, 2], seed=range(2)))
    assert str(chosen({("boots", 2.0): 1.0}, two)[0]) == "shoes=boots: stride=2.0 gave 1.0"


@pytest.mark.parametrize("seeds", [None, 3])
def test_a_worker_finds_every_run_that_may_be_chosen(seeds: int | None) -> None:
    for run in plan(study(), "smoke", lambda experiment: "", seeds):
        assert find(study(), "smoke", lambda experiment: "", seeds, run.id) == run.experiment


def test_without_tuning_nothing_changes() -> None:
    plain = study(tune=None, figure=Bars(x="shoes", value="speed", average_over=("stride",)))
    assert [run.arm for run in planned(plain)] == ["cell"] * 12
    assert settled(planned(plain), []) == planned(plain)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Tune(over=()), r"Tune\.over takes the settings that are tuned, not none"),
        (lambda: Tune(over="stride"), r"Tune\.over takes a sequence, not 'stride'"),
        (lambda: Tune(over=("stride",), seeds=()), r"Tune\.seeds takes the seeds of the tuning runs, not none"),
        (lambda: Tune(over=("stride",), metric="linear_top1"), "a metric of validation images, such as linear_valid"),
        (lambda: planned(study(tune=Tune(over=("strid",)))), r"no setting 'strid': did you mean 'stride'\?"),
        (lambda: planned(study(tune=Tune(over=("stride",), seeds=(1,)))), r"takes seeds that no cell has, not 1"),
        (lambda: planned(study(tune=Tune(over=("shoes",)))), "stride varies inside one cell of the figure"),
        (
            lambda: chosen({}, study(GRID + vary(shoes=["boots"], stride=[4], seed=range(2)))),
            "as many candidates for each choice, not shoes=boots: 4, shoes=sandals: 3",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_line(make: Any, said: str) -> None:
    with pytest.raises((ValueError, TypeError), match=said):
        make()


WALK = '''"""Which shoes are faster?"""

from dataclasses import dataclass

from ablations import Study, Tune, cells, difference, vary
from core.trouble import NotFinite
from results.plots import Bars


@dataclass(frozen=True)
class Walk:
    shoes: str = "boots"
    stride: float = 1.0
    seed: int = 0


def walk(experiment, data, journal, device):
    if (experiment.shoes, experiment.stride) in BAD:
        raise NotFinite("the speed is", float("inf" if experiment.stride > 2 else "nan"), "at the first step")
    best = {"boots": 2, "sandals": 3}[experiment.shoes]
    speed = 10 - (experiment.stride - best) ** 2 + 0.1 * experiment.seed
    return {"valid_speed": speed, "speed": speed + best}


BAD = []
STUDY = Study(
    question=__doc__,
    base=Walk,
    train=walk,
    probes=(),
    grid=vary(shoes=["boots", "sandals"], stride=[1, 2, 3], seed=range(3)),
    tune=Tune(over=("stride",), metric="valid_speed"),
    figure=Bars(x="shoes", value="speed"),
    claims=[
        difference("far", cells({"shoes": "sandals"}, "speed"), cells({"shoes": "boots"}, "speed"), paper=1.0),
    ],
)
'''
WORDS = ("walk.py", "--scale", "smoke", "--cluster", "debug")
SHOES = [("boots", None), ("sandals", 2.0)]
TABLE = Path("results/tables/walk.smoke.parquet")


def rows(arm: str) -> list[tuple[Any, ...]]:
    return [(row["shoes"], row["stride"], row["seed"], row["status"]) for row in read_rows(TABLE) if row["arm"] == arm]


def test_one_command_tunes_and_then_runs_what_was_chosen(tmp_path: Path, command: Command) -> None:
    (tmp_path / "walk.py").write_text(WALK)
    ended = command(*WORDS)
    assert (ended.code, ended.err) == (0, "")
    assert "walk at scale smoke: 6 runs, 6 to do; then 6 whose settings tuning chooses\n" in ended.out
    assert "walk at scale smoke: 12 runs, 6 to do\n" in ended.out
    assert "Tuned by valid_speed at seed 100, the best of 3 each:\n  shoes=boots: stride=2.0 gave 20.0\n" in ended.out
    assert "  shoes=sandals: stride=3.0 (largest tried) gave 20.0\n" in ended.out
    picked = [("boots", 2.0), ("sandals", 3.0)]
    assert rows("cell") == [(*one, seed, "done") for seed in range(3) for one in picked]
    assert len(rows("tuning")) == 6 and len(read_rows(TABLE)) == 12
    (verdict,) = verdicts(read_table(TABLE))
    assert (verdict.seeds, verdict.effect) == (3, pytest.approx(1.0))
    assert "12 runs, 0 to do" in command(*WORDS).out


def test_a_table_alone_tells_what_was_chosen(tmp_path: Path, command: Command) -> None:
    (tmp_path / "walk.py").write_text(WALK)
    assert command(*WORDS).code == 0
    (tmp_path / "results" / "runs").rename(tmp_path / "elsewhere")
    assert "12 runs, 0 to do" in command(*WORDS).out


def test_more_seeds_are_run_at_what_was_chosen(tmp_path: Path, command: Command) -> None:
    (tmp_path / "walk.py").write_text(WALK)
    assert command(*WORDS, "--seeds", "1").code == 0
    assert rows("cell") == [("boots", 2.0, 0, "done"), ("sandals", 3.0, 0, "done")]
    assert "14 runs, 6 to do" in command(*WORDS, "--seeds", "4").out
    assert [row[2] for row in rows("cell") if row[0] == "boots"] == [0, 1, 2, 3]


def test_an_arm_at_a_time_and_what_waits_is_a_visible_gap(tmp_path: Path, command: Command) -> None:
    (tmp_path / "walk.py").write_text(WALK)
    ended = command(*WORDS, "--only", "shoes=sandals")
    assert "3 runs, 3 to do; then 3 whose settings" in ended.out and "6 runs, 3 to do\n" in ended.out
    assert "shoes=boots: missing, of 3 candidates 3 to do" in ended.out
    missing = [("boots", None, seed, "to do") for seed in range(3)]
    assert sorted(rows("cell"), key=str) == sorted(
        [*missing, *(("sandals", 3.0, n, "done") for n in range(3))], key=str
    )
    (verdict,) = verdicts(read_table(TABLE))
    assert verdict.verdict == "not run"
    dry = command(*WORDS, "--dry-run").out
    assert "next: tuning, 3 runs to do; then 3 at what it chooses" in dry
    assert "12 runs, 3 to do" in command(*WORDS).out


def test_who_diverges_loses_and_an_arm_of_which_nobody_is_left_is_missing(tmp_path: Path, process: Process) -> None:
    bad = "[('sandals', 3), *(('boots', stride) for stride in (1, 2, 3))]"
    (tmp_path / "walk.py").write_text(WALK.replace("BAD = []", f"BAD = {bad}"))
    ended = end(process("walk.py", "--scale", "smoke", "--jobs", "2"))
    assert ended.code == 1  # runs failed, and the report names them
    assert "shoes=sandals: stride=2.0 gave 19.0, 1 diverged" in ended.out
    assert "shoes=boots: missing, of 3 candidates 3 diverged" in ended.out
    assert rows("cell") == [(*one, n, s) for n in range(3) for one, s in zip(SHOES, ("to do", "done"), strict=True)]
    assert (tmp_path / "results" / "figures" / "walk.smoke.png").exists()


def test_a_claim_on_what_is_tuned_is_refused(tmp_path: Path, command: Command) -> None:
    (tmp_path / "walk.py").write_text(WALK.replace('cells({"shoes": "boots"}', 'cells({"stride": 1}'))
    ended = command(*WORDS)
    assert ended.code == 2 and "claim far: no setting 'stride'; there are shoes, seed" in ended.err
