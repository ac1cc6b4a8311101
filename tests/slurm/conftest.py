"""The examples must be importable in the processes that the tests start."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Start `python -m example_items` in a session of its own, over tmp_path."""
    started: list[subprocess.Popen[str]] = []

    def start(function: str, items: list[str], jobs: int = 2, steps: int = 10) -> "subprocess.Popen[str]":
        argument = json.dumps([str(tmp_path), function, items, jobs, steps])
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{HERE}"}
        command = [sys.executable, "-m", "example_items", argument]
        process = subprocess.Popen(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            cwd=HERE,
            preexec_fn=hear,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # its children too
        process.communicate()


def hear() -> None:
    """Take signals that whoever started the tests ignores, as nohup and a shell's background jobs do."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
