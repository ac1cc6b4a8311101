"""The plan: which runs a study has, in which order, and which grids its figure cannot show."""

import gc
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from ablations import Grid, Study, _context, difference, vary
from ablations import cells as cells_of
from ablations._context import Context
from ablations._identity import settings
from ablations._plan import Run, find, plan, select
from ablations._study import derive
from ablations._tables import seeds_of
from core.experiment import Experiment
from core.heads import MLP, Linear, NoHead
from core.losses import CrossEntropy, NTXent
from results.plots import AnyFigure, Bars, Heatmap, Lines, Metric, Panels
from results.tables import write_plan

HEADS = vary(head=[NoHead(), MLP(width=32), MLP(width=64)], seed=range(2))
WIDTHS = Bars(x="head.width", hue="head")


def study(grid: Any = HEADS, figure: AnyFigure = WIDTHS, **others: Any) -> Study:
    return Study(question="Does it?", grid=grid, figure=figure, **others)


def planned(one: Study, seeds: int | None = None, only: dict[str, str] | None = None) -> list[Run]:
    runs = plan(one, "smoke", lambda experiment: "the images", seeds)
    return runs if only is None else select(runs, only)


def seeds(runs: list[Run]) -> list[int]:
    return [run.experiment.seed for run in runs]


def cells(runs: list[Run]) -> list[Run]:
    return [run for run in runs if run.arm == "cell"]


def test_runs_go_seed_by_seed_each_round_with_its_references() -> None:
    runs = planned(study())
    assert seeds(runs) == [0] * 5 + [1] * 5
    for round_of_runs in (runs[:5], runs[5:]):
        assert [run.arm for run in round_of_runs] == ["cell"] * 3 + ["random encoder", "supervised"]
    assert len({run.id for run in runs}) == 10


def test_references_are_the_base_untrained_and_supervised() -> None:
    random, supervised = planned(study())[3:5]
    base = study().base_at("smoke")
    assert random.experiment == Experiment(**{**vars(base), "epochs": 0})
    assert supervised.experiment.loss == CrossEntropy()
    assert (supervised.experiment.views, supervised.experiment.head) == (1, NoHead())
    assert supervised.experiment.augment == base.augment


def test_references_that_neither_the_figure_nor_a_claim_shows_are_not_trained() -> None:
    sides = Bars("task", "layer", value="top1", metrics=(Metric("a_top1", (("task", "a"), ("layer", "h"))),))
    figure = replace(sides, average_over=("head", "head.width"))
    assert {run.arm for run in planned(study(figure=figure))} == {"cell"}
    claim = difference("A", {"head": "NoHead"}, cells_of({}, arm="supervised"))
    assert len({run.arm for run in planned(study(figure=figure, claims=[claim]))}) == 3


def test_a_cell_that_is_written_twice_is_one_run() -> None:
    assert len(planned(study(HEADS + HEADS))) == len(planned(study(HEADS)))


