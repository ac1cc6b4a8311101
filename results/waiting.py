"""Studies that have not been run: what is still to ask is part of what came out."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Waiting:
    """A study that has no table yet. claims: the name and the text of each that it will test."""

    study: str
    question: str
    paper: str
    claims: Sequence[tuple[str, str]]
