"""Kill -9, Ctrl-C or SIGTERM at any moment, and the same command again: the bits of a run that nobody touched."""

import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from conftest import Fault
from fault_commands import SEED, Commands, Running, age, bits, later, same, side_by_side, study_in, wait_until

HERE = ("--cluster", "debug")


@pytest.fixture(scope="module")
def whole(commands: Commands, flowers: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The bits of a run that nobody touched, by a pool and in one process, the seconds of each, and its writes."""
    found: dict[str, Any] = {}
    for where, words in (("pool", ()), ("here", HERE)):
        folder = tmp_path_factory.mktemp(where)
        began, hook = time.monotonic(), {"count": str(folder / "count")} if where == "here" else None
        assert commands.run(folder, *study_in(folder, flowers), *words, hook=hook).code == 0
        found[where] = time.monotonic() - began
        found.setdefault("bits", bits(folder))
        assert same(bits(folder), found["bits"])
    found["writes"] = range(1, int((folder / "count").read_text()) + 1)
    return found


@dataclass(frozen=True)
class Case:
    """A run in a folder of its own, to be hurt: how to start its command, and the bits that it must leave."""

    commands: Commands
    flowers: Path
    folder: Path
    bits: Any

    def start(self, *words: str, **more: Any) -> Running:
        """Start the command, be it again."""
        command = study_in(self.folder, self.flowers)
        age(self.folder)
        return self.commands.start(self.folder, *command, *words, **more)

    def finish(self, *words: str) -> None:
        """The same command, once more: it must leave the bits of one that nobody touched."""
        ended = self.start(*words).end()
        assert ended.code == 0, ended
        assert same(bits(self.folder), self.bits), ended
        shutil.rmtree(self.folder)


@pytest.fixture
def case(commands: Commands, flowers: Path, tmp_path: Path, whole: dict[str, Any]) -> Callable[[], Case]:
    """Another case at each call."""
    numbers = count()
    return lambda: Case(commands, flowers, tmp_path / str(next(numbers)), whole["bits"])


def hurt(command: Running, whom: str, number: int) -> None:
    """Send the signal to all processes of a command, to the worker alone, or to the child that trains."""
    family = command.family()
    if whom == "all":
        command.kill(number)
    else:
        with suppress(ProcessLookupError):
            os.kill(family[0] if whom == "worker" else family[-1], number)
    command.end()
    wait_until(lambda: not any(alive(pid) for pid in family))  # children of a killed worker stop by themselves


def alive(pid: int) -> bool:
    try:
        return ") Z" not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


@pytest.mark.parametrize("whom", ["here", "child", *later("all", "worker")])
def test_kill_9_at_random_moments(
    whom: str, case: Callable[[], Case], whole: dict[str, Any], long: bool, fault: Fault
) -> None:
    moments, words = random.Random(f"{SEED} {whom}"), HERE if whom == "here" else ()

    def kill(moment: float) -> None:
        print(f"kill -9 of {whom} after {moment:.3f} s")
        with fault("kill -9 of a run, its worker, or both, at random moments: the same bits"):
            one = case()
            command = one.start(*words)
            time.sleep(moment)
            hurt(command, "all" if whom == "here" else whom, signal.SIGKILL)
            one.finish(*words)

    number = {"here": 20}.get(whom, 10) if long else 1
    side_by_side(kill, [moments.uniform(0, whole["here" if words else "pool"]) for _ in range(number)])


@pytest.mark.parametrize("what", ["kill", "no space"])
def test_a_fault_at_each_write(
    what: str, case: Callable[[], Case], whole: dict[str, Any], long: bool, fault: Fault
) -> None:
    promises = {"kill": "kill -9 at each write of a run: the same bits"}
    promises["no space"] = "no space left at each write of a run: the same bits once there is"

    def do(at: int) -> None:
        with fault(promises[what]):
            one = case()
            ended = one.start(*HERE, hook={"at": at, "fault": what}).end()
            assert what == "no space" or ended.code == -signal.SIGKILL, (at, ended)
            one.finish(*HERE)

    side_by_side(do, whole["writes"] if long else random.Random(f"{SEED} {what}").sample(whole["writes"], 3))


@pytest.mark.parametrize("number", [signal.SIGTERM, *later(signal.SIGINT)])
def test_ctrl_c_and_sigterm_at_random_moments(
    number: int, case: Callable[[], Case], whole: dict[str, Any], long: bool, fault: Fault
) -> None:
    moments = random.Random(SEED + number)

    def interrupt(moment: float) -> None:
        with fault("Ctrl-C or SIGTERM at random moments: the same bits"):
            one = case()
            command = one.start()
            time.sleep(moment)
            command.kill(number)
            assert "Traceback" not in command.end().err, moment
            one.finish()

    side_by_side(interrupt, [moments.uniform(0, whole["pool"]) for _ in range(10 if long else 1)])


@pytest.mark.long
def test_interrupted_twice(case: Callable[[], Case], whole: dict[str, Any], long: bool, fault: Fault) -> None:
    moments = random.Random(SEED + 2)

    def interrupt(moments: tuple[float, float]) -> None:
        with fault("killed, then stopped, then finished: the same bits"):
            one = case()
            for moment, number in zip(moments, (signal.SIGKILL, signal.SIGTERM), strict=True):
                command = one.start()
                time.sleep(moment * whole["pool"])
                hurt(command, "all", number)
            one.finish()

    pairs = [(moments.uniform(0.4, 1), moments.uniform(0.4, 1)) for _ in range(10 if long else 1)]
    side_by_side(interrupt, pairs)
