"""The rooms have generic names: no other package `core`, and no folder ./results, may take their place."""

import sys
from importlib.util import find_spec
from pathlib import Path

ROOMS = ("ablations", "core", "results", "slurm")
HOME = Path(__file__).resolve().parent.parent


def put_first() -> None:
    """Make Python find our rooms, where it would find something else of their names."""
    if any(stranger(room) for room in ROOMS):
        sys.path.insert(0, str(HOME))


def stranger(room: str) -> str | None:
    """Where Python finds another package of this name, or that it finds none; None if it finds ours."""
    found = find_spec(room)
    if found is None or found.origin is None:
        return "missing"
    return None if Path(found.origin).resolve().parent.parent == HOME else found.origin
