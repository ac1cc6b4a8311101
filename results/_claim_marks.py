"""The marks of one claim: where it holds, our number with its interval, the paper's number."""

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from results._hover import say, short
from results.claim_words import number, papers, visible, word
from results.style import DARK, GRAY, PALE, PALETTE
from results.verdicts import FAILS, HOLDS, UNDECIDED, Verdict

MARKS: dict[str, dict[str, Any]] = {
    HOLDS: {"marker": "o", "color": PALETTE[0]},
    FAILS: {"marker": "X", "color": PALETTE[3]},
    UNDECIDED: {"marker": "o", "color": DARK, "markerfacecolor": "white"},
}
PAPER: dict[str, Any] = {"marker": "D", "color": DARK, "markersize": 3.5, "markerfacecolor": "none", "mew": 0.7}
SEEN: dict[str, Any] = {"marker": "|", "color": GRAY, "markersize": 6, "mew": 0.8}
CUT = "_cut"
"""The label of the arrows at which an interval goes on beyond its axis."""
IMAGES: dict[str, Any] = {"color": "0.65", "linewidth": 2.6, "solid_capstyle": "butt"}


def draw_strip(axes: Axes, y: float, height: float, one: Verdict) -> None:
    """The marks at y, in a strip of this height; `one` has a number."""
    edges, ends = _region(one, axes.get_xlim()[1]), (y - height / 2, y + height / 2)
    region = Rectangle((edges[0], ends[0]), edges[1] - edges[0], height, facecolor=PALE, linewidth=0, zorder=0.5)
    axes.add_patch(region)
    for edge in edges if one.kind == "within" else edges[:1]:
        axes.plot([edge] * 2, ends, color=GRAY, linewidth=0.8, zorder=1)
    axes.plot([0, 0], ends, color="0.75", linewidth=0.6, zorder=0)
    if not math.isnan(one.images):
        half = 1.96 * one.images
        (images,) = axes.plot([one.effect - half, one.effect + half], [y, y], zorder=2, label="_images", **IMAGES)
        say(images, f"{one.claim}: \u00b1 {short(half)} over test images (95%)")
        _draw_cuts(axes, y, one.effect - half, one.effect + half, IMAGES["color"])
    for far in visible(one):
        (seen,) = axes.plot([far], [y], zorder=2.5, label="_seen", **SEEN)
        say(seen, f"{one.claim}: could be seen from {far:+.2f} on")
    if not math.isnan(one.low):
        _draw_interval(axes, y, one)
    (ours,) = axes.plot([one.effect], [y], zorder=4, markersize=4.5, mew=0.8, label="_ours", **MARKS[one.verdict])
    say(ours, f"{one.claim}: {number(one)}, {word(one)}")
    if papers(one):
        (theirs,) = axes.plot([one.paper], [y], zorder=5, label="_paper", **PAPER)
        say(theirs, f"{one.claim}: the paper's {papers(one)}")


def marks_of(measured: Sequence[Verdict], is_cut: bool) -> list[Any]:
    """What the marks of these verdicts mean, as handles of a legend; whether some end in an arrow."""
    seen = [word for word in MARKS if any(one.verdict == word for one in measured)]
    handles: list[Any] = [
        Line2D([], [], linewidth=1.1, markersize=4.5, label=f"ours: {word}", **MARKS[word]) for word in seen
    ]
    if any(map(papers, measured)):
        handles += [Line2D([], [], linestyle="none", label="the paper's number", **PAPER)]
    handles += [Patch(facecolor=PALE, edgecolor=GRAY, linewidth=0.8, label="where the claim holds")]
    if any(not math.isnan(one.images) for one in measured):
        handles += [Line2D([], [], label="95% over test images", **IMAGES)]
    if is_cut:
        handles += [Line2D([], [], linestyle="none", marker=">", color=DARK, markersize=3.5, label="goes on beyond")]
    if any(map(visible, measured)):
        handles += [Line2D([], [], linestyle="none", label="could be seen from here on", **SEEN)]
    return handles


def _region(one: Verdict, right: float) -> tuple[float, float]:
    return (-one.margin, one.margin) if one.kind == "within" else (one.margin, right)


def _draw_interval(axes: Axes, y: float, one: Verdict) -> None:
    """Over seeds, at its own level."""
    left, right = axes.get_xlim()
    color = MARKS[one.verdict]["color"]
    ends = max(one.low, left), min(one.high, right)
    axes.plot(ends, [y, y], color=color, linewidth=1.1, zorder=3, label="_interval")
    for end in (end for end in (one.low, one.high) if left <= end <= right):
        axes.plot([end], [y], "|", color=color, markersize=3.5, mew=1.0, zorder=3)
    _draw_cuts(axes, y, one.low, one.high, color)


def _draw_cuts(axes: Axes, y: float, low: float, high: float, color: str) -> None:
    """An arrow at each end of the axis beyond which what is drawn from low to high goes on."""
    left, right = axes.get_xlim()
    for end, is_cut, arrow in ((left, low < left, "<"), (right, high > right, ">")):
        if is_cut:
            axes.plot([end], [y], arrow, color=color, markersize=3.5, mew=1.0, zorder=3, clip_on=False, label=CUT)
