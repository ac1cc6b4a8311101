"""What was meant by a name that is not known."""

import difflib
from collections.abc import Sequence


def nearest(name: str, known: Sequence[str]) -> str:
    """ ": did you mean 'epochs'?", if one of the known names is near."""
    close = difflib.get_close_matches(name, known, 1)
    return f": did you mean {close[0]!r}?" if close else ""


def nearest_or_all(name: str, known: Sequence[str], there_are: str = "there are") -> str:
    """As `nearest`; "; there are " and all the known names, if none is near."""
    return nearest(name, known) or f"; {there_are} {', '.join(known) or 'none'}"
