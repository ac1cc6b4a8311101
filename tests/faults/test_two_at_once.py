"""Two commands at once train each run once, and one that was asleep cannot touch what its successor wrote."""

import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from conftest import Fault
from fault_commands import (
    Commands,
    Running,
    age,
    bits,
    checkpoints,
    epoch,
    later,
    run_folder,
    same,
    study_in,
    wait_until,
)

from ablations._journal import RunJournal
from slurm.attempts import Attempt, Superseded, claim
from slurm.history import history

EPOCHS = 12


@pytest.fixture(scope="module")
def untouched(commands: Commands, flowers: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The bits of a run that nobody touched."""
    folder = tmp_path_factory.mktemp("untouched")
    assert commands.run(folder, *study_in(folder, flowers, EPOCHS), "--cluster", "debug").code == 0
    return bits(folder)


def test_two_commands_together_train_each_run_once(
    commands: Commands, flowers: Path, tmp_path: Path, long: bool, fault: Fault
) -> None:
    for number in range(3 if long else 1):
        with fault("two commands of one study at once: each run is trained once"):
            folders = [tmp_path / f"{number}{which}" for which in "ab"]
            words = [study_in(folder, flowers)[:-2] for folder in folders]  # the reference arms, too
            together = ("--results", str(tmp_path / str(number)))
            started = [
                commands.start(folder, *command, *together) for folder, command in zip(folders, words, strict=True)
            ]
            ended = [command.end() for command in started]
            for place, one in enumerate(ended):
                if one.code:  # under load: who has nothing left but what the other does waits for a lease, and says so
                    assert "held by other workers; the same command goes on from here" in one.out, one
                    ended[place] = commands.run(folders[place], *words[place], *together)
            assert [one.code for one in ended] == [0, 0]
            table = pq.read_table(tmp_path / str(number) / "tables" / "hurt.smoke.parquet").to_pylist()
            assert len(table) > 1 and {row["status"] for row in table} == {"done"}
            for row in table:
                past = history(tmp_path / str(number) / "runs" / row["run"])
                assert sum("finished by the attempt before" not in one.message for one in past) == 1


def asleep(commands: Commands, folder: Path, command: tuple[str, ...]) -> Running:
    """A command whose processes were stopped in the middle of the run, and whose lease has run out."""
    first = commands.start(folder, *command)
    wait_until(lambda: epoch(folder) >= 2)
    first.kill(signal.SIGSTOP)
    age(folder)
    return first


@pytest.mark.parametrize("when", ["while its successor works", *later("after its successor")])
def test_one_that_wakes_up(
    when: str, commands: Commands, flowers: Path, tmp_path: Path, untouched: Any, long: bool, fault: Fault
) -> None:
    for number in range(3 if long else 1):
        with fault("stopped, superseded and woken up: it changes nothing of its successor's"):
            folder = tmp_path / str(number)
            command = study_in(folder, flowers, EPOCHS)
            first, second = asleep(commands, folder, command), commands.start(folder, *command)
            if when == "after its successor":
                assert second.end().code == 0
                left = contents(folder)
                first.kill(signal.SIGCONT)
            else:
                wait_until(lambda folder=folder: epoch(folder, 2) >= 4)
                first.kill(signal.SIGCONT)
                assert second.end().code == 0
                left = None
            first.end()
            assert left in (None, contents(folder))
            assert same(bits(folder), untouched)
            assert [state.state for state in history(run_folder(folder))] == ["lost", "done"]


def contents(folder: Path) -> dict[str, bytes]:
    """The records and checkpoints of the run."""
    run = run_folder(folder)
    return {str(path): path.read_bytes() for path in (run / "record.json", *run.glob("probes/*"), *checkpoints(run))}


@dataclass(frozen=True)
class Slow(Attempt):
    """An attempt that stops just after it has seen that it is the latest, until a successor has begun, or saved."""

    successor_saves: bool

    def guard(self) -> None:
        super().guard()
        self.end("lost")
        successor = claim(self.folder.parent.parent)
        assert successor is not None
        if self.successor_saves:
            RunJournal(self.folder.parent.parent, successor).save({"by": 2})


@pytest.mark.parametrize("successor_saves", [False, True])
def test_one_that_wakes_up_between_its_last_look_and_its_write(
    successor_saves: bool, tmp_path: Path, fault: Fault
) -> None:
    with fault("stopped, superseded and woken up: it changes nothing of its successor's"):
        first = claim(tmp_path)
        assert first is not None
        with suppress(Superseded):
            RunJournal(tmp_path, Slow(first.folder, first.number, successor_saves)).save({"by": 1})
        second = Attempt(tmp_path / "attempts" / "0002", 2)
        assert RunJournal(tmp_path, second).load() == {"by": 2 if successor_saves else 1}
        with pytest.raises(Superseded):
            RunJournal(tmp_path, first).save({"by": 1})
        RunJournal(tmp_path, second).save({"by": 2})
        assert [path.name for path in checkpoints(tmp_path)] == ["checkpoint.0002.pt"], "what the late one left goes"
