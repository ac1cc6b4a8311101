"""Figures: the numbers drawn, the gaps shown, the words under them; never pixels."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import synthetic
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from synthetic import lose

from results._intervals import cell_intervals
from results._wrapped import width_of, wrapped
from results.cells import panel
from results.paper import read_paper
from results.plots import AnyFigure, Bars, Heatmap, Lines, Panels, about_figure, figure_from, save

ALL = [
    synthetic.PAIR_FIGURE,
    synthetic.HEAD_FIGURE,
    synthetic.LOSS_FIGURE,
    synthetic.BATCH_FIGURE,
    synthetic.NORM_FIGURE,
]
TABLES = [synthetic.pairs, synthetic.heads, synthetic.losses, synthetic.batches, synthetic.temperatures]


def texts(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def foot(figure: Figure) -> str:
    return figure.get_supxlabel().replace("\n", " ")


def bars(axes: Axes) -> list[tuple[float, float]]:
    """(center, height) of each bar that is not a hollow slot."""
    drawn = [patch for box in axes.containers if hasattr(box, "patches") for patch in box.patches]
    return [(bar.get_x() + bar.get_width() / 2, bar.get_height()) for bar in drawn if bar.get_facecolor()[3]]


def points(axes: Axes) -> dict[float, float]:
    marks = [line for line in axes.lines if line.get_marker() not in ("None", "_", "")]
    return {round(float(x), 3): float(y) for line in marks for x, y in zip(*line.get_data(), strict=True)}


@pytest.mark.parametrize("figure", ALL, ids=lambda figure: type(figure).__name__)
def test_a_figure_survives_json(figure: AnyFigure) -> None:
    assert figure_from(json.loads(json.dumps(about_figure(figure)))) == figure


def test_unknown_classes_and_fields_are_named() -> None:
    with pytest.raises(ValueError, match=r"Heatmap, Bars, Lines.*'Pie'"):
        figure_from({"class": "Pie"})
    with pytest.raises(ValueError, match="Bars has no field z"):
        figure_from({"class": "Bars", "x": "a", "z": 1})


def test_settings_are_those_shown() -> None:
    assert [figure.settings for figure in ALL] == [
        ("augment.first", "augment.second"),
        ("head.width", "head"),
        ("loss", "loss.semi_hard"),
        ("epochs", "batch_size"),
        ("loss.temperature", "loss.normalize"),
    ]
    with pytest.raises(ValueError, match="account for the same settings"):
        Panels((Bars("a"), Bars("b")))


@pytest.mark.parametrize("wrong", [{"x": "seed"}, {"x": "a", "hue": "a & seed"}, {"x": "a", "average_over": ("seed",)}])
@pytest.mark.parametrize("kind", [Bars, Lines])
def test_the_seed_is_no_setting_to_show(kind: type[Bars | Lines], wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"shows means over seeds.* so seed is no setting to show: name one"):
        kind(**wrong)


def test_two_heatmaps_say_that_their_colors_do_not_compare() -> None:
    figure = synthetic.PAIR_FIGURE
    assert "Colors: each panel's own range." in foot(figure.draw(synthetic.pairs(), read_paper()))
    assert "Colors" not in foot(replace(figure, paper=None).draw(synthetic.pairs()))


def test_heatmap_prints_means_averages_and_gaps() -> None:
    table = lose(synthetic.pairs(), "to do", augment__first="Sobel", augment__second="Rotate")
    lose(table, "failed", augment__first="Cutout", augment__second="Sobel")
    lose(table, "to do", augment__first="Crop", augment__second="Crop", seed=1)
    figure = replace(synthetic.PAIR_FIGURE, paper=None).draw(table)
    shown = texts(figure.axes[0])
    rows = table[table["augment.first"] == "Rotate"]
    means = rows.groupby("augment.second", sort=False)["linear_top1"].mean()
    assert {f"{mean:.1f}" for mean in means} <= set(shown)
    assert shown[-1] == f"{means.mean():.1f}", "the last text is the average of the last row"
    assert shown.count("failed") == 1 and shown.count("\u2013") == 2
    assert [text.split("\n")[1] for text in shown if "\n" in text] == ["n=2/3"]
    assert sum(bool(patch.get_hatch()) for patch in figure.axes[0].patches) == 1
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()][2:6] == ["Color", "Sobel", "Noise", "Blur"]
    assert "Of 153 runs 4 missing and 3 failed." in foot(figure)
    assert "typically \u00b1" in foot(figure) and "random encoder 31.0, supervised 88.4" in foot(figure)
    assert [line.get_label() for line in figure.axes[1].lines] == ["random encoder", "supervised"]


def test_heatmap_of_the_paper_beside() -> None:
    figure = synthetic.PAIR_FIGURE.draw(synthetic.pairs(), read_paper())
    panel = next(axes for axes in figure.axes if axes.get_title(loc="left") == "paper: ImageNet, ResNet-50")
    assert texts(panel)[:7] == ["33.1", "33.9", "56.3", "46.0", "39.9", "35.0", "30.2"] and "39.2" in texts(panel)
    assert figure.get_figwidth() == 6.75


def test_what_the_grid_does_not_have_is_blank() -> None:
    figure = Heatmap("loss.normalize", "loss.temperature", average=False).draw(synthetic.temperatures())
    assert len(texts(figure.axes[0])) == 6 == len(figure.axes[0].patches)


@pytest.mark.parametrize("name", ["short", "a row with a name as long as this"])
def test_a_heatmap_is_wide_enough_for_what_stands_in_its_cells(name: str) -> None:
    table = lose(
        synthetic.table([{"x": x, "y": name} for x in range(6)], lambda cell: float(cell["x"])), "to do", seed=1
    )
    figure = Heatmap("y", "x", average=False).draw(table)
    figure.draw_without_rendering()
    axes = figure.axes[0]
    for text, cell in zip(axes.texts, axes.patches, strict=True):
        words, box = text.get_window_extent(), cell.get_window_extent()
        assert box.x0 < words.x0 and words.x1 < box.x1, (text.get_text(), figure.get_figwidth())


def test_bars_start_at_zero_and_nulls_have_a_place() -> None:
    figure = replace(synthetic.HEAD_FIGURE, paper=None).draw(synthetic.heads(low=5.0))
    axes = figure.axes[0]
    assert axes.get_ylim()[0] == 0 and len(bars(axes)) == 9
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["none", "16", "32", "64", "128"]
    table = synthetic.heads(low=5.0)
    none = table[table["head"] == "NoHead"]["linear_top1"].mean()
    assert dict(bars(axes))[0.0] == pytest.approx(none)
    assert {"random encoder 31.0", "supervised 88.4"} <= set(texts(axes))


def test_names_of_lines_near_each_other_stand_apart() -> None:
    table = synthetic.heads()
    middle = table["linear_top1"].where(table["arm"] == "cell").mean()
    for place, arm in enumerate(("supervised", "random encoder")):
        table.loc[table["arm"] == arm, "linear_top1"] = middle - 0.2 * place
    axes = replace(synthetic.HEAD_FIGURE, paper=None).draw(table).axes[0]
    sides = {text.get_text().split()[0]: text.get_va() for text in axes.texts if text.get_text()[:3] in ("sup", "ran")}
    assert sides == {"supervised": "bottom", "random": "top"}


def test_no_line_of_a_caption_is_wider_than_its_picture() -> None:
    lines = wrapped("WWWW mmmm " * 40 + "iiii " * 200, 3.0)
    assert all(width_of(line, "normal") <= 3.0 for line in lines) and "".join(lines).count("i") == 800
    assert max(map(len, lines)) > 2 * min(map(len, lines[:-1]))
    assert wrapped("a" * 200, 1.0) == ["a" * 200]


def test_a_reference_of_fewer_seeds_than_planned_says_so() -> None:
    table = synthetic.lose(synthetic.heads(), "to do", arm="supervised", seed=1)
    axes = replace(synthetic.HEAD_FIGURE, paper=None).draw(table).axes[0]
    assert axes.get_title(loc="right") == "\u2191 supervised 88.4 (n=2/3)\n\u2193 random encoder 31.0"
    grid = synthetic.lose(synthetic.pairs(), "to do", arm="random encoder", seed=0)
    assert "random encoder 31.0 (n=2/3), supervised 88.4" in foot(synthetic.PAIR_FIGURE.draw(grid))


def test_points_where_bars_would_look_alike() -> None:
    table = synthetic.heads()
    axes = replace(synthetic.HEAD_FIGURE, paper=None).draw(table).axes[0]
    assert not bars(axes) and axes.get_ylim()[0] > 50
    wide = table[(table["head"] == "MLP") & (table["head.width"] == 128)]["linear_top1"].mean()
    assert points(axes)[4.2] == pytest.approx(wide)
    assert axes.get_title(loc="right") == "\u2191 supervised 88.4\n\u2193 random encoder 31.0"


@pytest.mark.parametrize("low", [5.0, 80.0], ids=["bars", "points"])
def test_the_name_of_a_reference_stands_above_its_line_in_the_axes(low: float) -> None:
    figure = replace(synthetic.HEAD_FIGURE, paper=None).draw(synthetic.heads(low=low))
    figure.draw_without_rendering()
    axes = figure.axes[0]
    named = next(text for text in axes.texts if text.get_text() == "supervised 88.4")
    box = named.get_window_extent()
    (_, line), (_, top) = axes.transData.transform([(0.0, 88.4), (0.0, axes.get_ylim()[1])])
    assert line + figure.dpi / 72 < box.y0 and box.y1 < top, "a point apart"


@pytest.mark.parametrize(("values", "end"), [((10.0, 20.0, 30.0), "left"), ((30.0, 20.0, 10.0), "right")])
@pytest.mark.parametrize("kind", [Lines, Bars])
def test_a_reference_is_named_at_the_end_where_less_is_drawn(
    kind: type[AnyFigure], values: tuple[float, ...], end: str
) -> None:
    rows = [{"epochs": place, "arm": "cell", "linear_top1": 60 + value} for place, value in enumerate(values, 1)]
    rows.append({"epochs": 3, "arm": "supervised", "linear_top1": 89.5})
    table = pd.DataFrame([{**row, "seed": 0, "status": "done"} for row in rows])
    axes = kind("epochs").draw(table.replace({70.0: 80.0})).axes[0]  # close enough for points
    (named,) = (text for text in axes.texts if text.get_text() == "supervised 89.5")
    assert named.get_horizontalalignment() == end


def test_two_joined_settings_make_an_axis_of_two_levels() -> None:
    cells = [{"epochs": epochs, "batch_size": batch} for batch in (64, 256) for epochs in (1, 30)]
    table = synthetic.table(cells, lambda cell: cell["batch_size"] + cell["epochs"], noise=0.0, seeds=1)
    axes = Bars("epochs & batch_size").draw(table).axes[0]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["64", "256", "64", "256"]
    assert [tick.get_text() for tick in axes.get_xticklabels(minor=True)] == ["1 epoch", "30 epochs"]
    assert [height for _, height in bars(axes)] == [65, 257, 94, 286] and axes.get_xlabel() == "epochs & batch size"
    worded = Bars("epochs & batch_size", labels=(("1 & 64", "small"),)).draw(table).axes[0]
    assert [tick.get_text() for tick in worded.get_xticklabels()] == ["small", "30 & 64", "1 & 256", "30 & 256"]


def test_whiskers_and_seeds_are_those_of_the_statistics() -> None:
    table = synthetic.table([{"x": "a"}, {"x": "b"}], lambda cell: 10.0 if cell["x"] == "a" else 50.0)
    expected = cell_intervals(table, ["x"], "linear_top1")
    axes = Bars("x").draw(table).axes[0]
    whiskers = [collection.get_segments()[0] for collection in axes.collections if hasattr(collection, "get_segments")]
    halves = [float(ends[1][1] - ends[0][1]) / 2 for ends in whiskers]
    np.testing.assert_allclose(halves, expected["half_width"])
    dots = [collection.get_offsets() for collection in axes.collections if not hasattr(collection, "get_segments")]
    np.testing.assert_allclose(np.concatenate(dots)[:, 1], table["linear_top1"])
    said = "Whiskers: 95% for each mean alone, by its cell's error and that of all (2 d.f.); dots: single seeds."
    assert foot(Bars("x").draw(table)).endswith(said)


@pytest.mark.parametrize("kind", [Bars, Lines])
def test_missing_and_failed_have_slots(kind: type[Bars | Lines]) -> None:
    table = lose(synthetic.heads(), "to do", head="MLP", head__width=64)
    lose(table, "failed", head="Linear", head__width=128)
    lose(table, "to do", head="MLP", head__width=16, seed=2)
    axes = kind("head.width", "head").draw(table).axes[0]
    assert sorted(text for text in texts(axes) if text) == ["failed", "missing", "n=2/3"]


def test_lines_break_at_a_gap_and_stand_at_log2() -> None:
    table = lose(synthetic.batches(), "to do", batch_size=512, epochs=20)
    axes = replace(synthetic.BATCH_FIGURE, paper=None).draw(table).axes[0]
    drawn = {str(line.get_label()): line for line in axes.lines}
    assert np.isnan(np.asarray(drawn["512"].get_ydata(), float)).tolist() == [False, True, False, False]
    rows = table[table["batch_size"] == 64].groupby("epochs")["linear_top1"].mean()
    np.testing.assert_allclose(np.asarray(drawn["64"].get_ydata(), float), rows)
    assert axes.get_xticks().tolist() == pytest.approx(np.log2([10, 20, 40, 80]).tolist())


def test_log_x_of_zero_is_refused() -> None:
    table = synthetic.table([{"x": 0}, {"x": 1}], lambda cell: 1.0)
    with pytest.raises(ValueError, match="log_x takes positive numbers, not 0"):
        Lines("x", log_x=True).draw(table)


def test_panels_stand_side_by_side_with_the_paper_below() -> None:
    figure = synthetic.NORM_FIGURE.draw(synthetic.temperatures(), read_paper())
    labels = [axes.get_ylabel() for axes in figure.axes]
    assert labels == 2 * ["linear top-1 (%)", "contrastive acc (%)", "entropy (nats)"]
    assert [height for _, height in bars(figure.axes[5])] == [1.0, 4.5, 8.2, 8.3, 0.5, 0.5]


def test_a_panel_whose_whiskers_are_others_is_named() -> None:
    table = synthetic.temperatures()
    loud = (table["loss.temperature"] == 0.05) * table["seed"] ** 2 * 20
    table = table.assign(contrastive_entropy=table["contrastive_entropy"] + loud)
    said = foot(synthetic.NORM_FIGURE.draw(table))
    assert said.count("by its cell's error and that of all (10 d.f.); dots: single seeds.") == 1
    alone = "95% for each mean alone, by its own seeds, since errors are unequal (2 d.f.); dots: single seeds."
    assert said.endswith(f"Of entropy (nats): Whiskers: {alone}") and "acc (%)" not in said


def test_a_table_without_any_result_is_all_gaps() -> None:
    table = lose(synthetic.heads(), "to do").drop(columns="linear_top1")
    assert texts(replace(synthetic.HEAD_FIGURE, paper=None).draw(table).axes[0]) == 9 * ["missing"]


def test_the_legend_keeps_its_order_where_a_hue_is_missing() -> None:
    figure = replace(synthetic.HEAD_FIGURE, labels=())
    for table in (synthetic.heads(), lose(synthetic.heads(), "to do", head="Linear")):
        (legend,) = figure.draw(table, read_paper()).legends
        assert [text.get_text() for text in legend.get_texts()] == ["NoHead", "Linear", "MLP"]


def test_the_scale_is_stated_but_for_what_varies() -> None:
    said = foot(synthetic.BATCH_FIGURE.draw(synthetic.batches()))
    assert said.startswith("laptop scale: synthetic, 10 000 images, ResNet (depth 18), 3 seeds a cell.")
    assert "30 epochs" in foot(synthetic.HEAD_FIGURE.draw(synthetic.heads()))
    alone = synthetic.heads().assign(epochs=1)
    assert "1 epoch, " in foot(synthetic.HEAD_FIGURE.draw(alone))
    every = synthetic.heads().assign(images=pd.Series(dtype="Int64"))
    assert "synthetic, all training images, " in foot(synthetic.HEAD_FIGURE.draw(every))
    some = synthetic.heads().assign(images=[1000, *[None] * 32])
    assert "images" not in foot(synthetic.HEAD_FIGURE.draw(some)).partition(" a cell")[0]


def test_the_caption_says_what_only_shows_in_some_of_the_cells() -> None:
    uneven = synthetic.heads().assign(epochs=[6, *[12] * 32])
    assert ", 6-12 epochs, " in foot(synthetic.HEAD_FIGURE.draw(uneven))
    sources = ["old" if arm == "cell" else "new" for arm in uneven["arm"]]
    mixed = uneven.assign(**{"provenance.source": sources})
    assert "Runs of 2 versions of the source." in foot(synthetic.HEAD_FIGURE.draw(mixed))
    gone = mixed.assign(arm=mixed["arm"].where(mixed["arm"] == "cell", "no longer planned"))
    assert "versions" not in foot(synthetic.HEAD_FIGURE.draw(gone))
    own = "Each panel has its own axis."
    assert own in foot(synthetic.HEAD_FIGURE.draw(uneven, read_paper())) and own not in foot(
        synthetic.HEAD_FIGURE.draw(uneven)
    )


def test_marks_stand_about_their_tick_whatever_lines_other_ticks_have() -> None:
    cells = [{"x": x, "kind": kind} for x, kinds in ((1, "a"), (2, "bc"), (3, "bcd")) for kind in kinds]
    made = synthetic.table(cells, lambda cell: float(cell["x"]))
    lines = [line for line in Lines("x", "kind").draw(made).axes[0].lines if str(line.get_label()) in "abcd"]
    where = [x for line in lines for x in np.asarray(line.get_xdata(), float)]
    for x, number in ((1, 1), (2, 2), (3, 3)):
        near = [one for one in where if abs(one - x) < 0.4]
        assert len(near) == number and np.mean(near) == pytest.approx(x) and len({*near}) == number


def test_many_lines_stand_within_the_axes_and_look_unlike() -> None:
    cells = [{"x": x, "kind": f"{kind:02}"} for x in (1, 2, 3) for kind in range(14)]
    (axes,) = Lines("x", "kind").draw(synthetic.table(cells, lambda cell: float(cell["x"]))).axes
    lines = [line for line in axes.lines if re.fullmatch(r"\d\d", str(line.get_label()))]
    assert len({(str(line.get_color()), str(line.get_marker())) for line in lines}) == 14
    low, high = axes.get_xlim()
    assert all(low < x < high for line in lines for x in np.asarray(line.get_xdata(), float))


def test_without_intervals_the_seeds_are_too_few() -> None:
    assert "One seed: no intervals." in foot(synthetic.PAIR_FIGURE.draw(synthetic.pairs(seeds=1)))
    heads = synthetic.heads()
    uneven = heads[(heads["seed"] == 0) | ((heads["seed"] == 1) & (heads["head"] == "NoHead"))]
    assert "Too few seeds for intervals." in foot(synthetic.HEAD_FIGURE.draw(uneven))


def best_and_average() -> pd.DataFrame:
    cells = [{"x": x, "rate": rate} for x in ("a", "b") for rate in (0.1, 0.2)]
    table = synthetic.table(cells, lambda cell: 10.0 + 50 * (cell["x"] == "b") + 100 * cell["rate"], noise=0.0)
    table["linear_valid_top1"] = -table["linear_top1"]
    return table


def test_best_over_is_chosen_on_validation_images() -> None:
    axes = Bars("x", best_over=("rate",)).draw(best_and_average()).axes[0]
    assert [height for _, height in bars(axes)] == pytest.approx([20.5, 70.5])
    with pytest.raises(ValueError, match="'linear_valid_top1', which the table lacks"):
        Bars("x", best_over=("rate",)).draw(best_and_average().drop(columns="linear_valid_top1"))


def test_a_run_that_is_to_do_again_is_drawn_as_missing_whatever_it_measured_before() -> None:
    table = best_and_average()
    table.loc[(table["x"] == "a") & (table["seed"] == 0), "status"] = "to do"
    assert "n=2/3" in texts(Bars("x", average_over=("rate",)).draw(table).axes[0])
    table.loc[(table["x"] == "b") & (table["rate"] == 0.1), "status"] = "to do"
    (cell,) = (cell for key, cell in panel(Bars("x", best_over=("rate",)), table).cells.items() if key == ("b",))
    assert cell.state == "done" and cell.mean == pytest.approx(80.5)  # the best of those that are done


def test_average_over_needs_all_of_it() -> None:
    axes = Bars("x", average_over=("rate",)).draw(best_and_average()).axes[0]
    assert [height for _, height in bars(axes)] == pytest.approx([25.5, 75.5])
    table = lose(best_and_average(), "to do", x="a", rate=0.1, seed=0)
    assert "n=2/3" in texts(Bars("x", average_over=("rate",)).draw(table).axes[0])


def test_what_varies_in_a_cell_must_be_named() -> None:
    with pytest.raises(ValueError, match="name what varies in average_over="):
        Bars("x").draw(best_and_average())
    with pytest.raises(ValueError, match="Bars shows 'lr', which the table lacks; it has run, arm, seed, x"):
        Bars("lr").draw(best_and_average())


@pytest.mark.parametrize("index", range(len(ALL)))
def test_saved_bytes_are_the_same_each_time(tmp_path: Path, index: int) -> None:
    first, second = (
        save(ALL[index].draw(TABLES[index](), read_paper()), tmp_path / name, "figure") for name in ("a", "b")
    )
    assert [path.suffix for path in first] == [".png", ".svg", ".pdf"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert b"/FontFile2" in first[2].read_bytes(), "fonts are embedded as TrueType"


@pytest.mark.parametrize(("paper", "inches"), [(None, 3.25), (read_paper(), 6.75)], ids=["alone", "beside the paper's"])
def test_a_pdf_is_as_wide_as_a_papers_column_or_as_its_text(tmp_path: Path, paper: Any, inches: float) -> None:
    *_, pdf = save(synthetic.HEAD_FIGURE.draw(synthetic.heads(), paper), tmp_path, "figure")
    box = re.search(rb"/MediaBox \[ *0 0 ([0-9.]+) ", pdf.read_bytes())
    assert box is not None and float(box[1]) == pytest.approx(72 * inches, abs=0.1)


@pytest.mark.parametrize("index", range(len(ALL)))
def test_no_text_is_smaller_than_print_allows(index: int) -> None:
    figure = ALL[index].draw(TABLES[index](), read_paper())
    sizes = [text.get_fontsize() for text in figure.findobj(lambda part: hasattr(part, "get_fontsize"))]
    assert min(sizes) >= 6.5
