"""A disk that is full, a folder that is read-only or goes away: one line says so, and the next call goes on."""

import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Fault
from fault_commands import SEED, Commands, Ended, age, bits, epoch, same, study_in, wait_until

from results.records import read

EPOCHS = 12


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of 8 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    _mount("-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder))
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture(scope="module")
def untouched(commands: Commands, flowers: Path, tmp_path_factory: pytest.TempPathFactory) -> object:
    """The bits of a run that nobody touched."""
    folder = tmp_path_factory.mktemp("untouched")
    assert commands.run(folder, *study_in(folder, flowers, EPOCHS), "--cluster", "debug").code == 0
    return bits(folder)


def _mount(*words: str) -> None:
    done = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"only who may mount can make a small or read-only disk: {done.stderr.strip()}")


def fill_up(folder: Path) -> Path:
    """A file that takes what is left of the disk."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return ballast


def said_in_one_line(ended: Ended, *words: str) -> None:
    """A failure of one line, without a traceback."""
    assert ended.code != 0 and "Traceback" not in ended.err + ended.out, ended
    assert len(ended.err.splitlines()) == 1 and all(word in ended.err for word in words), ended


def no_half_record(folder: Path) -> None:
    """Each record that is there can be read."""
    for path in (*folder.glob("results/runs/*/record.json"), *folder.glob("results/runs/*/probes/*.json")):
        assert read(path) is not None


def test_a_disk_that_fills_up_while_a_run_is_trained(
    commands: Commands, flowers: Path, small: Path, untouched: object, long: bool, fault: Fault
) -> None:
    moments = random.Random(SEED)
    for number in range(3 if long else 1):
        with fault("disk full, read-only or gone: one line, and the same bits afterwards"):
            folder = small / str(number)
            command = study_in(folder, flowers, EPOCHS)
            running, reached = commands.start(folder, *command), moments.randint(1, EPOCHS // 3)
            wait_until(lambda folder=folder, reached=reached: epoch(folder) >= reached)
            ballast = fill_up(small)
            said_in_one_line(running.end(), "No space left on device")
            no_half_record(folder)
            ballast.unlink()
            age(folder)
            assert commands.run(folder, *command).code == 0
            assert same(bits(folder), untouched)
            subprocess.run(["rm", "-r", folder], check=True)


@pytest.mark.long
def test_a_disk_that_is_full_from_the_start(commands: Commands, flowers: Path, small: Path, fault: Fault) -> None:
    with fault("disk full, read-only or gone: one line, and the same bits afterwards"):
        command = study_in(small, flowers)
        ballast = fill_up(small)
        said_in_one_line(commands.run(small, *command), "No space left on device")
        ballast.unlink()
        assert commands.run(small, *command).code == 0


@pytest.mark.long
def test_a_folder_that_is_read_only(
    commands: Commands, flowers: Path, tmp_path: Path, untouched: object, fault: Fault
) -> None:
    command = study_in(tmp_path, flowers, EPOCHS)
    results = tmp_path / "results"
    results.mkdir()
    _mount("--bind", str(results), str(results))
    try:
        _mount("-o", "remount,bind,ro", str(results))
        with fault("disk full, read-only or gone: one line, and the same bits afterwards"):
            said_in_one_line(commands.run(tmp_path, *command), "Read-only file system")
            _mount("-o", "remount,bind,rw", str(results))
            assert commands.run(tmp_path, *command).code == 0
            assert same(bits(tmp_path), untouched)
        _mount("-o", "remount,bind,ro", str(results))
        assert commands.run(tmp_path, "status").code == 0
        said_in_one_line(commands.run(tmp_path, "report"), "Read-only file system")
    finally:
        subprocess.run(["umount", results], check=True)


def test_a_folder_that_goes_away(
    commands: Commands, flowers: Path, tmp_path: Path, untouched: object, long: bool, fault: Fault
) -> None:
    moments = random.Random(SEED)
    for number in range(3 if long else 1):
        with fault("disk full, read-only or gone: one line, and the same bits afterwards"):
            folder, away = tmp_path / str(number), tmp_path / f"away{number}"
            command = study_in(folder, flowers, EPOCHS)
            running, reached = commands.start(folder, *command), moments.randint(1, EPOCHS // 3)
            wait_until(lambda folder=folder, reached=reached: epoch(folder) >= reached)
            (folder / "results").rename(away)
            said_in_one_line(running.end(), "once it can, the same command goes on")
            assert not list(folder.glob("results/runs/*")), "nobody makes the folder anew and goes on in it"
            subprocess.run(["rm", "-rf", folder / "results"], check=True)
            away.rename(folder / "results")
            age(folder)
            assert commands.run(folder, *command).code == 0
            assert same(bits(folder), untouched)
