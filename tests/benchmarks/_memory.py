"""The peak of resident memory, from Linux's own account."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

_SELF = Path("/proc/self")


def extra_memory(work: Callable[[], Any]) -> float:
    """How far memory rises above what it was before `work`, in MiB."""
    (_SELF / "clear_refs").write_text("5")  # resets the peak: importing may have left a higher one
    before = _mib("VmRSS")
    work()
    return _mib("VmHWM") - before


def _mib(field: str) -> float:
    found = re.search(rf"{field}:\s+(\d+) kB", (_SELF / "status").read_text())
    assert found is not None
    return int(found[1]) / 1024
