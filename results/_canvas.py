"""One picture from figures and a table: panels side by side, a legend above, the footer below."""

import math
import statistics
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from results._cells import Panel, Shown, panel, plain
from results._style import DOUBLE, GRAY, SINGLE, STYLE, TEXT, title
from results.paper import paper_values
from results.records import UNPLANNED


class Drawable(Shown, Protocol):
    """A figure that can fill axes."""

    def _fill(self, axes: Sequence[Axes], panels: Sequence[Panel], inches: float) -> None: ...
    def _height(self, panels: Sequence[Panel]) -> float: ...
    def _caption(self, ours: Panel) -> str: ...


def draw(figures: Sequence[Drawable], table: pd.DataFrame, paper: pd.DataFrame | None) -> Figure:
    """One figure and the paper's at its right, or several figures with the paper's below them."""
    ours = [panel(figure, table) for figure in figures]
    theirs = [_of_paper(figure, paper, shown) for figure, shown in zip(figures, ours, strict=True)]
    beside, below = len(figures) == 1 and theirs[0] is not None, len(figures) > 1 and any(theirs)
    columns, lines = len(figures) + beside, 1 + below
    heights = [figure._height([shown]) for figure, shown in zip(figures, ours, strict=True)]
    width = SINGLE if columns == 1 else DOUBLE
    with rc_context(STYLE):  # type: ignore[arg-type]
        canvas = Figure(layout="constrained")
        axes = canvas.subplots(lines, columns, squeeze=False)
        for index, figure in enumerate(figures):
            shown = [one for one in (ours[index], theirs[index]) if one is not None]
            places = list(axes[0, :]) if beside else list(axes[:, index])
            _fill(figure, places[: len(shown)], shown, width / columns - 0.5, _here(table))
            for empty in places[len(shown) :]:
                empty.set_axis_off()
        above = _legend(canvas, figures, axes.flat, width)
        under = _footer(canvas, [*_facts(figures, table, ours), figures[0]._caption(ours[0])], width)
        canvas.set_size_inches(width, lines * max(heights) + above + under)
    return canvas


def _fill(figure: Drawable, axes: list[Axes], panels: list[Panel], inches: float, here: str) -> None:
    figure._fill(axes, panels, inches)
    if figure.paper is not None and len(axes) == 2:
        axes[0].set_title(here, loc="left")
        axes[1].set_title(f"paper: {figure.paper.title}", loc="left")


def _of_paper(figure: Drawable, paper: pd.DataFrame | None, ours: Panel) -> Panel | None:
    """The paper's panel, in the order of ours; what only the paper has comes last."""
    if figure.paper is None or paper is None:
        return None
    theirs = panel(figure, paper_values(figure.paper, paper, figure.value), chosen=True)
    orders = [_in_order(parts) for parts in zip(*[*ours.cells, *theirs.cells], strict=True)]
    order = sorted(theirs.cells, key=lambda key: [known.index(part) for known, part in zip(orders, key, strict=True)])
    return replace(theirs, cells={key: theirs.cells[key] for key in order})


def _in_order(values: Sequence[Any]) -> list[Any]:
    """Numbers by size, after what is none; else in order of first appearance."""
    known = list(dict.fromkeys(values))
    if all(value is None or (isinstance(value, int | float) and not isinstance(value, bool)) for value in known):
        return sorted(known, key=lambda value: (value is not None, value))
    return known


def _legend(canvas: Figure, figures: Sequence[Drawable], axes: Any, width: float) -> float:
    """A legend of the hues above the panels; the inches that it takes."""
    handles = {label: handle for one in axes for handle, label in zip(*one.get_legend_handles_labels(), strict=True)}
    if not handles:
        return 0.0
    widest = 0.055 * max(map(len, handles)) + 0.35
    columns = max(1, min(len(handles), int((width - 0.2) / widest)))
    named = {"title": title(figures[0], figures[0].settings[1]), "alignment": "left", "title_fontsize": 7}
    style: dict[str, Any] = {"frameon": False, "borderpad": 0.1, "handlelength": 1.4, "columnspacing": 1.0}
    canvas.legend(handles.values(), handles.keys(), loc="outside upper left", ncols=columns, **named, **style)
    return 0.2 + 0.13 * math.ceil(len(handles) / columns)


