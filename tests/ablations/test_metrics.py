"""A metric that no run will have is named before anything is trained, by who asks for it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from command_line import TINY, Command

from ablations import Study, Tune, best_of, cells, difference, load_study, study_names, vary
from ablations._metrics import TRAINING, check_metrics
from ablations._scale import SCALES
from core.probe import Features, LinearProbe, Measured, NearestNeighbors, Transfer, TransformationProbe
from results.plots import Bars, Lines, Metric, Panels

HEADS = {"head": "MLP"}
RIGHT = Bars(x="head")


def study(**given: Any) -> Study:
    return Study(**{"question": "", "grid": vary(seed=[0]), "figure": RIGHT, "probes": (LinearProbe(),), **given})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"figure": replace(RIGHT, value="linear_top")}, "figure, Bars shows: no metric 'linear_top': did you mean"),
        ({"figure": Panels((RIGHT, replace(RIGHT, value="knn_top1")))}, "figure, Bars shows: no metric 'knn_top1'"),
        ({"figure": replace(RIGHT, metrics=(Metric("knn_top1", ()),))}, "figure, Bars shows: no metric 'knn_top1'"),
        ({"figure": Lines(x="head", x_metric="parameters")}, r"figure, Lines\.x_metric: no metric 'parameters'"),
        (
            {"figure": replace(RIGHT, value="train_loss", best_over=("views",))},
            "best_over: no metric 'train_valid_loss'",
        ),
        ({"claims": [difference("F1", cells(HEADS, "knn_top1"), HEADS)]}, "claim F1: no metric 'knn_top1'"),
        (
            {"claims": [difference("F1", best_of(HEADS, "train_loss"), HEADS)]},
            "F1, best_of: no metric 'train_valid_loss'",
        ),
        ({"tune": Tune(over=("views",), metric="knn_valid_top1")}, r"Tune\.metric: no metric 'knn_valid_top1'"),
    ],
)
def test_who_names_a_metric_that_no_run_will_have(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check_metrics(study(**given), "smoke")


def test_the_best_is_chosen_by_validation_images_of_other_images_and_other_tasks_too() -> None:
    probes = (Transfer("shapes", LinearProbe(), name="there"), TransformationProbe("color or gray"))
    names = [name for probe in probes for name in probe.metrics if "valid" not in name]
    claims = [difference(name, best_of(HEADS, name), cells(HEADS, name)) for name in names]
    check_metrics(study(probes=probes, figure=replace(RIGHT, value=names[0]), claims=claims), "smoke")


def my_probe(features: Features) -> Measured:
    raise NotImplementedError


def my_run(*given: Any) -> dict[str, float]:
    raise NotImplementedError


@pytest.mark.parametrize(
    "unknown",
    [
        {"probes": (LinearProbe(), my_probe)},
        {"probes": (LinearProbe(), Transfer("shapes", my_probe))},
        {"probes": (), "train": my_run},
    ],
)
def test_what_does_not_say_what_it_measures_may_measure_anything(unknown: dict[str, Any]) -> None:
    check_metrics(study(figure=replace(RIGHT, value="anything"), **unknown), "smoke")


@pytest.mark.parametrize("value", [*TRAINING, "linear_valid_top1", "learning_rate", "provenance.threads"])
def test_what_a_table_will_have_is_right(value: str) -> None:
    check_metrics(study(figure=replace(RIGHT, value=value)), "smoke")


@pytest.mark.parametrize("name", study_names())
def test_the_catalogue_asks_for_what_it_measures(name: str) -> None:
    for scale in SCALES:
        check_metrics(load_study(name), scale)


def test_two_probes_of_one_metric_are_refused_before_anything_is_trained() -> None:
    twice = (LinearProbe(), NearestNeighbors(), NearestNeighbors(neighbors=3))
    with pytest.raises(ValueError, match="two probes measure 'knn_valid_top1'"):
        check_metrics(study(probes=twice), "smoke")


def test_a_misspelt_value_is_one_line_and_nothing_is_planned(tmp_path: Path, command: Command) -> None:
    (tmp_path / "tiny.py").write_text(TINY.replace("knn_valid_top1", "knn_valid_top"))
    ended = command("tiny.py", "--scale", "smoke", "--cluster", "debug")
    assert ended.code == 2 and len(ended.err.splitlines()) == 1
    assert "no metric 'knn_valid_top': did you mean 'knn_valid_top1'?\n" in ended.err
    assert not (tmp_path / "results").exists()
