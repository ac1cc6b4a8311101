"""How every figure looks: sizes in inches, text in points, colors for color-blind readers, words for values."""

from typing import Any

from matplotlib.axes import Axes

from results._shown import Shown

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
DARK, GRAY, PALE = "0.15", "0.45", "0.9"
REFERENCE_LINES = {"random encoder": (":", GRAY), "supervised": ("--", DARK)}


def words(figure: Shown, value: Any) -> str:
    """A setting's value as the reader sees it: the figure's own label, or the value written short."""
    text = "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    labels = dict(figure.labels)
    return labels.get(str(value), labels.get(text, text))


def title(figure: Shown, name: str) -> str:
    """An axis title: the figure's own, or the last word of each setting, or the metric with its unit."""
    if name in dict(figure.titles):
        return dict(figure.titles)[name]
    text = " & ".join(part.rsplit(".", 1)[-1] for part in name.split(" & ")).replace("_", " ")
    percent = " (%)" if text.endswith(("top1", "top5", "acc", "accuracy")) else ""
    return text.replace("top1", "top-1").replace("top5", "top-5") + percent


def upright_or_slanted(axes: Axes, labels: list[str], inches: float) -> None:
    """Slant the x axis labels, or turn them, if they would run into each other; `inches` is what one may take."""
    if max(map(len, labels), default=0) * 0.055 > inches:
        axes.tick_params(axis="x", rotation=40 if inches > 0.16 else 90)
        for label in axes.get_xticklabels() if inches > 0.16 else ():
            label.set_horizontalalignment("right")
            label.set_rotation_mode("anchor")
