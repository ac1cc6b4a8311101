"""The claims of a study as one picture, in which a verdict can be read off: is the whole interval where it holds?"""

import math
from collections.abc import Sequence
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import blended_transform_factory

from results._canvas import footer
from results._claim_marks import CUT, MARKS, draw_strip, marks_of
from results.claim_words import label, lines, most, note, papers, said, word
from results.style import DARK, GRAY, SINGLE, STYLE
from results.verdicts import Verdict

LINE, STRIP, GAP = 0.125, 0.16, 0.07  # inches: a line of text, an interval, between claims


def draw_claims(found: Sequence[Verdict], trained: str) -> Figure:
    """A row a claim, those of one unit on one axis; claims without a number stand last, in words.

    found: the verdicts on one study at one scale. trained: what was, as results.notes says it. A marker is our number,
    with the interval over seeds at the level at which it was judged; the shaded region is where the claim holds.
    """
    measured = [one for one in found if not math.isnan(one.effect)]
    groups = [[one for one in measured if one.unit == unit] for unit in dict.fromkeys(one.unit for one in measured)]
    rest = [one for one in found if math.isnan(one.effect)]
    with rc_context(STYLE):  # type: ignore[arg-type]
        canvas = Figure(layout="constrained")
        blocks = groups + [rest] * bool(rest)
        name = max(len(one.claim) for one in found)
        heights = [sum(_height(one, name) for one in block) for block in blocks]
        axes = canvas.subplots(len(blocks), squeeze=False, height_ratios=heights)[:, 0]
        for one, block in zip(axes, blocks, strict=True):
            _draw_block(one, block, name)
        is_cut = any(mark.get_label() == CUT for one in axes for mark in one.lines)
        above = _legend(canvas, marks_of(measured, is_cut)) if measured else 0.0
        under = footer(canvas, note(found, trained), SINGLE)
        canvas.set_size_inches(SINGLE, sum(heights) + 0.42 * len(groups) + above + under + 0.05)
    return canvas


def _draw_block(axes: Axes, block: Sequence[Verdict], name: int) -> None:
    """The claims of one unit from top to bottom, beside names of `name` characters; y is in inches."""
    tops, y = [], 0.0
    for one in block:
        tops.append(y)
        y += _height(one, name)
    axes.set(ylim=(y, 0.0), yticks=[top + LINE / 2 for top in tops], yticklabels=[one.claim for one in block])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    is_measured = not math.isnan(block[0].effect)
    axes.spines["bottom"].set_visible(is_measured)
    if is_measured:
        axes.set(xlim=_limits(block), xlabel=label(block[0].unit))
        axes.locator_params(axis="x", nbins=6)
    else:
        axes.set(xticks=[])
    for top, one in zip(tops, block, strict=True):
        _write(axes, top, one, name)
        if is_measured:
            draw_strip(axes, top + LINE * len(lines(one, name)) + STRIP / 2, STRIP, one)


def _write(axes: Axes, top: float, one: Verdict, name: int) -> None:
    """What is claimed, and at its right the verdict with the level of its interval."""
    across = blended_transform_factory(axes.transAxes, axes.transData)
    style: dict[str, Any] = {"transform": across, "va": "center_baseline"}
    for place, line in enumerate(lines(one, name)):
        color = DARK if place < len(said(one, name)) else GRAY
        axes.text(0.0, top + LINE * (place + 0.5), line, color=color, **style)
    color = MARKS.get(one.verdict, {"color": GRAY})["color"]
    axes.text(1.0, top + LINE / 2, word(one), color=color, ha="right", **style)


def _limits(block: Sequence[Verdict]) -> tuple[float, float]:
    """Of an axis that shows all numbers, and of the intervals as much as leaves the numbers half of its length."""
    unit = block[0].unit
    if unit.startswith("of "):
        return -0.5, most(unit) + 0.5
    if unit == "rank correlation":
        return -1.08, 1.08
    margins = [sign * one.margin for one in block for sign in ((-1, 1) if one.kind == "within" else (1,))]
    numbers = [0.0, *margins, *(one.effect for one in block), *(one.paper for one in block if papers(one))]
    half = (max(numbers) - min(numbers)) / 2
    low, high = min(numbers) - half, max(numbers) + half
    every = [(one.low, one.high) for one in block]
    every += [(one.effect - 1.96 * one.images, one.effect + 1.96 * one.images) for one in block]
    ends = [min(max(end, low), high) for both in every for end in both if not math.isnan(end)]
    low, high = min([*numbers, *ends]), max([*numbers, *ends])
    edge = 0.04 * (high - low) or 1.0
    return low - edge, high + edge


def _legend(canvas: Figure, marks: Sequence[Any]) -> float:
    """What the marks are, above the axes; the inches that it takes."""
    canvas.legend(handles=marks, loc="outside upper left", ncols=2, frameon=False, borderpad=0.1, columnspacing=1.0)
    return 0.13 * math.ceil(len(marks) / 2) + 0.1


def _height(one: Verdict, name: int) -> float:
    return LINE * len(lines(one, name)) + STRIP * (not math.isnan(one.effect)) + GAP
