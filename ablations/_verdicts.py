"""All claims, what we found beside the paper's number at every scale run: printed, claims.parquet and README.md."""

import math
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ablations._functions import declare
from ablations._options import SCALE_NAMES
from ablations._untested import untested
from ablations.studies._elsewhere import ELSEWHERE
from results.claim_words import aside, margin, number, papers, seen
from results.judged import Told, told
from results.readme import write_readme
from results.table_files import table_paths
from results.verdicts import FAILS, HOLDS, Verdict, write_verdicts

STYLES = {HOLDS: "green", FAILS: "red"}


def print_verdicts(results: Path, studies: Collection[str], judged_now: Mapping[Path, Told]) -> None:
    """Write <results>/README.md and claims.parquet for all tables, and print the claims of these studies.

    None named: of all, and the paper's findings that no study tests. judged_now: the tables that are not judged again.
    """
    declare(results)
    judged = [judged_now.get(path) or told(path, results) for path in table_paths(results)]
    if path := write_readme(results, judged, *untested(results)):
        print(path)
    if not (found := [verdict for _, verdicts_here in judged for verdict in verdicts_here]):
        if (path := results / "claims.parquet").is_file():
            path.unlink()
        return
    write_verdicts(found, results / "claims.parquet")
    if shown := [verdict for verdict in found if not studies or verdict.study in studies]:
        console = Console(width=None if sys.stdout.isatty() else 140)
        console.print(_table(shown))
        if not studies:
            console.print(_elsewhere())
        print(f"{results}/claims.parquet")


def _table(found: Sequence[Verdict]) -> Table:
    scales = sorted({verdict.scale for verdict in found}, key=lambda scale: (*SCALE_NAMES, scale).index(scale))
    table = Table("study", "claim", "", "paper", *scales, box=None, header_style="bold", padding=(0, 1))
    at = {(verdict.study, verdict.claim, verdict.scale): verdict for verdict in found}
    for study, claim in dict.fromkeys((verdict.study, verdict.claim) for verdict in found):
        here = [at.get((study, claim, scale)) for scale in scales]
        one = next(verdict for verdict in here if verdict)
        text = f"{escape(one.text)}\n{margin(one)}"
        table.add_row(study, escape(claim), text, papers(one), *(_said(verdict) for verdict in here))
    return table


def _elsewhere() -> Table:
    table = Table("claim", "of no study here", "", box=None, header_style="bold", padding=(0, 1))
    for one in ELSEWHERE:
        table.add_row(one.finding, one.text, f"[yellow]not tested here[/]: {one.why}")
    return table


def _said(one: Verdict | None) -> str:
    """Verdict and interval; below them seeds, degrees of freedom, spread over test images, and what could be seen."""
    if one is None:
        return ""
    style = STYLES.get(one.verdict, "yellow")
    word = f"[{style}]{one.verdict}[/]" + (f" ({escape(one.note)})" if one.note else "")
    if math.isnan(one.effect):
        return word
    images = "" if math.isnan(one.images) else f"; test images \u00b1{1.96 * one.images:.2f}"
    most = f"; {aside(one)}" if aside(one) else ""
    first = f"{word}{' ' if math.isnan(one.low) else chr(10)}{escape(number(one))}"
    if math.isnan(one.low):
        return f"{first}{images}{most}"
    return (
        f"{first}\nn={one.seeds}, {one.freedom:.3g} d.f. at {100 * one.level:.2f}%{images}{most}; could see {seen(one)}"
    )
