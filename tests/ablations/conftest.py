"""Commands as a person types them, in this process where that is enough: torch is loaded once."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest
from command_line import TINY, Command, Outcome, Process

from ablations._command import run_command

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Work in tmp_path, and forget the studies that were imported."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("ABLATIONS_CACHE", str(tmp_path / "cache"))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if str(tmp_path.parent) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """`command("tiny.py", "--dry-run")`: python -m ablations.run in this process."""

    def call(*words: str, name: str = "run") -> Outcome:
        monkeypatch.setattr(sys, "argv", [name, *words])
        with pytest.raises(SystemExit) as left:
            run_command(name, import_module(f"ablations.{name}").main)
        assert isinstance(left.value.code, int)
        return Outcome(left.value.code, *capsys.readouterr())

    return call


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    """`process("tiny.py")`: python -m ablations.run as a process of its own, with its children, in tmp_path."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: str) -> "subprocess.Popen[str]":
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "ablations.run", *words]
        pipe = subprocess.PIPE
        started.append(
            subprocess.Popen(
                command,
                env=environment,
                stdout=pipe,
                stderr=pipe,
                text=True,
                start_new_session=True,
                cwd=tmp_path,
                preexec_fn=hear,
            )
        )
        return started[-1]

    yield start
    for one in started:
        with suppress(ProcessLookupError):
            os.killpg(one.pid, signal.SIGKILL)
        one.communicate()


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with tiny.py and the results of its four runs; to be read only."""
    from ablations import run

    folder = tmp_path_factory.mktemp("tiny")
    (folder / "tiny.py").write_text(TINY)
    words = [str(folder / "tiny.py"), "--scale", "smoke", "--cluster", "debug", "--results", str(folder / "results")]
    assert run.main(words) == 0
    return folder


def hear() -> None:
    """Take signals that whoever started the tests ignores, as nohup and a shell's background jobs do."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
