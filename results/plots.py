"""Figures are values: their fields are settings, `draw(table, paper)` makes the picture, `save` writes it.

`table` is what read_table gives, `paper` what read_paper gives. With paper's values a second panel shows them on axes
of their own: other data, other scale, so only the shapes compare. Runs still missing and failed runs are drawn as such.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from results._as_json import from_json, to_json
from results._figures import Bars, Heatmap, Lines
from results._measures import Metric
from results.panels import AnyFigure, Panels
from results.paper import PaperValues

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
    from matplotlib import rc_context

    from results._hover import titled
    from results.style import STYLE

    folder.mkdir(parents=True, exist_ok=True)
    undated: dict[str, dict[str, None]] = {
        "png": {"Software": None},
        "svg": {"Date": None},
        "pdf": {"CreationDate": None},
    }
    paths = [folder / f"{name}.{kind}" for kind in undated]
    with rc_context(STYLE):  # type: ignore[arg-type]
        for path, metadata in zip(paths, undated.values(), strict=True):
            path.unlink(missing_ok=True)  # a link there would be written through, to wherever it leads
            figure.savefig(path, dpi=200, metadata=metadata)
        paths[1].write_text(titled(paths[1].read_text()))
    return paths


def save_png(figure: "Figure", path: Path) -> Path:
    """Write one PNG (200 dpi), the same bytes for the same figure, and return its path."""
    from matplotlib import rc_context

    from results.style import STYLE

    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with rc_context(STYLE):  # type: ignore[arg-type]
        figure.savefig(path, dpi=200, metadata={"Software": None})
    return path
