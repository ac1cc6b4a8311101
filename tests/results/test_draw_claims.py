"""The picture of claims: what is drawn is what was judged; never pixels."""

import math
from pathlib import Path
from typing import Any

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from studies import line, study

from results.claims import Claim, all_of, cells, count_of, difference
from results.draw_claims import draw_claims
from results.plots import save
from results.verdicts import Verdict, verdicts


def x(place: int) -> dict[str, Any]:
    return {"x": place}


TRAINED = "laptop scale: CIFAR-10, 10 000 images, 3 seeds a cell."
CLAIMS: list[Claim] = [
    difference("up", x(3), x(0), paper=7.5, text="three is far above none"),
    difference("down", x(0), x(3), text="none is above three"),
    difference("near", x(1), x(0), above=1.0, text="one is above none"),
    all_of("same", [(x(1), x(2)), (x(4), x(5))], within=3.0, text="these make no difference, whichever one takes"),
    count_of("most", [(x(place), x(0)) for place in (1, 2, 3)], above=1, paper=3.0, text="most of three are so"),
    difference("task", cells(x(3), "entropy"), cells(x(0), "entropy"), text="another unit"),
    difference("gone", cells(x(3), "knn_top1"), cells(x(0), "knn_top1"), text="not measured"),
    difference("large", x(3), x(0), scales=("paper",), needs="batches of 8192", text="not here"),
]


def found(seeds: int = 3) -> list[Verdict]:
    table = study(line(50, 51, 51, 58, 50, 50), CLAIMS, seeds=seeds, noise=0.3)
    table["entropy"] = table["linear_top1"] / 100
    return verdicts(table)


def rows(figure: Figure) -> dict[str, tuple[Axes, float]]:
    """The axes of each claim, and the y at which its name stands."""
    ticks = [
        (tick.get_text(), axes, y)
        for axes in figure.axes
        for tick, y in zip(axes.get_yticklabels(), axes.get_yticks(), strict=True)
    ]
    return {name: (axes, float(y)) for name, axes, y in ticks}


def marks(axes: Axes, label: str, after: float, before: float) -> list[list[float]]:
    """The x of the marks with this label whose y lies between."""
    lines = [one for one in axes.lines if one.get_label() == label and after < float(one.get_ydata()[0]) < before]  # type: ignore[index, arg-type]
    return [[float(value) for value in one.get_xdata()] for one in lines]  # type: ignore[union-attr]


def test_number_interval_and_papers_number_are_those_of_the_verdict() -> None:
    judged = found()
    at = rows(draw_claims(judged, TRAINED))
    for one in judged[:6]:
        axes, y = at[one.claim]
        below = min((other for near, other in at.values() if near is axes and other > y), default=math.inf)
        left, right = axes.get_xlim()
        assert marks(axes, "_ours", y, below) == [[one.effect]]
        assert marks(axes, "_interval", y, below) == [[max(one.low, left), min(one.high, right)]]
        assert marks(axes, "_paper", y, below) == ([] if math.isnan(one.paper) else [[one.paper]])
        far = one.margin + (one.beyond if one.kind == "within" else one.distance)
        assert far in [where for (where,) in marks(axes, "_seen", y, below)]


def test_a_claim_holds_if_its_whole_interval_lies_in_the_shaded_region() -> None:
    judged = found()
    at = rows(draw_claims(judged, TRAINED))
    assert {one.verdict for one in judged} == {"holds", "fails", "undecided", "not run", "not at this scale"}
    for one in judged[:6]:
        axes, y = at[one.claim]
        strips = [patch for patch in axes.patches if isinstance(patch, Rectangle) and patch.get_y() > y]
        region = min(strips, key=lambda strip: strip.get_y())
        low, high = region.get_x(), region.get_x() + region.get_width()
        is_inside = low < one.low and (one.high < high or one.kind == "above")
        is_outside = one.high < low or (one.low > high and one.kind == "within")
        assert (one.verdict == "holds", one.verdict == "fails") == (is_inside, is_outside), one.claim


def test_the_legend_names_the_papers_number_where_one_is_drawn() -> None:
    judged = found()
    for drawn, is_named in ((judged, True), ([one for one in judged if math.isnan(one.paper)], False)):
        (legend,) = draw_claims(drawn, TRAINED).legends
        assert ("the paper's number" in [text.get_text() for text in legend.get_texts()]) == is_named


def test_verdicts_stand_in_words_with_their_level_or_their_reason() -> None:
    judged = found()
    figure = draw_claims(judged, TRAINED)
    said = [text.get_text() for axes in figure.axes for text in axes.texts]
    for one in judged[:6]:
        assert f"{one.verdict} at {100 * one.level:.4g}%" in said
    assert {"no knn_top1 yet", "not run", "batches of 8192", "not at this scale"} <= set(said)
    under = figure.get_supxlabel().replace("\n", " ")
    assert under.startswith(f"synthetic, {TRAINED} Intervals over seeds") and "Holm over 7 claims" in under


def test_claims_of_one_unit_share_an_axis() -> None:
    figure = draw_claims(found(), TRAINED)
    named = [[tick.get_text() for tick in axes.get_yticklabels()] for axes in figure.axes]
    assert named == [["up", "down", "near", "same"], ["most"], ["task"], ["gone", "large"]]
    units = ["difference (points of accuracy)", "how many of 3", "difference in entropy", ""]
    assert [axes.get_xlabel() for axes in figure.axes] == units


def test_before_the_first_look_there_is_a_number_and_no_interval() -> None:
    axes, y = rows(draw_claims(found(seeds=2), TRAINED))["up"]
    assert len(marks(axes, "_ours", y, math.inf)) == 4 and not marks(axes, "_interval", y, math.inf)
    assert "undecided (n=2)" in [text.get_text() for text in axes.texts]


def test_an_interval_that_leaves_the_axis_ends_in_an_arrow() -> None:
    claims = [difference("d", x(1), cells(x(1), "other_top1"), text="two metrics: the error of these seeds alone")]
    table = study(line(50, 51), claims)
    table["other_top1"] = table["linear_top1"] - [0.0, 1.0, 0.0, 9.0, 0.0, -4.0]
    (one,) = verdicts(table)
    figure = draw_claims([one], TRAINED)
    left, right = figure.axes[0].get_xlim()
    assert one.low < left and one.high > right
    assert {"<", ">"} <= {mark.get_marker() for mark in figure.axes[0].lines}
    assert "goes on beyond" in legend(figure) and "goes on beyond" not in legend(draw_claims(found(), TRAINED))


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_nothing_run_is_words_alone() -> None:
    table = study(line(50, 51, 51, 58, 50, 50), CLAIMS).drop(columns=["linear_top1", "linear_valid_top1"])
    planned = table.assign(status="to do")
    planned.attrs = table.attrs
    (axes,) = draw_claims(verdicts(planned), TRAINED).axes
    assert not axes.lines and not axes.patches and len(axes.get_yticks()) == len(CLAIMS)


@pytest.mark.parametrize("seeds", [1, 3])
def test_it_is_saved_alike_each_time_and_readable_in_a_column(tmp_path: Path, seeds: int) -> None:
    first, second = (save(draw_claims(found(seeds), TRAINED), tmp_path / name, "claims") for name in "ab")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    figure = draw_claims(found(seeds), TRAINED)
    sizes = [text.get_fontsize() for text in figure.findobj(lambda part: hasattr(part, "get_fontsize"))]
    assert min(sizes) >= 6.5 and figure.get_figwidth() == 3.25
