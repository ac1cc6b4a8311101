"""Row: one line of the benchmark's table, and how two sides are compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Row:
    """What was measured: ours and, where there is one, the peer's, in `unit`.

    `ratio` says how many times better ours is; `ours` is None where nothing was measured, `held` where no goal is set.
    """

    name: str
    ours: float | None
    unit: str
    peer: float | None = None
    peer_name: str = ""
    ratio: float | None = None
    goal: str = ""
    held: bool | None = None


def row(fields: "Mapping[str, Any] | Row") -> Row:
    """The row of these fields, whose goal may be None or a number in the row's unit; a row is itself."""
    if isinstance(fields, Row):
        return fields
    goal = fields.get("goal")
    text = "" if goal is None else goal if isinstance(goal, str) else f"{goal:g} {fields['unit']}"
    return Row(**{**fields, "goal": text})


def compare(
    name: str,
    unit: str,
    ours: Sequence[float],
    peer_name: str,
    peer: Sequence[float],
    times: float | None = None,
    less: bool = False,
) -> Row:
    """Medians of repeats that took turns, and the median of the rounds' ratios; with `less`, less is better.

    The goal is a ratio of at least `times`; None sets none.
    """
    rounds = [(b / a if less else a / b) for a, b in zip(ours, peer, strict=True)]
    ratio = median(rounds)
    goal = "" if times is None else f"at least {times:g} times"
    return Row(
        name, median(ours), unit, median(peer), peer_name, ratio, goal, None if times is None else ratio >= times
    )
