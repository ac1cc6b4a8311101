"""Figures of what was measured: several metrics side by side, and a metric in a setting's place."""

import json
from dataclasses import replace

import pandas as pd
import pytest

from results.cells import panel
from results.labels import packed
from results.panels import metrics_of
from results.paper import PaperValues, paper_values, read_paper
from results.plots import Bars, Lines, Metric, about_figure, figure_from

TASKS = Bars(
    x="task",
    hue="layer",
    value="accuracy",
    average_over=("augment",),
    metrics=(
        Metric("rotation", (("task", "rotation"), ("layer", "h")), where=(("augment", "turned"),)),
        Metric("rotation_z", (("task", "rotation"), ("layer", "z")), where=(("augment", "turned"),)),
        Metric("gray", (("task", "gray"), ("layer", "h"))),
    ),
)


def table() -> pd.DataFrame:
    """Two augmentations, two seeds, and a reference arm."""
    rows = [
        {"arm": "cell", "augment": augment, "seed": seed, "status": "done", "rotation": 50.0 + seed, "gray": 90.0}
        for augment in ("plain", "turned")
        for seed in range(2)
    ]
    rows.append({"arm": "supervised", "augment": "plain", "seed": 0, "status": "done", "rotation": 99.0, "gray": 99.0})
    return pd.DataFrame(rows).assign(rotation_z=lambda table: table["rotation"] - 20)


def test_metrics_stand_side_by_side_where_they_count() -> None:
    shown = panel(TASKS, table())
    assert {key: (cell.mean, len(cell.values)) for key, cell in shown.cells.items()} == {
        ("rotation", "h"): (50.5, 2),
        ("rotation", "z"): (30.5, 2),
        ("gray", "h"): (90.0, 2),
    }
    assert shown.references == {}


def test_what_guessing_gets_right_stands_beside_what_was_measured() -> None:
    guess = Metric("rotation_top1", (("task", "rotation"), ("layer", "guess")), guess=True)
    unknown = Metric("gray", (("task", "gray"), ("layer", "guess")), guess=True)
    made, figure = table(), replace(TASKS, metrics=(*TASKS.metrics, guess, unknown))
    made.attrs["study"] = {"labels": {"rotation_*": packed([0, 2, 2, 1, 2]), "images": packed([0])}}
    without, shown = panel(TASKS, made), panel(figure, made)
    guessed = shown.cells.pop(("rotation", "guess"))
    assert (guessed.values, guessed.seeds, guessed.note) == ((60.0,), "", "")
    assert shown == without and metrics_of(figure) == metrics_of(TASKS)


def test_a_figure_of_metrics_survives_json_and_draws() -> None:
    assert figure_from(json.loads(json.dumps(about_figure(TASKS)))) == TASKS
    assert TASKS.draw(table()).axes


def test_a_probe_that_is_missing_is_named() -> None:
    with pytest.raises(ValueError, match="no run has 'rotation': is the probe that measures it"):
        panel(TASKS, table().drop(columns=["rotation", "rotation_z", "gray"]))


def test_nothing_measured_yet_is_drawn_as_missing() -> None:
    unrun = table().drop(columns=["rotation", "rotation_z", "gray"]).assign(status="to do")
    assert {cell.state for cell in panel(TASKS, unrun).cells.values()} == {"missing"}


def test_x_may_be_what_a_run_measured_of_itself() -> None:
    runs = [{"encoder": width, "seed": seed, "status": "done"} for width in (1, 2) for seed in range(2)]
    sizes = pd.DataFrame(runs).assign(
        linear_top1=lambda table: 40.0 + table["encoder"], encoder_parameters=lambda table: 2e6 * table["encoder"]
    )
    sizes.loc[3, ["linear_top1", "encoder_parameters", "status"]] = [None, None, "to do"]
    shown = panel(Lines(x="encoder", x_metric="encoder_parameters"), sizes)
    assert {key: cell.note for key, cell in shown.cells.items()} == {(2.0,): "", (4.0,): "n=1/2"}


def test_what_no_run_has_measured_of_itself_yet_has_no_place() -> None:
    runs = [
        {"encoder": width, "loss": "one", "seed": seed, "status": "to do"} for seed in (0, 1) for width in (1, 2, 4)
    ]
    sizes = pd.DataFrame(runs).assign(linear_top1=[40.0, *[None] * 5], encoder_parameters=[2e6, *[None] * 5])
    sizes.loc[0, "status"] = "done"
    figure = Lines(x="encoder", hue="loss", x_metric="encoder_parameters")
    assert {key: cell.note for key, cell in panel(figure, sizes).cells.items()} == {(2.0, "one"): "n=1/2"}
    unknown = sizes.assign(encoder_parameters=[None] * 6, linear_top1=[None] * 6)
    assert [key[0] for key in panel(figure, unknown).cells] == [1, 2, 4]


def test_the_papers_parameters_stand_beside_its_cells() -> None:
    fig_7 = PaperValues(
        study="model_size",
        where=(("epochs", "100"), ("method", "simclr")),
        keys=(("depth", "depth"), ("width", "width")),
        beside=(("params_millions", "parameters"),),
    )
    cells = paper_values(fig_7, read_paper(), "linear_top1").set_index(["depth", "width"])["parameters"]
    assert cells[(101, "1x")] == 42.6e6
    assert cells.notna().all()
