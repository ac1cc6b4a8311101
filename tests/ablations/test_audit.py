"""audit: random rows of anyone's table are trained again; one changed bit is seen on a like machine."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_line import TINY, Command, Outcome
from conftest import ROOT

from ablations._audit import draw
from ablations._known import rows_of
from results.records import UNPLANNED
from results.tables import read_rows, take_over

Audit = Callable[..., Outcome]


@pytest.fixture
def table(tiny: Path, tmp_path: Path) -> Path:
    """Somebody's table, without the records of its runs, and the study's file beside it."""
    shutil.copy(tiny / "tiny.py", tmp_path)
    return Path(shutil.copy(tiny / "results" / "tables" / "tiny.smoke.parquet", tmp_path / "theirs.parquet"))


@pytest.fixture
def audit(command: Command, table: Path) -> Audit:
    """`audit()`: python -m ablations.audit of that table, in this process."""
    words = (str(table), "--study", "tiny.py", "--cluster", "debug", "--seed", "1")
    return lambda *more: command(*words, *more, name="audit")


def run_of(table: Path, **where: Any) -> str:
    return str(next(row["run"] for row in read_rows(table) if all(row[name] == cell for name, cell in where.items())))


def verdicts(told: Outcome) -> dict[str, str]:
    """Of each run, what the audit says of it."""
    rows = [line.strip().split(maxsplit=1) for line in told.out.splitlines()]
    return {row[0]: row[1] for row in rows if len(row) == 2 and len(row[0]) == 12 and row[0].isalnum()}


def test_a_smoke_table_is_bit_equal(audit: Audit, tmp_path: Path) -> None:
    told = audit("--sample", "9")
    assert (told.code, told.err) == (0, "")
    assert told.out.startswith("tiny at scale smoke: 4 of 4 rows, drawn by --seed 1\n")
    assert told.out.endswith("\nsame bits in 4 of 4 rows\n")
    assert all("same bits" in verdict for verdict in verdicts(told).values()) and len(verdicts(told)) == 4
    assert list((tmp_path / "results").rglob("*.json")) == []  # what was trained is gone again


def test_rows_that_were_tampered_with_are_found(audit: Audit, table: Path) -> None:
    mlp, none, supervised = (row for row in read_rows(table) if row["arm"] != "random encoder")
    take_over(
        table,
        {
            mlp["run"]: {"knn_top1": mlp["knn_top1"] + 1e-14},
            none["run"]: {"predictions.knn_top1": (none["predictions.knn_top1"] + 1) % 6},
            supervised["run"]: {"history": "[]", "learning_rate": 0.003},
        },
    )
    told = audit("--sample", "4")
    assert told.code == 1
    words = verdicts(told)
    assert words[mlp["run"]].split()[2:] == ["differs", "knn_top1"]
    assert words[none["run"]].split()[2:] == ["differs", "predictions.knn_top1"]
    assert words[supervised["run"]].split()[2:] == ["differs", "learning_rate,", "history"]
    assert "same bits" in words[run_of(table, arm="random encoder")]


@pytest.mark.parametrize(("points", "word", "code"), [(1.0, "within tolerance", 0), (9.0, "differs", 1)])
def test_a_row_of_another_machine_is_held_to_the_tolerance(
    audit: Audit, table: Path, points: float, word: str, code: int
) -> None:
    elsewhere = {"provenance.cpu": "another", "provenance.versions.torch": "2.0"}
    take_over(table, {row["run"]: {**elsewhere, "knn_top1": row["knn_top1"] + points} for row in read_rows(table)})
    told = audit("--sample", "1")
    assert told.code == code
    assert word in next(iter(verdicts(told).values()))
    assert "trained by another cpu another there, " in told.out and "versions.torch 2.0 there" in told.out
    assert "accuracies within 5 points" in told.out


def test_a_run_that_the_code_here_does_not_plan_is_said_to_be_other_code(
    audit: Audit, table: Path, tmp_path: Path
) -> None:
    (tmp_path / "tiny.py").write_text(TINY.replace("width=16", "width=24"))
    told = audit("--sample", "4")
    assert told.code == 1
    verdict = verdicts(told)[run_of(table, head="MLP", arm="cell")]
    assert "not trained again" in verdict and "head.width" in told.out


def test_the_old_records_are_never_read(tiny: Path, tmp_path: Path, command: Command) -> None:
    shutil.copytree(tiny / "results", tmp_path / "results")
    shutil.copy(tiny / "tiny.py", tmp_path)
    for path in (tmp_path / "results" / "runs").rglob("*.json"):
        path.write_text("not a record")
    before = {path: path.read_bytes() for path in (tmp_path / "results").rglob("*") if path.is_file()}
    told = command("tiny.py", "--cluster", "debug", "--sample", "1", name="audit")
    assert told.code == 0 and "same bits in 1 of 1 rows" in told.out
    assert {path: path.read_bytes() for path in (tmp_path / "results").rglob("*") if path.is_file()} == before


def test_workers_train_the_rows_unless_told_otherwise(table: Path, tmp_path: Path) -> None:
    words = ["ablations.audit", str(table), "--study", "tiny.py", "--sample", "1", "--jobs", "1"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    told = subprocess.run([sys.executable, "-m", *words], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (told.returncode, told.stderr) == (0, "")
    assert "same bits in 1 of 1 rows" in told.stdout


def test_rows_are_drawn_by_the_seed_and_only_done_ones(table: Path) -> None:
    rows = rows_of(table)
    todo = rows[0].row["run"]
    rows[0].row["status"] = "to do"
    drawn = [[place.row["run"] for place in draw(rows, 2, seed)] for seed in range(30)]
    assert drawn == [[place.row["run"] for place in draw(rows, 2, seed)] for seed in range(30)]
    assert {run for runs in drawn for run in runs} == {place.row["run"] for place in rows} - {todo}
    assert all(len(set(runs)) == 2 for runs in drawn)
    assert len(draw(rows, 9, 0)) == 3
    rows[1].row["arm"] = UNPLANNED
    assert rows[1].row["run"] not in {place.row["run"] for place in draw(rows, 9, 0)}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nowhere.parquet",), "there is no table nowhere.parquet"),
        (("theirs.parquet",), "'tiny' is not a shipped study: name its file "),
        (("theirs.parquet", "--study", "other.py"), "is of the study 'tiny', and other.py is 'other'"),
        (("wrong.parquet",), "wrong.parquet is no table of a study's runs"),
        (("temprature",), "did you mean temperature?"),
        (("theirs.parquet", "--sample", "0"), "--sample"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_2(
    table: Path, tmp_path: Path, command: Command, words: tuple[str, ...], said: str
) -> None:
    (tmp_path / "wrong.parquet").write_bytes(b"PAR1")
    (tmp_path / "other.py").write_text(TINY)
    told = command(*words, name="audit")
    assert (told.code, told.err.count("\n")) == (2, 1)
    assert said in told.err
