"""What became of what another results folder offers."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from results.facts import Facts

WORDS = ("taken", "known", "left", "refused")
"""known: here already, with the same numbers. left: it would stand against what is here. refused: not to be trusted."""
KINDS = ("records", "probes' records", "shipped rows")
NAMED = 3
"""So many names that differ are named."""


@dataclass
class Merged:
    """counts: by kind and word. said: one line for each that is left or refused. theirs: what is taken or known."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    said: list[str] = field(default_factory=list)
    theirs: list[Facts] = field(default_factory=list)

    def count(self, kind: str, word: str, number: int = 1, why: str = "") -> None:
        """Count so many of a kind under a word, and remember why."""
        self.counts[kind, word] += number
        if why:
            self.said.append(f"{word}: {why}")


def named(names: Sequence[str]) -> str:
    """The first of the names, and how many more there are."""
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
