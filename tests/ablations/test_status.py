"""status: what it says of finished runs, and that nobody waits for torch or pandas to hear it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ablations._status import study_statuses
from ablations._tune import TUNING, WAITING
from results.tables import read_rows, write_plan

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize("by", ["this version", "one that wrote no checksum"])
def test_status_loads_neither_torch_nor_pandas(tiny: Path, tmp_path: Path, by: str) -> None:
    shutil.copytree(tiny, tmp_path, dirs_exist_ok=True)
    if by != "this version":
        (table,) = (tmp_path / "results" / "tables").iterdir()
        pq.write_table(pq.read_table(table), table)
    script = (
        "import sys; from ablations.status import main; code = main([]); "
        "assert not {'torch', 'pandas', 'matplotlib'} & set(sys.modules); sys.exit(code)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines()[1].split() == ["tiny", "smoke", "\u2588" * 24, "4"]


def test_a_record_counts_before_any_report_has_seen_it(tiny: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny / "results", tmp_path / "results")
    path = tmp_path / "results" / "tables" / "tiny.smoke.parquet"
    rows = read_rows(path, ("run", "arm", "seed", "probes", "epochs"))
    path.unlink()
    write_plan(path, rows, {"study": "tiny"})
    next((tmp_path / "results" / "runs").glob("*/probes/*.json")).unlink()
    (study,) = study_statuses(tmp_path / "results")
    assert (study.counts["done"], study.counts["to do"]) == (3, 1)


def test_a_cell_whose_settings_tuning_has_not_chosen_waits(tmp_path: Path) -> None:
    row = {"seed": 0, "probes": [], "epochs": 1}
    rows = [{"run": "0123", "arm": TUNING, **row}, {"run": f"{WAITING}1", "arm": "cell", **row}]
    write_plan(tmp_path / "results" / "tables" / "tiny.smoke.parquet", rows, {"study": "tiny"})
    (study,) = study_statuses(tmp_path / "results")
    assert study.counts == {"to do": 1, "waits for tuning": 1}
