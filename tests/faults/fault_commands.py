"""What the tests of faults share: commands that can be hurt, and the bits that they must leave."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import pyarrow.parquet as pq
import pytest
import torch

from ablations import _checkpoint
from ablations._journal import checkpoints
from results.records import read

ROOT = Path(__file__).parent.parent.parent
SEED = 20200211
"""Of the moments; the day on which SimCLR appeared."""

STUDY = '''"""Is a run that was hurt the same?"""

from ablations import Study, vary
from core.probe import NearestNeighbors
from results.plots import Bars

STUDY = Study(
    question=__doc__,
    fixed={"dataset": "flowers", "images": 48, "batch_size": 16},
    grid=vary(epochs=[EPOCHS]),
    probes=(NearestNeighbors(neighbors=5),),
    figure=Bars(x="epochs", value="knn_valid_top1"),
)
'''


class Ended(NamedTuple):
    """How a command ended: its exit code, negative for a signal, and what it printed."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Running:
    """A command under way, in a session of its own."""

    pid: int
    folder: Path
    output: str
    commands: "Commands"

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal to all its processes."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def end(self, seconds: float = 300) -> Ended:
        """Wait for it."""
        limit = time.monotonic() + seconds
        while (code := self.commands.ask({"wait": self.pid})) is None:
            if time.monotonic() > limit:
                self.kill()
                raise TimeoutError(f"it did not end within {seconds} s: {self.printed()}")
            time.sleep(0.02)
        return Ended(code, self.printed(), Path(f"{self.output}.err").read_text())

    def printed(self) -> str:
        """What it has printed so far."""
        path = Path(f"{self.output}.out")
        return path.read_text() if path.exists() else ""

    def family(self) -> list[int]:
        """Its processes, children after their parents."""

        def below(pid: int) -> Iterator[int]:
            yield pid
            with suppress(OSError):
                for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
                    yield from below(int(child))

        return list(below(self.pid))


class Commands:
    """The server of commands; see fault_server."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = {**os.environ, **environment, "PYTHONPATH": str(ROOT)}
        self.output, self.numbers, self.one_at_a_time = tempfile.TemporaryDirectory(), count(), Lock()

    def __enter__(self) -> "Commands":
        words = [sys.executable, str(Path(__file__).with_name("fault_server.py"))]
        self.server = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=self.environment,
            start_new_session=True,
        )
        return self

    def __exit__(self, *problem: object) -> None:
        self.server.stdin.close()  # type: ignore[union-attr]
        self.server.wait(60)
        self.server.stdout.close()  # type: ignore[union-attr]
        self.output.cleanup()

    def ask(self, asked: dict[str, Any]) -> Any:
        """One line to the server, and its answer."""
        assert self.server.stdin and self.server.stdout
        with self.one_at_a_time:
            print(json.dumps(asked), file=self.server.stdin, flush=True)
            return json.loads(self.server.stdout.readline())

    def start(self, folder: Path, *words: str, hook: dict[str, Any] | None = None, **environment: str) -> Running:
        """Start `python -m ablations.<words>` in `folder`."""
        output = f"{self.output.name}/{next(self.numbers)}"
        asked = {"words": words, "folder": str(folder), "output": output, "environment": environment, "hook": hook}
        return Running(self.ask(asked), folder, output, self)

    def run(self, folder: Path, *words: str, **more: Any) -> Ended:
        """Start it and wait for it."""
        return self.start(folder, *words, **more).end()


def later(*cases: Any) -> list[Any]:
    """Cases of a parameter that only the long form tests."""
    return [pytest.param(case, marks=pytest.mark.long) for case in cases]


def side_by_side(test: Callable[[Any], None], cases: Iterable[Any]) -> None:
    """Test these cases, two at a time."""
    with ThreadPoolExecutor(2) as pool:
        for _ in pool.map(test, cases):
            pass


def study_in(folder: Path, flowers: Path, epochs: int = 4) -> tuple[str, ...]:
    """Write the study into `folder`; the command that runs its one cell."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "hurt.py").write_text(STUDY.replace("EPOCHS", str(epochs)))
    return ("run", "hurt.py", "--scale", "smoke", "--data", str(flowers), "--only", f"epochs={epochs}")


def run_folder(folder: Path) -> Path:
    """The folder of the one run. Beside it may lie the empty file of a killed check for hard links."""
    (found,) = (path for path in (folder / "results" / "runs").iterdir() if path.is_dir())
    return found


def age(folder: Path) -> None:
    """Let the leases of all attempts run out, or the next call would wait for it."""
    long_ago = time.time() - 3600
    for attempt in (folder / "results" / "runs").glob("*/attempts/*"):
        for path in (attempt, attempt / "heartbeat"):
            with suppress(FileNotFoundError):
                os.utime(path, (long_ago, long_ago))


def wait_until(condition: Callable[[], object], seconds: float = 120) -> None:
    """Until `condition()` holds."""
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it took too long"
        time.sleep(0.01)


def epoch(folder: Path, attempt: int = 1) -> int:
    """How far the one run's attempt has come."""
    for path in (folder / "results" / "runs").glob(f"*/attempts/{attempt:04d}/progress"):
        with suppress(ValueError, OSError):
            return int(json.loads(path.read_text())["epoch"])
    return 0


def bits(folder: Path) -> dict[str, Any]:
    """Whatever a finished run must have the same, however it was hurt: records, weights, optimizer and table."""
    run = run_folder(folder)
    kept = [read(run / "record.json"), *(read(path) for path in sorted((run / "probes").glob("*.json")))]
    records = [{name: part for name, part in (record or {}).items() if name not in TIMES} for record in kept]
    table = pq.read_table(folder / "results" / "tables" / "hurt.smoke.parquet").to_pylist()
    rows = [{name: cell for name, cell in row.items() if name.split(".")[0] not in TIMES} for row in table]
    state = _checkpoint.read(checkpoints(run)[-1])["state"]
    return {"records": records, "rows": rows, "weights": state}


TIMES = ("provenance", "seconds")


def same(ours: Any, theirs: Any) -> bool:
    """Whether two such are equal to the last bit."""
    if isinstance(ours, torch.Tensor):
        return isinstance(theirs, torch.Tensor) and ours.dtype == theirs.dtype and torch.equal(ours, theirs)
    if isinstance(ours, dict):
        return ours.keys() == theirs.keys() and all(same(ours[name], theirs[name]) for name in ours)
    if isinstance(ours, list | tuple):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    return bool(ours == theirs)
