"""Each kind of file, damaged in each way: noticed, named, set aside, made again; a report goes on without it."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Fault
from fault_commands import SEED, Commands, bits, later, run_folder, same, study_in

HERE = ("--cluster", "debug")
PROMISE = "a damaged or replaced file: named, set aside, made again to the same bits, and no report blocked"


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[random.Random(SEED).randrange(len(content))] ^= 1
    path.write_bytes(content)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def replace_by_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "something").write_text("in it")


DAMAGES = [truncate, flip, empty, replace_by_a_folder]
Damage = Callable[[Path], None]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """All damages, or flipped bits alone: no other is harder to see."""
    if "damage" in metafunc.fixturenames:
        damages = DAMAGES if metafunc.config.getoption("--long", default=False) else [flip]
        metafunc.parametrize("damage", damages, ids=[damage.__name__ for damage in damages])


@pytest.fixture(scope="module")
def made(commands: Commands, flowers: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the finished run, its table, its archive and its figure; to be read only."""
    folder = tmp_path_factory.mktemp("made")
    assert commands.run(folder, *study_in(folder, flowers), *HERE).code == 0
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    shutil.copytree(made, tmp_path / "copy")
    return tmp_path / "copy"


def aside(path: Path) -> list[Path]:
    """What lies there of the damaged file."""
    return list(path.parent.glob(f"{path.name}.damaged-*"))


def one(folder: Path, pattern: str) -> Path:
    (found,) = run_folder(folder).glob(pattern)
    return found


@pytest.mark.parametrize("record", ["record.json", *later("probes/*.json")])
def test_a_record(
    record: str, damage: Damage, folder: Path, made: Path, commands: Commands, flowers: Path, fault: Fault
) -> None:
    with fault(PROMISE):
        path = one(folder, record)
        damage(path)
        report = commands.run(folder, "report")
        assert report.code == 0 and f"{path.relative_to(folder)} was damaged and is set aside" in report.out, report
        assert len(aside(path)) == 1 and not path.exists()
        assert "1 runs, 0 to do" in commands.run(folder, *study_in(folder, flowers), *HERE).out, "the table knows it"
        next(folder.glob("results/tables/*")).unlink()
        assert commands.run(folder, *study_in(folder, flowers), *HERE).code == 0
        assert same(bits(folder), bits(made))


def test_a_table(damage: Damage, folder: Path, made: Path, commands: Commands, flowers: Path, fault: Fault) -> None:
    with fault(PROMISE):
        path = folder / "results" / "tables" / "hurt.smoke.parquet"
        shutil.copyfile(path, path.with_name("other.smoke.parquet"))
        damage(path)
        report = commands.run(folder, "report")
        assert report.code == 0 and "results/tables/hurt.smoke.parquet is damaged" in report.out, report
        assert "results/tables/other.smoke.parquet" in report.out and len(aside(path)) == 1
        damage(path.with_name("other.smoke.parquet"))
        again = commands.run(folder, *study_in(folder, flowers), *HERE)
        assert again.code == 0 and "other.smoke.parquet is damaged" in again.out, again
        assert same(bits(folder), bits(made))


def test_a_checkpoint(
    damage: Damage, folder: Path, made: Path, commands: Commands, flowers: Path, fault: Fault
) -> None:
    with fault(PROMISE):
        path = one(folder, "checkpoint.*.pt")
        damage(path)
        one(folder, "record.json").unlink()
        next(folder.glob("results/tables/*")).unlink()
        again = commands.run(folder, *study_in(folder, flowers), *HERE)
        assert again.code == 0 and f"{path.name} is damaged" in again.out, again
        assert len(aside(path)) == 1 and same(bits(folder), bits(made))


def test_the_archive(damage: Damage, folder: Path, made: Path, commands: Commands, flowers: Path, fault: Fault) -> None:
    with fault(PROMISE):
        assert commands.run(folder, "clean", "--compact", "--yes").code == 0
        path = folder / "results" / "runs" / "records.parquet"
        assert not list(path.parent.glob("*/record.json"))
        damage(path)
        report = commands.run(folder, "report")
        assert report.code == 0 and "results/runs/records.parquet was damaged" in report.out, report
        assert len(aside(path)) == 1 and commands.run(folder, "status").code == 0
        next(folder.glob("results/tables/*")).unlink()
        aside(path)[0].rename(folder / "kept")
        assert commands.run(folder, *study_in(folder, flowers), *HERE).code == 0
        assert same(bits(folder), bits(made))


@pytest.mark.parametrize("name", ["pixels", *later("meta.json")])
def test_the_image_cache(
    name: str, damage: Damage, folder: Path, made: Path, commands: Commands, flowers: Path, fault: Fault
) -> None:
    with fault(PROMISE):
        cache = folder / "cache"
        shutil.rmtree(folder / "results")
        words = (*study_in(folder, flowers), *HERE)
        assert commands.run(folder, *words, "--dry-run", ABLATIONS_CACHE=str(cache)).code == 0
        (entry,) = (cache / "decoded").iterdir()
        damage(entry / ("train.pixels.npy" if name == "pixels" else name))
        assert commands.run(folder, *words, ABLATIONS_CACHE=str(cache)).code == 0
        assert len(list((cache / "decoded").glob("*.damaged"))) == 1 and entry.is_dir()
        assert same(bits(folder), bits(made))


@pytest.mark.parametrize("name", ["end.json", *later("claim.json", "progress", "heartbeat")])
def test_what_is_written_of_an_attempt(
    name: str, damage: Damage, folder: Path, made: Path, commands: Commands, flowers: Path, fault: Fault
) -> None:
    with fault(PROMISE):
        path = one(folder, f"attempts/0001/{name}")
        path.write_bytes(path.read_bytes() or b"beat")
        damage(path)
        one(folder, "record.json").unlink()
        next(folder.glob("results/tables/*")).unlink()
        assert commands.run(folder, "run", "hurt.py", "--scale", "smoke", "--data", str(flowers), "--dry-run").code == 0
        assert commands.run(folder, *study_in(folder, flowers), *HERE).code == 0
        assert commands.run(folder, "status").code == 0 and same(bits(folder), bits(made))


@pytest.mark.long
def test_the_claims(damage: Damage, folder: Path, commands: Commands, fault: Fault) -> None:
    with fault(PROMISE):
        path = folder / "results" / "claims.parquet"
        path.write_bytes(b"PAR1 and more")
        damage(path)
        assert commands.run(folder, "report").code == 0
