"""Figures are values: their fields are settings, `draw(table, paper)` makes the picture, `save` writes it.

`table` is what read_table gives, `paper` what read_paper gives. With paper's values a second panel shows them on axes
of their own: other data, other scale, so only the shapes compare. Runs still missing and failed runs are drawn as such.
"""

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from results._as_json import from_json, to_json
from results._figures import Bars, Heatmap, Lines
from results._measures import Metric
from results.panels import AnyFigure, Panels
from results.paper import PaperValues
from results.whole_files import write_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "AnyFigure",
    "Bars",
    "Heatmap",
    "Lines",
    "Metric",
    "Panels",
    "PaperValues",
    "about_figure",
    "figure_from",
    "save",
    "save_png",
]

UNDATED: dict[str, dict[str, None]] = {
    "png": {"Software": None},
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
}
"""The kinds of file that `save` writes, each without what would differ from day to day."""

_CLASSES: dict[str, Any] = {kind.__name__: kind for kind in (Heatmap, Bars, Lines, Metric, Panels, PaperValues)}


def about_figure(figure: AnyFigure) -> dict[str, Any]:
    """The figure as JSON: {"class": "Heatmap", **fields}, nested for Panels."""
    about: dict[str, Any] = to_json(figure)
    return about


def figure_from(about: dict[str, Any]) -> AnyFigure:
    """The figure that about_figure described, after JSON. Raises ValueError on an unknown class or field."""
    figure: AnyFigure = from_json(about, _CLASSES)
    return figure


def save(figure: "Figure", folder: Path, name: str) -> list[Path]:
    """Write PNG (200 dpi), SVG and PDF, the same bytes for the same figure, and return their paths."""
    from results._hover import titled

    content = {kind: _content(figure, kind) for kind in UNDATED}
    content["svg"] = titled(content["svg"].decode()).encode()
    for kind, written in content.items():
        write_whole(folder / f"{name}.{kind}", written)
    return [folder / f"{name}.{kind}" for kind in content]


def save_png(figure: "Figure", path: Path) -> Path:
    """Write one PNG (200 dpi), the same bytes for the same figure, and return its path."""
    write_whole(path, _content(figure, "png"))
    return path


def _content(figure: "Figure", kind: str) -> bytes:
    from matplotlib import rc_context

    from results.style import STYLE

    with rc_context(STYLE):  # type: ignore[arg-type]
        file = BytesIO()
        figure.savefig(file, format=kind, dpi=200, metadata=UNDATED[kind])
    return file.getvalue()
