"""The words on a contact sheet of views: what differs between them, and what an operation is."""

from collections.abc import Mapping, Sequence
from typing import Any

from ablations._identity import settings
from results.style import words

ABOUT = ("prepare", "augment", "augment_other")
"""The settings that make views."""


def labels(figure: Any, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What differs between the cells: in the figure's words where it shows just that, else the settings."""
    for name in figure.settings:
        texts = [" & ".join(str(row.get(part)) for part in name.split(" & ")) for row in rows]
        if name.startswith(ABOUT) and len(set(texts)) == len(rows):
            return [words(figure, text) for text in texts]
    names = dict.fromkeys(name for row in rows for name in row if name.startswith(ABOUT))
    varied = [name for name in names if len({str(row.get(name)) for row in rows}) > 1]
    shown = [{name: row[name] for name in varied if row.get(name) is not None} for row in rows]
    return ["\n".join(f"{name.rpartition('.')[2]} {text}" for name, text in row.items()) or "none" for row in shown]


def told(operation: Any) -> str:
    """An operation's name, and its settings below it."""
    lines = [type(operation).__name__]
    for name, given in settings(operation).items():
        several = given if isinstance(given, list) else [given]
        lines.append(f"{name} {' '.join(f'{one:.3g}' if isinstance(one, float) else str(one) for one in several)}")
    return "\n".join(lines)
