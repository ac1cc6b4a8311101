"""How every figure looks: sizes in inches, text in points, colors for color-blind readers, words for values."""

import textwrap
from typing import Any

from matplotlib.axes import Axes

from results._shown import Shown
from results.facts import is_accuracy, spoken

SINGLE, DOUBLE = 3.25, 6.75  # inches: the column and the text of a two-column paper (ICML; CVPR and IEEE are wider)
TEXT = 6.5  # points: the smallest that is readable in print
STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so a figure looks the same anywhere
    "font.size": TEXT,
    "axes.labelsize": 7,
    "axes.titlesize": 7,
    "legend.fontsize": TEXT,
    "xtick.labelsize": TEXT,
    "ytick.labelsize": TEXT,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "hatch.linewidth": 0.5,
    "pdf.fonttype": 42,  # fonts embedded as TrueType: text stays text
    "text.parse_math": False,  # a $ in a name is a $
    "svg.fonttype": "path",
    "svg.hashsalt": "results",  # the same bytes each time
}
PALETTE = (  # seaborn's "colorblind", written out: importing seaborn takes longer than drawing
    *("#0173B2", "#DE8F05", "#029E73", "#D55E00", "#CC78BC"),
    *("#CA9161", "#FBAFE4", "#949494", "#ECE133", "#56B4E9"),
)
MARKERS = "osD^vPX<>*"
LINES = 4
"""So many may the label of a tick have."""
DARK, GRAY, PALE = "0.15", "0.45", "0.9"
REFERENCE_LINES = {"random encoder": (":", GRAY), "supervised": ("--", DARK)}


def color_and_marker(order: int) -> tuple[str, str]:
    """Color and marker of a figure's first, second, ... hue, of which the first hundred differ."""
    return PALETTE[order % len(PALETTE)], MARKERS[(order + order // len(PALETTE)) % len(MARKERS)]


def words(figure: Shown, value: Any) -> str:
    """A setting's value as the reader sees it: the figure's own label, or the value written short."""
    text = "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    labels = dict(figure.labels)
    return labels.get(str(value), labels.get(text, text))


def title(figure: Shown, name: str) -> str:
    """An axis title: the figure's own, or the last word (not "parts.3") of each setting, or the metric and unit."""
    if name in dict(figure.titles):
        return dict(figure.titles)[name]
    said = [[word for word in part.split(".") if word != "parts" and not word.isdigit()] for part in name.split(" & ")]
    text = spoken(" & ".join(parts[-1] for parts in said if parts))
    return text + (" (%)" if is_accuracy(name) else "")


def digits(figure: Shown) -> int:
    """How many decimals a number of this figure has in a table."""
    return 1 if title(figure, figure.value).endswith("(%)") else 2


def upright_or_slanted(axes: Axes, labels: list[str], inches: float) -> None:
    """Break the x axis labels, or slant or turn them, where one does not fit into so many `inches`."""
    wide = int(inches / 0.055)
    broken = [textwrap.wrap(label, max(wide, 1), break_long_words=False) or [""] for label in labels]
    if (
        max((len(line) for lines in broken for line in lines), default=0) <= wide
        and max(map(len, broken), default=0) <= LINES
    ):
        axes.set_xticklabels(["\n".join(lines) for lines in broken])
    elif max(map(len, labels), default=0) > wide:
        axes.tick_params(axis="x", rotation=40 if inches > 0.16 else 90)
        for label in axes.get_xticklabels() if inches > 0.16 else ():
            label.set_horizontalalignment("right")
            label.set_rotation_mode("anchor")
