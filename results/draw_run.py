"""One run as a picture: training curves, a map of its representations, nearest neighbors of test images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from results._canvas import footer
from results.style import DARK, DOUBLE, GRAY, PALETTE, STYLE, TEXT

CURVES, BELOW, FRAME = 1.6, 3.6, 1.5  # inches: the height of the curves and of what is below; points: of a frame
SAME, OTHER = PALETTE[2], PALETTE[3]


@dataclass(frozen=True)
class Map:
    """points: (N, 2); labels: (N,), numbers of `classes`; share: of the variance that the two components hold."""

    points: Any
    labels: Any
    classes: Sequence[str]
    share: float


@dataclass(frozen=True)
class Neighbors:
    """Test images, each with its nearest training images behind it.

    pictures: (queries, 1 + nearest, H, W, 3); labels: (queries, 1 + nearest); similarity: (queries, nearest), cosines;
    among: so many training images.
    """

    pictures: Any
    labels: Any
    similarity: Any
    classes: Sequence[str]
    among: int


def draw_picture(
    history: Sequence[Mapping[str, float]], plane: Map | None, neighbors: Neighbors | None, said: str
) -> Figure:
    """The picture; a part that is not there is left out."""
    with rc_context(STYLE):  # type: ignore[arg-type]
        canvas = Figure(layout="constrained")
        curves = _groups(history)
        heights = [CURVES] * bool(curves) + [BELOW] * (plane is not None)
        parts = canvas.add_gridspec(len(heights), 1, height_ratios=heights)
        if curves:
            inner = parts[0].subgridspec(1, len(curves))
            for place, names in enumerate(curves):
                _draw_curves(canvas.add_subplot(inner[0, place]), history, names)
        if plane is not None and neighbors is not None:
            inner = parts[-1].subgridspec(1, 2, width_ratios=(3, 4))
            _draw_map(canvas.add_subplot(inner[0, 0]), plane)
            _draw_neighbors(canvas.add_subplot(inner[0, 1]), neighbors)
        under = footer(canvas, said, DOUBLE)
        canvas.set_size_inches(DOUBLE, sum(heights) + under + 0.1)
    return canvas


def _groups(history: Sequence[Mapping[str, float]]) -> list[list[str]]:
    """What is drawn together: a metric and, dotted, the limit that it may reach."""
    names = [name for name in dict.fromkeys(name for row in history for name in row) if name != "epoch"]
    alone = [name for name in names if name.removesuffix("_limit") not in names or name.endswith("_limit") is False]
    return [[name, *([f"{name}_limit"] if f"{name}_limit" in names else [])] for name in alone]


def _draw_curves(axes: Axes, history: Sequence[Mapping[str, float]], names: Sequence[str]) -> None:
    for name, line in zip(names, ("-", ":"), strict=False):
        rows = [(row["epoch"], row[name]) for row in history if name in row]
        style: dict[str, Any] = {"color": PALETTE[0] if line == "-" else GRAY, "linestyle": line, "linewidth": 1.1}
        axes.plot(*zip(*rows, strict=True), marker="." if line == "-" and len(rows) < 40 else "", markersize=3, **style)
    label = names[0].replace("_", " ").replace("top1", "top-1 (%)")
    axes.set(xlabel="epoch", title=label + (" (dotted: its limit)" if len(names) > 1 else ""))
    axes.locator_params(axis="x", integer=True, nbins=5, min_n_ticks=1)


def _draw_map(axes: Axes, plane: Map) -> None:
    number = len(plane.classes)
    named = number <= len(PALETTE)
    for label in range(number):
        mine = plane.labels == label
        color = PALETTE[label] if named else GRAY
        x, y = plane.points[mine].T
        axes.scatter(x, y, s=4, color=color, linewidths=0, alpha=0.7, label=plane.classes[label])
    axes.set(xticks=[], yticks=[], title=f"h of {len(plane.points)} test images, two components")
    axes.set_aspect("equal", adjustable="datalim")  # a flat map has no room for its words
    axes.set(xlabel=f"principal components of h / |h|: {100 * plane.share:.0f}% of the variance")
    if named:
        style: dict[str, Any] = {"frameon": False, "handletextpad": 0.1, "columnspacing": 0.6, "markerscale": 2}
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=4, **style)


def _draw_neighbors(axes: Axes, found: Neighbors) -> None:
    """A row a test image, its neighbors framed by whether they are of its class."""
    for row, (pictures, labels) in enumerate(zip(found.pictures, found.labels, strict=True)):
        for column, picture in enumerate(pictures):
            x = column * 1.08 + (0.35 if column else 0.0)
            axes.imshow(picture, extent=(x, x + 1, row * 1.08 + 1, row * 1.08), interpolation="nearest")
            if column:
                frame: dict[str, Any] = {"color": SAME if labels[column] == labels[0] else OTHER, "linewidth": FRAME}
                corners = [x, x + 1, x + 1, x, x], [row * 1.08 + y for y in (0, 0, 1, 1, 0)]
                axes.plot(*corners, solid_joinstyle="miter", **frame)
        axes.text(-0.1, row * 1.08 + 0.5, found.classes[int(labels[0])], ha="right", va="center", color=DARK)
    rows, columns = found.labels.shape
    axes.set(xlim=(-0.05, columns * 1.08 + 0.35), ylim=(rows * 1.08, -0.05), xticks=[], yticks=[])
    axes.set_title(f"nearest of {found.among:,} training images by cosine of h".replace(",", " "))
    least, most = found.similarity.min(), found.similarity.max()
    axes.set_xlabel(f"cosines {least:.2f} to {most:.2f}; green: of its class, orange: of another", fontsize=TEXT)
    axes.spines[["left", "bottom"]].set_visible(False)
