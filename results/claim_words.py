"""A verdict in words, as pictures, page, README, LaTeX and terminal say it."""

import math
import textwrap
from collections.abc import Sequence

from results.verdicts import LOOKS, NOT_HERE, Verdict

WIDTH = 62  # characters of a line, the claim's name and its verdict included
LEAST = 16  # of them for the text, however long the name


def label(unit: str) -> str:
    """The title of the axis of this unit."""
    if unit == "points":
        return "difference (points of accuracy)"
    if unit in ("rank correlation", ""):
        return unit or "what the claim measures"
    return f"how many {unit}" if unit.startswith("of ") else f"difference in {unit}"


def word(one: Verdict) -> str:
    """The verdict; with the level of its interval, or why there is none."""
    if math.isnan(one.effect):
        return one.verdict
    return f"{one.verdict} ({one.note})" if math.isnan(one.low) else f"{one.verdict} at {100 * one.level:.4g}%"


def number(one: Verdict) -> str:
    """Our number with its interval over seeds, "+2.35 [+0.82, +3.88]"; nothing where there is none."""
    interval = "" if math.isnan(one.low) else f" [{one.low:+.2f}, {one.high:+.2f}]"
    return "" if math.isnan(one.effect) else f"{one.effect:+.2f}{interval}"


def with_unit(one: Verdict) -> str:
    """Our number with its interval and what it counts in: "+2.35 [+0.82, +3.88] points", "+7.00 of 21"."""
    return f"{number(one)} {one.unit}".strip() if number(one) else ""


def papers(one: Verdict) -> str:
    """The paper's number; nothing where there is none, or a rank correlation, in which the paper is its own measure."""
    return "" if math.isnan(one.paper) or one.unit == "rank correlation" else f"{one.paper:+g}"


def margin(one: Verdict) -> str:
    """Where the claim holds."""
    return f"above {one.margin:g}" if one.kind == "above" else f"within {one.margin:g}"


def seen(one: Verdict) -> str:
    """From where on these seeds would decide; "nothing" where the number cannot get there."""
    return " or ".join(f"{'<' if true < one.margin else '>'}{_rounded(true)}" for true in visible(one)) or "nothing"


def _rounded(true: float) -> str:
    return f"{true:.0f}" if abs(true) >= 99.5 else f"{true:.2g}"


def visible(one: Verdict) -> list[float]:
    """The true numbers from which on these seeds would decide, on either side of the margin if both can be met."""
    if math.isnan(one.distance):
        return []
    sides = [one.margin + one.distance]
    if one.kind == "within":
        sides = [*([one.margin - one.distance] if one.distance < one.margin else []), one.margin + one.beyond]
    return [true for true in sides if true <= most(one.unit)]


def most(unit: str) -> float:
    """How large a number in this unit can be: "of 21" all of them, a correlation 1."""
    if unit == "rank correlation":
        return 1.0
    return float(unit.removeprefix("of ")) if unit.startswith("of ") else math.inf


def aside(one: Verdict) -> str:
    """Of several numbers, which one counts; of a rank correlation, what seeds as unlike as ours allow at most."""
    if math.isnan(one.effect):
        return ""
    if one.unit != "rank correlation":
        return one.part
    return "no ceiling: it takes two seeds" if math.isnan(one.ceiling) else f"our seeds allow {one.ceiling:.2f}"


def said(one: Verdict, name: int) -> list[str]:
    """The claim's text in lines, of which the first leaves room for the verdict; beside names of `name` characters."""
    return textwrap.wrap(one.text, max(LEAST, WIDTH - name - len(word(one)) - 2)) or [""]


def lines(one: Verdict, name: int) -> list[str]:
    """The claim's text, and below it why there is no number, or what bounds it; beside names of `name` characters."""
    below = one.note if math.isnan(one.effect) else aside(one)
    return said(one, name) + textwrap.wrap(below, max(LEAST, WIDTH - name - 6))


def note(found: Sequence[Verdict], trained: str) -> str:
    """What stands under the picture: the study, what was trained, and what the intervals are."""
    here = sum(one.verdict != NOT_HERE for one in found)
    first = f"{found[0].study}, {trained}"
    if all(math.isnan(one.effect) for one in found):
        return first
    if all(math.isnan(one.low) for one in found):
        return f"{first} Too few seeds for an interval: nothing is decided before {LOOKS[0]}."
    looks = ", ".join(map(str, LOOKS[:-1])) + f" and {LOOKS[-1]}"
    levels = f"Holm over {here} claim{'s' * (here != 1)}, 5% shared by looks at {looks} seeds"
    return f"{first} Intervals over seeds, each at its own level: {levels}."
