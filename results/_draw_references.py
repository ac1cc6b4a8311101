"""Reference lines of bars and lines: the arms beside the cells, named at the end where less of the data is drawn."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.path import Path
from matplotlib.transforms import Bbox, blended_transform_factory

from results._hover import say, short
from results._wrapped import width_of
from results.cells import Cell, arm_words
from results.style import GRAY, REFERENCE_LINES, TEXT

EDGE = 0.008
"""Of the width of the axes: how far a name stands from their end."""
TALL = 0.11
"""Of the height of the axes: how far a name reaches above its line, at the usual two inches."""


def draw_references(axes: Axes, references: dict[str, Cell], inches: float) -> None:
    """A horizontal line for each arm with its name and value; one beyond the axis is named above the axes instead.

    The limits of the axes, `inches` wide, are final, and the data is drawn.
    """
    low, high = axes.get_ylim()
    drawn, named = _drawn(axes), list[Bbox]()
    means = [cell.mean for cell in references.values() if low <= cell.mean <= high]
    beyond: list[str] = []
    for name, cell in references.items():
        (line, color), mean, named_so = REFERENCE_LINES[name], cell.mean, arm_words(name, cell)
        if low <= mean <= high:
            say(axes.axhline(mean, linestyle=line, color=color, linewidth=0.9, zorder=1.5), f"{name}: {short(mean)}")
            is_under = any(0 < other - mean < TALL * (high - low) for other in means)  # or that line would cross it
            named.append(_name(axes, named_so, mean, is_under, color, inches, drawn, named))
        else:
            beyond.append(f"{chr(0x2193) if mean < low else chr(0x2191)} {named_so}")
    if beyond:
        axes.set_title("\n".join(reversed(beyond)), loc="right", fontsize=TEXT, color=GRAY)


def _name(
    axes: Axes, text: str, mean: float, is_under: bool, color: str, inches: float, drawn: list[Path], named: list[Bbox]
) -> Bbox:
    """`text` above or under the line at `mean`, at the right unless a name is there, or less data at the left."""
    low, high = axes.get_ylim()
    foot, wide = (mean - low) / (high - low) - TALL * is_under, width_of(text) / inches
    left, right = (Bbox.from_bounds(start, foot, wide, TALL) for start in (EDGE, 1 - EDGE - wide))
    at_right, at_left = ((box.count_overlaps(named), _crossed(drawn, box)) for box in (right, left))
    is_left = at_left < at_right
    side = blended_transform_factory(axes.transAxes, axes.transData)
    place: dict[str, Any] = {"xycoords": side, "textcoords": "offset points"}
    place |= {"xytext": (0, -1.5), "va": "top"} if is_under else {"xytext": (0, 1.5), "va": "bottom"}
    style: dict[str, Any] = {"ha": "left" if is_left else "right", "fontsize": TEXT, "color": color, "zorder": 6}
    axes.annotate(text, (EDGE if is_left else 1 - EDGE, mean), **place, **style)
    return left if is_left else right


def _drawn(axes: Axes) -> list[Path]:
    """Lines, whiskers and dots, each as a path in fractions of the axes."""
    whole = axes.transAxes.inverted()
    found = [whole.transform_path(line.get_transform().transform_path(line.get_path())) for line in axes.lines]
    for group in axes.collections:
        if isinstance(group, PathCollection):
            dots = whole.transform(group.get_offset_transform().transform(np.asarray(group.get_offsets())))
            found += [Path(dot[None]) for dot in dots]
        else:
            found += [whole.transform_path(group.get_transform().transform_path(path)) for path in group.get_paths()]
    return found


def _crossed(drawn: list[Path], box: Bbox) -> int:
    """How many of the paths have a part in the box."""
    every = (np.asarray(path.vertices, dtype=float) for path in drawn)
    points = [some[np.isfinite(some).all(1)] for some in every]
    return sum(
        any(box.contains(x, y) for x, y in some) or (len(some) > 1 and Path(some).intersects_bbox(box, filled=False))
        for some in points
    )
