"""Whether what was measured of a run twice agrees: to the bit on like machines, else within a tolerance.

Where the bits of two machines differ, rounding grows in training until two runs are as unlike as those of two seeds. In
our table projection_head.laptop the seeds of one cell have a standard deviation of 0.7 points of linear top-1, 1.1 at
most, and of 1% of the first epoch's loss; the tolerances are 5 and 3 times that of a difference of two such runs. So a
number made up to be a little better would pass on another machine, and only there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from results.facts import PREDICTIONS, Facts, differing, is_accuracy, unlike

POINTS = 5.0
"""Accuracies, in percent, may differ by so much between unlike machines."""
RELATIVE = 0.05
"""The first epoch's losses, and other metrics that are not whole numbers, may differ by this part of the larger."""

Word = Literal["same bits", "within tolerance", "differs"]


@dataclass(frozen=True)
class Agreement:
    """word: how far two measurements of a run agree; unlike: in what source, versions and machine differ.

    wrong: the settings and measurements that do not agree; alone: what only one of the two measured, if source differs.
    """

    word: Word
    unlike: tuple[str, ...]
    wrong: tuple[str, ...]
    alone: tuple[str, ...] = ()


def agreement(told: Facts, found: Facts) -> Agreement:
    """How far `told`, somebody's row, agrees with what was `found` by training again."""
    settings = differing(told.settings, found.settings)
    names = differing(told.measured, found.measured)
    apart = unlike(told, found)
    machine = tuple(f"{name} {_of(told, name)} there, {_of(found, name)} here" for name in apart)
    if not settings and not names:
        return Agreement("same bits", machine, ())
    if not apart and found.provenance.get("device") != "cpu":
        machine = ("order of sums, as each time on a GPU",)
    if not machine:
        return Agreement("differs", machine, (*settings, *names))
    common = [name for name in names if name in told.measured and name in found.measured]
    alone = [name for name in names if name not in common]
    wrong = [name for name in common if not _near(name, told.measured[name], found.measured[name])]
    if "source" not in apart:
        wrong, alone = wrong + alone, []
    return Agreement("differs" if settings or wrong else "within tolerance", machine, (*settings, *wrong), tuple(alone))


def _of(facts: Facts, name: str) -> str:
    return str(facts.provenance.get(name, "as the training" if name == "probes" else None))


def _near(name: str, told: Any, found: Any) -> bool:
    if name.startswith(PREDICTIONS):
        return len(told) == len(found)  # which images are right is rounding's too; how many is an accuracy
    if name == "history":
        return len(told) == len(found) and (not told or _near_rows(told[0], found[0]))
    return _near_number(name, told, found)


def _near_rows(told: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Of the first epoch: rounding has had no time to grow."""
    return told.keys() == found.keys() and all(_near_number(name, told[name], found[name]) for name in told)


def _near_number(name: str, told: Any, found: Any) -> bool:
    if not isinstance(told, float) or not isinstance(found, float):
        return bool(told == found)
    if is_accuracy(name):
        return abs(told - found) <= POINTS
    return abs(told - found) <= RELATIVE * max(abs(told), abs(found))
