"""The choices of a tuned study: the candidates of each, their scores, and who is chosen once all have one."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any

from ablations._plan import Run
from ablations._scores import Score
from ablations._tune import GRID, TUNING, Tune, without

ENDS = 3
"""So many values of a setting have a middle: of fewer, each is at an end."""


@dataclass(frozen=True)
class Candidate:
    """One of those to choose from. settings: what is tuned; cells: its runs that are reported if it is chosen.

    score: the mean over its tuning runs, or why there is none.
    """

    settings: Mapping[str, Any]
    cells: tuple[Run, ...]
    score: Score


@dataclass(frozen=True)
class Choice:
    """One choice among candidates, named by the settings that tell it from the study's other choices."""

    name: str
    candidates: tuple[Candidate, ...]

    @property
    def chosen(self) -> Candidate | None:
        """The first of the best, once each has its score; None before, or if all diverged."""
        scores = [one.score for one in self.candidates if not isinstance(one.score, str)]
        if len(scores) < len(self.candidates) or max(scores) == -math.inf:
            return None
        return self.candidates[scores.index(max(scores))]

    def __str__(self) -> str:
        """Who is chosen, and whether at the end of what was tried; or why nobody is."""
        number, diverged = len(self.candidates), sum(one.score == -math.inf for one in self.candidates)
        lost = [f"{diverged} diverged"] * (diverged > 0)
        missing = Counter(one.score for one in self.candidates if isinstance(one.score, str))
        if self.chosen is None:
            reasons = [f"{count} {reason}" for reason, count in missing.items()] + lost
            return f"{self.name}: missing, of {number} candidates {', '.join(reasons)}"
        told = [f"{name}={setting}{self._end(name)}" for name, setting in self.chosen.settings.items()]
        return ", ".join([f"{self.name}: {', '.join(told)} gave {self.chosen.score:.1f}", *lost])

    def _end(self, name: str) -> str:
        """ " (largest tried)", or the smallest, if that is the chosen one's."""
        tried = {one.settings[name] for one in self.candidates if isinstance(one.settings.get(name), int | float)}
        if self.chosen is None or len(tried) < ENDS:
            return ""
        ends = {min(tried): " (smallest tried)", max(tried): " (largest tried)"}
        return ends.get(self.chosen.settings[name], "")


def choices_among(tune: Tune, runs: Sequence[Run], score: Callable[[str], Score]) -> list[Choice]:
    """The choices to make among these runs of a study's grid; `score` tells that of a tuning run, by its id.

    Raises ValueError if one has more candidates than another.
    """
    grouped: dict[str, dict[str, list[Run]]] = {}
    for run in (run for run in runs if run.arm in GRID):
        shared, tuned = _split(tune, run)
        grouped.setdefault(repr(sorted(shared.items())), {}).setdefault(repr(tuned), []).append(run)
    groups = [[_candidate(tune, one, score) for one in candidates.values()] for candidates in grouped.values()]
    names = _names([_split(tune, group[0].cells[0])[0] for group in groups])
    if len({len(group) for group in groups}) > 1:
        told = ", ".join(f"{name}: {len(group)}" for name, group in zip(names, groups, strict=True))
        raise ValueError(f"tune= takes as many candidates for each choice, not {told}")
    return [Choice(name, tuple(group)) for name, group in zip(names, groups, strict=True)]


def settled(runs: Sequence[Run], choices: Sequence[Choice]) -> list[Run]:
    """The runs without the cells of candidates that are not chosen, or not yet."""
    others = [candidate for one in choices for candidate in one.candidates if candidate is not one.chosen]
    dropped = {run.id for candidate in others for run in candidate.cells}
    return [run for run in runs if run.arm != "cell" or run.id not in dropped]


def awaited(choices: Sequence[Choice]) -> list[Run]:
    """The runs that wait for these choices: the cells of somebody who may be chosen, in the place of who will be."""
    return [run for one in choices if one.chosen is None for run in one.candidates[0].cells]


def notes(tune: Tune, choices: Sequence[Choice]) -> list[str]:
    """What a reader must know of the tuning: by what was chosen, and what."""
    seeds = ", ".join(map(str, tune.seeds))
    head = f"Tuned by {tune.metric} at seed{'s' * (len(tune.seeds) > 1)} {seeds}"
    return [f"{head}, the best of {len(choices[0].candidates)} each:", *map(str, choices)]


def _split(tune: Tune, run: Run) -> tuple[dict[str, Any], dict[str, Any]]:
    """The settings that all candidates share, and those that are tuned."""
    tuned = {name: run.settings[name] for name in tune.over if name in run.settings}
    return without(run.settings, "seed", *tune.over), tuned


def _candidate(tune: Tune, runs: Sequence[Run], score: Callable[[str], Score]) -> Candidate:
    """`runs`: all of one candidate, the cells and the tuning."""
    found = [score(run.id) for run in runs if run.arm == TUNING]
    words = [one for one in found if isinstance(one, str)]
    cells = tuple(run for run in runs if run.arm == "cell")
    return Candidate(_split(tune, runs[0])[1], cells, words[0] if words else mean(map(float, found)))


def _names(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Each row by the first settings that tell it from all others."""
    telling: list[str] = []
    for name in dict.fromkeys(name for row in rows for name in row):
        kinds, finer = (
            {repr([row.get(one) for one in names]) for row in rows} for names in (telling, [*telling, name])
        )
        telling += [name] * (len(finer) > len(kinds))
    return [_said({name: row[name] for name in telling if name in row}) or "all cells" for row in rows]


def _said(row: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={setting}" for name, setting in row.items())
