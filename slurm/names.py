"""What the SLURM jobs of a study are called, so that whoever shares its folder finds them."""

import hashlib
import re
from pathlib import Path


def job_name(name: str, root: Path) -> str:
    """The name of the SLURM jobs that work on `root`: the study's, and a mark of the folder."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name, re.ASCII):
        raise ValueError(f"name takes letters, digits, dot, dash and underscore, not {name!r}")
    return f"{name}-{hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:8]}"