def _footer(canvas: Figure, lines: list[str], width: float) -> float:
    """The lines at the bottom left, for which the layout keeps room; the inches that they take."""
    text = textwrap.wrap(" ".join(filter(None, lines)), int(width * 21.5))  # so many characters fit into a line
    canvas.supxlabel("\n".join(text), x=0.01, ha="left", fontsize=TEXT, color=GRAY, linespacing=1.25)
    return 0.12 * len(text) + 0.05


def _here(table: pd.DataFrame) -> str:
    base = table.attrs.get("study", {}).get("base", {})
    return f"here: {base['dataset']}" if "dataset" in base else "here"


def _facts(figures: Sequence[Drawable], table: pd.DataFrame, panels: list[Panel]) -> list[str]:
    shown = {name for figure in figures for name in figure.settings}
    planned = sorted({cell.planned for panel in panels for cell in panel.cells.values()})
    seeds = "-".join(str(number) for number in dict.fromkeys(planned[:1] + planned[-1:]))
    return [_scale(table, shown) + (f"{seeds} seed{'s' * (seeds != '1')} a cell." if seeds else ""), _gaps(table)]


def _scale(table: pd.DataFrame, shown: set[str]) -> str:
    """What was trained, but for the settings that the figure varies: "laptop scale: CIFAR-10, 10 000 images, ..."."""
    about = table.attrs.get("study", {})
    base = {name: _of_all(table, name, value) for name, value in about.get("base", {}).items() if name not in shown}
    base = {name: value for name, value in base.items() if value is not None}
    facts = [str(base["dataset"])] if "dataset" in base else []
    facts += [f"{base['images']:,} images".replace(",", " ")] if "images" in base else []
    if "encoder" in base:
        parts = [f"{part} {base[name]}" for part in ("depth", "width") if (name := f"encoder.{part}") in base]
        facts.append(f"{base['encoder']} ({', '.join(parts)})" if parts else str(base["encoder"]))
    facts += [f"{base['epochs']} epochs"] if "epochs" in base else []
    return (f"{about['scale']} scale: " if "scale" in about else "") + "".join(f"{fact}, " for fact in facts)


def _of_all(table: pd.DataFrame, name: str, base: Any) -> Any:
    """What all cells have; None where they differ, and what the base has where the table says nothing."""
    if name not in table or "arm" not in table:
        return base
    values = list(dict.fromkeys(plain(value) for value in table.loc[table["arm"] == "cell", name]))
    return values[0] if len(values) == 1 else None


def _gaps(table: pd.DataFrame) -> str:
    count = {name: int((table["status"] == name).sum()) if "status" in table else 0 for name in ("to do", "failed")}
    gaps = [f"{count[name]} {said}" for name, said in (("to do", "missing"), ("failed", "failed")) if count[name]]
    planned = int((table["arm"] != UNPLANNED).sum()) if "arm" in table else len(table)
    said = [f"Of {planned} runs {' and '.join(gaps)}."] if gaps else []
    sources = table["provenance.source"].nunique() if "provenance.source" in table else 1
    return " ".join([*said, *([f"Runs of {sources} versions of the source."] if sources > 1 else [])])


def intervals(shown: Panel) -> str:
    """What the whiskers of a panel are."""
    if not shown.freedom:
        return "One seed: no intervals." if any(cell.values for cell in shown.cells.values()) else ""
    return f"Whiskers: 95% interval, error pooled over cells ({shown.freedom} d.f.); dots: single seeds."


def typical(shown: Panel) -> str:
    """What a heatmap cannot draw: the usual half width, and the arms that are marks on its color bar."""
    halves = [cell.half_width for cell in shown.cells.values() if not math.isnan(cell.half_width)]
    said = [f"95% interval of a cell: typically \u00b1{statistics.median(halves):.1f}." if halves else intervals(shown)]
    arms = [f"{name} {mean:.1f}" for name, mean in shown.references.items()]
    return " ".join(filter(None, [*said, f"Marks on the color bar: {', '.join(arms)}." if arms else ""]))