def test_a_grid_may_be_a_function_of_the_base() -> None:
    made = study(lambda base: vary(batch_size=[base.batch_size // 2, base.batch_size]), Bars(x="batch_size"))
    assert [run.experiment.batch_size for run in cells(planned(made))] == [32, 64]


@pytest.mark.parametrize(("number", "expected"), [(1, [0]), (2, [0, 1]), (4, [0, 1, 2, 3])])
def test_seeds_shrinks_and_extends_every_cell(number: int, expected: list[int]) -> None:
    runs = planned(study(), seeds=number)
    assert seeds(cells(runs)) == [seed for seed in expected for _ in range(3)]
    assert len(runs) == 5 * number


def test_seeds_goes_on_after_the_seeds_of_the_grid() -> None:
    runs = planned(study(vary(head=[NoHead()], seed=(100, 101))), seeds=4)
    assert seeds(cells(runs)) == [100, 101, 102, 103]


def test_more_seeds_keep_the_ids_of_the_first() -> None:
    assert {run.id for run in planned(study())} < {run.id for run in planned(study(), seeds=3)}


class Mine:
    class NTXent(NTXent):
        """Another loss of that name."""


def test_a_table_keeps_more_seeds_than_the_study_has_and_no_others(tmp_path: Path) -> None:
    path = tmp_path / "study.smoke.parquet"
    rows = [{"run": f"{seed}", "arm": "cell", "seed": seed, "probes": []} for seed in range(4)]
    write_plan(path, rows, {"base": {}})
    assert seeds_of(path, planned(study()), None) == 4
    others = study(vary(head=[NoHead()], seed=[10, 11]), Bars(x="head"))
    assert seeds_of(path, planned(others), None) is None and seeds_of(path, planned(others), 5) == 5


def test_two_parts_of_one_name_are_refused() -> None:
    one = study(vary(loss=[NTXent(), Mine.NTXent()]), Bars(x="loss"))
    with pytest.raises(ValueError, match=r"^loss: two different parts are called NTXent, and no table"):
        planned(one)


def test_only_selects_cells_without_references() -> None:
    assert [run.experiment.head for run in planned(study(), only={"head": "MLP", "head.width": "64"})] == [
        MLP(width=64)
    ] * 2
    assert seeds(planned(study(), only={"seed": "1"})) == [1, 1, 1]


def test_only_selects_an_arm_by_its_name() -> None:
    assert [run.arm for run in planned(study(), only={"arm": "supervised", "seed": "1"})] == ["supervised"]
    assert [run.arm for run in planned(study(), only={"arm": "cell", "seed": "1"})] == ["cell"] * 3
    with pytest.raises(ValueError, match="--only arm=random selects nothing; its values here are cell, random encoder"):
        planned(study(), only={"arm": "random"})


@pytest.mark.parametrize(
    ("only", "message"),
    [
        ({"haed": "MLP"}, r"--only haed: no such setting: did you mean 'head'\?$"),
        ({"zzz": "MLP"}, "--only zzz: no such setting; there are dataset, "),
        ({"head": "MPL"}, "--only head=MPL selects nothing; its values here are NoHead, MLP"),
        ({"head": "NoHead", "head.width": "32"}, r"no run has head=NoHead and head\.width=32"),
    ],
)
def test_only_that_selects_nothing_says_what_there_is(only: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        planned(study(), only=only)


def test_what_varies_inside_a_cell_of_the_figure_is_refused() -> None:
    said = r"head\.width varies inside one cell of the figure, which shows head; show 'head\.width', or"
    with pytest.raises(ValueError, match=said):
        planned(study(figure=Bars(x="head")))
    grid = vary(head=[Linear(), MLP()], **{"loss.temperature": [0.1, 0.5]})
    with pytest.raises(ValueError, match=r"loss\.temperature varies inside one cell of the figure"):
        planned(study(grid, Bars(x="head")))


@pytest.mark.parametrize(
    "figure",
    [
        Bars(x="head", average_over=("head.width",)),
        Bars(x="head", best_over=("head.width",)),
        Bars(x="head & head.width"),
        Heatmap(rows="head & head.width", columns="epochs"),
        Panels((WIDTHS, Bars(x="head.width", hue="head", value="knn_top1"))),
    ],
)
def test_a_figure_may_average_choose_or_join(figure: AnyFigure) -> None:
    assert len(planned(study(figure=figure))) == 10


def test_a_logarithm_of_zero_is_refused_before_anything_runs() -> None:
    with pytest.raises(ValueError, match=r"log_x takes positive numbers, and epochs is 0"):
        planned(study(vary(epochs=[0, 2]), Lines("epochs", log_x=True)))


def test_an_empty_grid_is_refused() -> None:
    for grid in (Grid(()), vary(head=[]), lambda base: vary(head=[])):
        with pytest.raises(ValueError, match=r"grid takes at least one change, such as vary\(seed=range\(3\)\)"):
            planned(study(grid))


def test_what_the_grid_varies_cannot_be_set() -> None:
    for name in ("head", "seed"):
        with pytest.raises(ValueError, match=f"the study varies {name} itself, so it cannot be set; --only selects"):
            planned(derive(study(), **{name: {"head": MLP(), "seed": 7}[name]}))
    losses = study(vary(loss=[NTXent(), NTXent(temperature=0.5)]), Bars(x="loss.temperature"))
    with pytest.raises(ValueError, match=r"varies loss\.normalize itself"):
        planned(derive(losses, **{"loss.normalize": False}))  # each loss of the grid would undo it


def test_a_derived_study_changes_its_base_and_so_every_run() -> None:
    runs = planned(derive(study(), epochs=7, **{"loss.temperature": 1.0}))
    assert {run.experiment.epochs for run in runs} == {7, 0}
    assert {run.experiment.loss.temperature for run in cells(runs)} == {1.0}


def test_a_misspelt_setting_is_a_type_error_before_anything_runs() -> None:
    with pytest.raises(TypeError, match=r"has no setting 'epoch': did you mean 'epochs'\?"):
        planned(study(vary(epoch=[1])))
    with pytest.raises(TypeError, match=r"has no setting 'epoch': did you mean 'epochs'\?"):
        planned(derive(study(), epoch=3))


def test_the_images_and_the_method_are_in_the_id() -> None:
    ids = {run.id for run in planned(study())}
    assert ids.isdisjoint(run.id for run in plan(study(), "smoke", lambda experiment: "other images"))
    assert ids.isdisjoint(run.id for run in planned(study(train=walk)))


@dataclass(frozen=True)
class Walk:
    """A method without images, seeds or parts."""

    strides: tuple[int, ...]
    length: int = 3


def walk(experiment: Any, data: Any, journal: Any, device: str) -> dict[str, float]:
    return {"distance": float(experiment.length)}


def test_any_dataclass_can_be_planned_and_has_no_references() -> None:
    other = study(vary(length=[1, 2]), Bars(x="length"), base=Walk([1, 2]), train=walk)  # type: ignore[arg-type] # not even hashable
    runs = planned(other)
    assert [(run.arm, settings(run.experiment)) for run in runs] == [
        ("cell", {"strides": [1, 2], "length": 1}),
        ("cell", {"strides": [1, 2], "length": 2}),
    ]
    with pytest.raises(ValueError, match="--seeds repeats runs by their seed, and Walk has no setting seed"):
        planned(other, seeds=2)


def test_a_method_without_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Study\.train takes a module-level function"):
        planned(study(train=lambda experiment, data, journal, device: {}))


def test_a_run_is_found_by_its_id_whatever_its_arm_and_however_often_seeds_repeat_it() -> None:
    for repeats in (None, 4):
        for run in planned(study(), repeats):
            assert find(study(), "smoke", lambda experiment: "the images", repeats, run.id) == run.experiment
    assert find(study(), "smoke", lambda experiment: "the images", None, "0" * 12) is None


def test_a_plan_leaves_what_was_loaded_before_out_of_the_search_for_garbage() -> None:
    gc.unfreeze()
    _context._freeze.cache_clear()
    Context("mine", "smoke", "results").every(study())
    assert gc.get_freeze_count() > 0
