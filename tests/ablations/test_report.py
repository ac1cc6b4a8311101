"""report: tables and figures again, from the results folder alone; and what a table says of the machine: nothing."""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from command_line import Command

ROOT = Path(__file__).parent.parent.parent
MAKES_ONE = "python -m ablations.run STUDY makes one, here or in --results DIR"


@pytest.fixture
def results(tiny: Path, tmp_path: Path) -> Path:
    """The finished results, away from the study's file, without figures."""
    shutil.copytree(tiny / "results", tmp_path / "results")
    shutil.rmtree(tmp_path / "results" / "figures")
    return tmp_path / "results"


def test_everything_is_drawn_again_without_study_or_torch(results: Path, tiny: Path) -> None:
    script = (
        "import sys; from ablations.report import main; code = main(['tiny']); "
        "assert 'torch' not in sys.modules; sys.exit(code)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", script]
    ended = subprocess.run(command, cwd=results.parent, env=environment, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    written = [f"figures/tiny.smoke.{kind}" for kind in ("png", "svg", "pdf", "tex")]
    assert ended.stdout.splitlines() == [
        f"results/{path}" for path in ("tables/tiny.smoke.parquet", *written, "README.md")
    ]
    for path in written:
        assert (results / path).read_bytes() == (tiny / "results" / path).read_bytes()


def test_a_table_alone_is_enough(results: Path, command: Command) -> None:
    shutil.rmtree(results / "runs")
    before = pq.read_table(results / "tables" / "tiny.smoke.parquet")
    assert command("tiny.py", name="report").code == 0  # the file need not exist: its name is the study's
    assert pq.read_table(results / "tables" / "tiny.smoke.parquet").equals(before)


def test_claims_that_a_study_has_no_more_leave_nothing_behind(results: Path, command: Command) -> None:
    stale = [results / "claims.parquet", results / "figures" / "tiny.smoke.claims.png"]
    (results / "figures").mkdir()
    for path in stale:
        path.touch()
    assert command(name="report").code == 0
    assert not any(path.exists() for path in stale)
    assert (results / "figures" / "tiny.smoke.png").exists()


def test_a_damaged_record_of_a_run_that_the_table_knows_is_named_and_kept(results: Path, command: Command) -> None:
    record = next((results / "runs").glob("*/record.json"))
    record.write_text("{}")
    ended = command(name="report")
    assert ended.code == 0
    assert f"{record.relative_to(results.parent)} was damaged and is set aside" in ended.out
    rows = pq.read_table(results / "tables" / "tiny.smoke.parquet").to_pylist()
    assert [row["status"] for row in rows] == ["done"] * 4


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("tny",), "results/tables has no table of 'tny'; it has tiny"),
        (("tiny", "--scale", "gpu"), "results/tables has no table at scale 'gpu'; there is smoke"),
        (("--results", "elsewhere"), f"elsewhere/tables has no table; {MAKES_ONE}"),
        (("tiny", "--results", "elsewhere"), f"elsewhere/tables has no table; {MAKES_ONE}"),
    ],
)
@pytest.mark.usefixtures("results")
def test_what_is_not_there_is_said_in_one_line(command: Command, words: tuple[str, ...], said: str) -> None:
    ended = command(*words, name="report")
    assert (ended.code, ended.out, ended.err) == (2, "", f"report: {said}\n")


def test_a_table_names_no_host_and_no_path(tiny: Path) -> None:
    path = tiny / "results" / "tables" / "tiny.smoke.parquet"
    table = pq.read_table(path)
    assert len(table) == 4
    assert not [name for name in table.column_names if "host" in name or "path" in name or "file" in name]
    cells = [str(cell) for column in table.columns for cell in column.to_pylist()]
    cells.append(table.schema.metadata[b"study"].decode())
    assert platform.node() not in cells
    for place in (str(tiny), str(ROOT), str(Path.home()), sys.prefix):
        assert not [cell for cell in cells if place != "/" and place in cell]
