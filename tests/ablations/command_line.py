"""What the tests of the commands share: a study of four short runs, and how a command ended."""

import subprocess
import time
from collections.abc import Callable
from typing import NamedTuple

TINY = '''"""Does the head matter?"""

from ablations import Study, vary
from core.heads import MLP, NoHead
from core.probe import NearestNeighbors
from results.plots import Bars

STUDY = Study(
    question=__doc__,
    grid=vary(head=[NoHead(), MLP(width=16)], epochs=[1]),
    probes=(NearestNeighbors(),),
    figure=Bars(x="head", value="knn_valid_top1"),
)
'''


class Outcome(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


Command = Callable[..., Outcome]
Process = Callable[..., "subprocess.Popen[str]"]


def end(process: "subprocess.Popen[str]", seconds: float = 300) -> Outcome:
    """Wait for a process."""
    out, err = process.communicate(timeout=seconds)
    return Outcome(process.returncode, out, err)


def wait_for(condition: Callable[[], object], seconds: float = 300) -> None:
    """Until `condition()` holds."""
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it took too long"
        time.sleep(0.02)
