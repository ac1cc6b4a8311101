"""What the page shows of one study at one scale."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from results._canvas import take_footer
from results._curves import Curves, curves
from results._draw_curves import cell_colors, draw_curves
from results._page_facts import anchor, failures, missing, progress, provenance
from results._page_tables import Entry, Sheet, entry, numbers, runs, sheet
from results._svg import inline
from results.cell_names import cell_names
from results.cells import plain
from results.claim_words import aside, margin, number, papers, seen
from results.draw_claims import draw_claims
from results.facts import is_setting
from results.notes import trained
from results.panels import metrics_of, parts_of
from results.plots import figure_from
from results.verdicts import Verdict

LEGEND = 10
"""So many cells can be told apart by color; more are named where one points."""


@dataclass(frozen=True)
class StudyPage:
    """A study at a scale; pictures are SVG. legend: (cell, its color). arm_curves: those of the reference arms."""

    anchor: str
    study: str
    scale: str
    question: str
    paper: str
    progress: str
    figure: str
    caption: str
    is_wide: bool
    numbers: Sequence[Sheet]
    verdicts: Sequence[Verdict]
    claims_picture: str
    claims_caption: str
    claims: Sheet
    curves: Sequence[str]
    arm_curves: Sequence[str]
    legend: Sequence[tuple[str, str]]
    runs: Sheet
    failures: Sheet
    missing: Sequence[str]
    provenance: Sequence[tuple[str, str]]


def study_page(table: pd.DataFrame, found: Sequence[Verdict], paper: pd.DataFrame) -> StudyPage:
    """From a table, as read_table gives it, the verdicts on its claims, and the paper's values."""
    about = table.attrs["study"]
    study, scale = str(about.get("study", "")), str(about.get("scale", ""))
    name, cells = anchor(study, scale), _cells(table)
    figure = figure_from(about["figure"])
    parts, drawn = parts_of(figure), figure.draw(table, paper)
    caption = take_footer(drawn)
    claims_picture, claims_caption = _claims_picture(found, trained(parts, table), name)
    lines = curves(table, cells)
    drawn_cells = {line.cell for one in lines if not one.arm for line in one.lines}
    colors = cell_colors([cell for cell in dict.fromkeys(cells) if cell in drawn_cells])
    return StudyPage(
        anchor=name,
        study=study,
        scale=scale,
        question=str(about.get("question", "")),
        paper=str(about.get("paper", "")),
        progress=progress(table),
        figure=inline(drawn, f"{name}-", f"{study} at scale {scale}; the numbers stand in the table below"),
        caption=caption,
        is_wide=drawn.get_figwidth() > 5,
        numbers=[numbers(part, table, paper) for part in parts],
        verdicts=found,
        claims_picture=claims_picture,
        claims_caption=claims_caption,
        claims=_claims(found),
        curves=_curves([one for one in lines if not one.arm], colors, f"{name}-curve"),
        arm_curves=_curves([one for one in lines if one.arm], colors, f"{name}-arm"),
        legend=list(colors.items()) if len(colors) <= LEGEND else [],
        runs=runs(table, [metric for part in parts for metric in metrics_of(part)]),
        failures=failures(table, cells),
        missing=missing(table, cells),
        provenance=provenance(table),
    )


def _cells(table: pd.DataFrame) -> list[str]:
    base = table.attrs["study"].get("base", {})
    names = [name for name in map(str, table) if is_setting(name, base) and name != "seed"]
    return cell_names(list(table["arm"]), {name: [plain(value) for value in table[name]] for name in names}, base)


def _claims_picture(found: Sequence[Verdict], trained: str, name: str) -> tuple[str, str]:
    if not found:
        return "", ""
    drawn, about = draw_claims(found, trained), "The claims with their intervals, as in the table below"
    caption = take_footer(drawn)
    return inline(drawn, f"{name}-claims-", about), caption


def _curves(curves: Sequence[Curves], colors: dict[str, str], name: str) -> list[str]:
    return [
        inline(draw_curves(one.title, one.lines, colors), f"{name}{place}-", f"{one.title} by epoch, a line a run")
        for place, one in enumerate(curves)
    ]


def _claims(found: Sequence[Verdict]) -> Sheet:
    columns = ("finding", "claim", "holds if", "paper", "ours", "level", "seeds", "verdict", "could see", "test images")
    return sheet("claims", columns, [_claim(one) for one in found])


def _claim(one: Verdict) -> list[Entry]:
    is_judged = not math.isnan(one.low)
    return [
        entry(one.claim),
        entry(one.text),
        entry(f"{margin(one)} {one.unit}".strip()),
        Entry(papers(one), one.paper if papers(one) else None),
        Entry(number(one), one.effect),
        Entry(f"{100 * one.level:.2f}%" if is_judged else "", one.level),
        entry(one.seeds or None),
        entry(one.verdict + "".join(f" ({text})" for text in (one.note, aside(one)) if text)),
        entry(seen(one) if is_judged else None),
        Entry("" if math.isnan(one.images) else f"\u00b1{1.96 * one.images:.2f}", one.images),
    ]
