"""Figures are values: their fields are settings, `draw(table, paper)` makes the picture, `save` writes it.

`table` is what read_table gives, `paper` what read_paper gives. With paper's values a second panel shows them on axes
of their own: other data, other scale, so only the shapes compare. Runs still missing and failed runs are drawn as such.
"""

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure

from results._figures import AnyFigure, Bars, Heatmap, Lines, Panels
from results._style import STYLE
from results.paper import PaperValues

__all__ = ["AnyFigure", "Bars", "Heatmap", "Lines", "Panels", "PaperValues", "about_figure", "figure_from", "save"]

_CLASSES: dict[str, Any] = {kind.__name__: kind for kind in (Heatmap, Bars, Lines, Panels, PaperValues)}


def about_figure(figure: AnyFigure) -> dict[str, Any]:
    """The figure as JSON: {"class": "Heatmap", **fields}, nested for Panels."""
    about: dict[str, Any] = _to_json(figure)
    return about


def figure_from(about: dict[str, Any]) -> AnyFigure:
    """The figure that about_figure described, after JSON. Raises ValueError on an unknown class or field."""
    figure: AnyFigure = _from_json(about)
    return figure


def save(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Write PNG (200 dpi), SVG and PDF, the same bytes for the same figure, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    undated: dict[str, dict[str, None]] = {
        "png": {"Software": None},
        "svg": {"Date": None},
        "pdf": {"CreationDate": None},
    }
    paths = [folder / f"{name}.{kind}" for kind in undated]
    with rc_context(STYLE):  # type: ignore[arg-type]
        for path, metadata in zip(paths, undated.values(), strict=True):
            figure.savefig(path, dpi=200, metadata=metadata)
    return paths


def _to_json(value: Any) -> Any:
    if is_dataclass(value):
        return {"class": type(value).__name__} | {
            part.name: _to_json(getattr(value, part.name)) for part in fields(value)
        }
    return [_to_json(part) for part in value] if isinstance(value, list | tuple) else value


def _from_json(about: Any) -> Any:
    if isinstance(about, list):
        return tuple(_from_json(part) for part in about)
    if not isinstance(about, dict):
        return about
    kind = _CLASSES.get(about.get("class", ""))
    if kind is None:
        raise ValueError(f"a figure's class is one of {', '.join(_CLASSES)}, not {about.get('class')!r}")
    given = {name: _from_json(part) for name, part in about.items() if name != "class"}
    if unknown := given.keys() - {part.name for part in fields(kind)}:
        raise ValueError(f"{kind.__name__} has no field {', '.join(sorted(unknown))}")
    return kind(**given)
