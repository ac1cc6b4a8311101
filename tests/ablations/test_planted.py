"""A results folder from somebody else: nothing in it runs, and nothing in it reads or writes outside of it."""

import hashlib
import io
import json
import os
import pickle
import py_compile
import shutil
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from command_line import TINY, Command
from hypothesis import given
from hypothesis import strategies as st

from ablations import load_study
from ablations._journal import RunJournal
from ablations._source import copy_source, digest
from core import image_cache
from core.data import DataError, load
from results import checked_parquet
from results.contrasts import DECLARED
from results.damage import Damaged
from results.tables import about, read_rows, write_plan
from slurm.attempts import claim
from slurm.job import Job


class Evil:
    """Unpickled, it makes the file `canary` in the working folder."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return os.mkdir, ("canary",)


@pytest.fixture(autouse=True)
def canary(at_home: None, tmp_path: Path) -> Iterator[None]:
    yield
    assert not (tmp_path / "canary").exists(), "what was planted has run"


@pytest.fixture
def results(tiny: Path, tmp_path: Path) -> Path:
    shutil.copytree(tiny / "results", tmp_path / "results")
    return tmp_path / "results"


def test_what_is_planted_would_run(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Evil()))
    (tmp_path / "canary").rmdir()


def evil_checkpoint() -> bytes:
    """What torch.load would run, with the checksum that our checkpoints have."""
    content = io.BytesIO()
    torch.save({"state": Evil(), "seconds": 1.0}, content)
    assert "archive/data.pkl" in zipfile.ZipFile(content).namelist()
    return hashlib.sha256(content.getvalue()).digest() + content.getvalue()


@pytest.mark.parametrize("content", [evil_checkpoint(), pickle.dumps(Evil()), b""], ids=["torch", "pickle", "empty"])
def test_a_planted_checkpoint_is_set_aside(content: bytes, tmp_path: Path) -> None:
    attempt = claim(tmp_path / "run")
    assert attempt is not None
    (tmp_path / "run" / "checkpoint.0001.pt").write_bytes(content)
    assert RunJournal(tmp_path / "run", attempt).load() is None
    assert (tmp_path / "run" / "checkpoint.0001.pt.damaged-1").read_bytes() == content


def test_a_planted_cache_is_set_aside(tmp_path: Path) -> None:
    np.save(tmp_path / "evil.npy", np.array([Evil()], object), allow_pickle=True)
    entry = tmp_path / "decoded" / "flowers"
    image_cache.write(entry, {}, {"pixels": np.zeros(3)})
    (entry / "pixels.npy").write_bytes((tmp_path / "evil.npy").read_bytes())
    meta, _ = json.loads((entry / "meta.json").read_text())
    meta["sha256"]["pixels"] = hashlib.sha256((entry / "pixels.npy").read_bytes()).hexdigest()
    (entry / "meta.json").write_text(json.dumps([meta, image_cache._digest(meta)]))
    assert image_cache.read(entry) is None
    assert not entry.exists() and len(list(entry.parent.glob("flowers-*.damaged"))) == 1


@pytest.mark.parametrize("inner", ["cifar-10-batches-py", "cifar-100-python"])
def test_planted_pickles_of_cifar_are_refused(inner: str, tmp_path: Path) -> None:
    (tmp_path / inner).mkdir()
    names = ["batches.meta", "test_batch", "meta", "train", "test", *(f"data_batch_{number}" for number in range(1, 6))]
    for name in names:
        (tmp_path / inner / name).write_bytes(pickle.dumps(Evil()))
    with pytest.raises(DataError, match=f"{inner} is incomplete or damaged"):
        load("cifar10" if "100" not in inner else "cifar100", tmp_path)


@pytest.mark.parametrize(
    "path", ["os:mkdir", "evil:accuracy", "results.runs.evil:accuracy", "subprocess:call", ":", ""]
)
def test_a_function_that_a_table_names_is_not_imported(path: str, results: Path, command: Command) -> None:
    for folder in (results.parent, results / "runs"):
        (folder / "evil.py").write_text("import os\nos.mkdir('canary')\n")
    sys.path.insert(0, str(results.parent))
    evil = {"class": "Claim", "name": "mine", "number": {"class": "Function", "path": path}}
    rewrite(results, claims=[evil])
    ended = command(name="report")
    assert (ended.code, ended.err) == (0, "")
    (verdict,) = pq.read_table(results / "claims.parquet").to_pylist()
    assert (verdict["verdict"], verdict["note"]) == (
        "not run",
        f"{path} is of no study known here: report takes its file",
    )
    assert "evil" not in sys.modules and "results.runs.evil" not in sys.modules


OWN = TINY.replace("from results.plots", "from results.claims import Claim\nfrom results.plots").replace(
    "STUDY =", "def accuracy(rows):\n    return rows['knn_valid_top1'].mean()\n\n\nSTUDY ="
)
OWN = OWN.replace("    probes=", "    claims=(Claim('mine', accuracy, above=1.0),),\n    probes=")


def test_a_function_of_ones_own_counts_where_its_file_is_typed(results: Path, command: Command) -> None:
    (results.parent / "tiny.py").write_text(OWN)
    rewrite(results, claims=[{"class": "Claim", "name": "m", "number": {"class": "Function", "path": "tiny:accuracy"}}])
    DECLARED.pop("tiny:accuracy", None)
    assert "not run" in command("tiny", name="report").out
    assert "undecided" in command("tiny.py", name="report").out
    DECLARED.pop("tiny:accuracy")
    for _ in range(2):  # another study's run reports this one, too, and knows nothing of its file
        assert "undecided (n=1; judged before: report takes its file)" in command("tiny", "--page", name="report").out
    for told in (results / "README.md", results / "report.html"):
        assert "not run" not in told.read_text() and "judged before: report takes its file" in told.read_text(), told
    rewrite(results, claims=[{"class": "Claim", "name": "n", "number": {"class": "Function", "path": "tiny:accuracy"}}])
    assert "not run" in command("tiny", name="report").out


def rewrite(results: Path, rows: Any = None, **told: Any) -> Path:
    """The table of tiny, with other metadata or rows; as whole as one that we have written."""
    path = results / "tables" / "tiny.smoke.parquet"
    table = pq.read_table(path)
    for name, cells in (rows or {}).items():
        table = table.set_column(table.column_names.index(name), name, [cells])
    said = {**about(path), **told}
    checked_parquet.write(table.replace_schema_metadata({"study": json.dumps(said)}), path)
    return path


@pytest.mark.parametrize("study", ["../../evil", "/evil", "evil.py", "$(mkdir canary)", "tiny\n"])
def test_the_study_that_a_table_names_is_a_word_and_no_place(study: str, results: Path, command: Command) -> None:
    (results.parent / "evil.py").write_text("import os\nos.mkdir('canary')\n")
    rewrite(results, study=study, scale="../..")
    before = everything(results.parent.parent)
    assert command("tiny", name="report").code == 0
    grown = everything(results.parent.parent) - before
    assert all(path.is_relative_to(results) for path in grown)


@pytest.mark.parametrize("command_name", ["report", "status", "clean"])
@pytest.mark.parametrize("name", ["../../victim", "..", "", ".", "a/../../victim"])
def test_a_run_that_a_table_names_lies_in_the_folder_of_the_runs(
    name: str, command_name: str, results: Path, command: Command
) -> None:
    victim = results.parent / "victim"
    (victim / "probes").mkdir(parents=True)
    (victim / "record.json").write_text("mine")
    table = rewrite(results, rows={"run": [name] * 4})
    ended = command(*(("--compact", "--yes") if command_name == "clean" else ()), name=command_name)
    assert len(ended.err.splitlines()) <= 1 and "Traceback" not in ended.err
    assert (
        f"{table.relative_to(results.parent)} is damaged: a run or a probe is named by letters" in ended.out + ended.err
    )
    assert (victim / "record.json").read_text() == "mine"


@given(name=st.text(max_size=20) | st.sampled_from(["../x", "/x", "x/../y", "..", ".x", "x\n", "\0"]))
def test_no_name_of_a_run_or_a_probe_leads_out(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    runs = tmp_path_factory.getbasetemp() / "names" / "runs"
    for run, probe in ((name, "a"), ("a", name)):
        path = runs.parent / "tiny.smoke.parquet"
        path.unlink(missing_ok=True)
        try:
            write_plan(path, [{"run": run, "arm": "cell", "seed": 0, "probes": [probe]}], {})
            (row,) = read_rows(path)
        except (Damaged, UnicodeError):
            continue
        place = Path(os.path.normpath(runs / row["run"] / "probes" / f"{json.loads(row['probes'])[0]}.json"))
        assert place.parent.parent.parent == runs


def everything(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


def test_what_is_written_over_a_link_does_not_follow_it(results: Path, command: Command) -> None:
    victim = results.parent / "victim"
    victim.write_text("mine")
    for place in ("figures/tiny.smoke.png", "figures/tiny.smoke.svg", "claims.parquet", ".claims.parquet", "README.md"):
        (results / place).unlink(missing_ok=True)
        (results / place).symlink_to(victim)
    table = results / "tables" / "tiny.smoke.parquet"
    table.rename(results.parent / "table")
    table.symlink_to(results.parent / "table")
    before = (results.parent / "table").read_bytes()
    rewrite(results, claims=[{"class": "Claim", "name": "m", "number": {"class": "Function", "path": "a:b"}}])
    table.unlink()
    table.symlink_to(results.parent / "table")
    assert command(name="report").code == 0
    assert victim.read_text() == "mine" and (results.parent / "table").read_bytes() == before


@pytest.mark.parametrize("inside", ["", "attempts", "probes", ".checkpoint.0001.pt", "record.json"])
def test_a_run_whose_folder_is_a_link_is_not_trained(inside: str, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "runs" / "a").mkdir(parents=True)
    if not inside:
        (tmp_path / "runs" / "a").rmdir()
    place = tmp_path / "runs" / "a" / inside if inside else tmp_path / "runs" / "a"
    place.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ValueError, match=f"{place} is a symbolic link, and what is written there would lie elsewhere"):
        Job(root=tmp_path / "runs", items=("a",), function="a:b", finished=bool)


def tamper(copy: Path) -> None:
    (copy / "core" / "losses.py").write_text("import os\nos.mkdir('canary')\n")


def add(copy: Path) -> None:
    (copy / "json.py").write_text("import os\nos.mkdir('canary')\n")


def link(copy: Path) -> None:
    (copy.parent.parent / "json").mkdir()
    (copy.parent.parent / "json" / "__init__.py").write_text("import os\nos.mkdir('canary')\n")
    (copy / "json").symlink_to(copy.parent.parent / "json")


def leave_out(copy: Path) -> None:
    (copy / "core" / "value.py").unlink()


def forget(copy: Path) -> None:
    (copy / "commit.json").unlink()


@pytest.mark.parametrize("plant", [tamper, add, link, leave_out, forget])
def test_a_copy_of_the_source_that_was_changed_is_made_again(plant: Callable[[Path], None], tmp_path: Path) -> None:
    study = load_study("projection_head")
    copy, _ = copy_source(tmp_path / "results", study)
    true = {path.relative_to(copy): path.read_bytes() for path in copy.rglob("*.py")}
    plant(copy)
    assert copy_source(tmp_path / "results", study)[0] == copy
    assert {path.relative_to(copy): path.read_bytes() for path in copy.rglob("*.py")} == true
    assert (copy / "commit.json").is_file() and not (copy / "json").is_symlink()
    assert [path.name for path in copy.parent.iterdir() if path != copy] == [f"{copy.name}.damaged-1"]


def test_a_copy_that_is_a_link_is_replaced_by_one(tmp_path: Path) -> None:
    study = load_study("projection_head")
    copy, _ = copy_source(tmp_path / "results", study)
    copy.rename(tmp_path / "elsewhere")
    copy.symlink_to(tmp_path / "elsewhere")
    copy_source(tmp_path / "results", study)
    assert copy.is_dir() and not copy.is_symlink() and (tmp_path / "elsewhere").is_dir()


def test_what_was_compiled_into_a_copy_is_not_run(tmp_path: Path) -> None:
    study = load_study("projection_head")
    copy, _ = copy_source(tmp_path / "results", study)
    (tmp_path / "evil.py").write_text("import os\nos.mkdir('canary')\n")
    compiled = copy / "core" / "__pycache__" / f"losses.{sys.implementation.cache_tag}.pyc"
    py_compile.compile(
        str(tmp_path / "evil.py"), str(compiled), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
    )
    assert copy_source(tmp_path / "results", study)[0] == copy
    assert not compiled.exists() and copy.name == digest(
        {str(path.relative_to(copy)): path for path in copy.rglob("*.py")}
    )
