"""The copy that workers import: made once, the same for the same code, with the study's own files and no others."""

import dataclasses
import json
import os
from pathlib import Path

import pytest
from command_line import TINY

from ablations import _source, load_study
from ablations._derive import write_derived
from ablations._source import ROOMS, copy_source, import_path, provenance


def own_files(copy: Path) -> set[str]:
    files = {str(path.relative_to(copy)) for path in copy.rglob("*") if path.is_file()}
    return {file for file in files if file.split("/")[0] not in ROOMS}


def write_study(folder: Path, name: str) -> str:
    (folder / f"{name}_kit").mkdir(parents=True)
    (folder / f"{name}_kit" / "__init__.py").write_text("")
    (folder / f"{name}_kit" / "tools.py").write_text("VALUE = 1\n")
    for neighbor in ("used", "unused"):
        (folder / f"{neighbor}_by_{name}.py").write_text(f"from {name}_kit.tools import VALUE\n")
    (folder / f"{name}.py").write_text(TINY.replace("\nfrom", f"\nimport used_by_{name}\nfrom", 1))
    return str(folder / f"{name}.py")


def test_a_copy_holds_the_rooms_and_the_study_with_what_it_imports_from_beside_it(tmp_path: Path) -> None:
    for folder in ("elsewhere", "mine"):
        load_study(write_study(tmp_path / folder, f"stranger_{folder}"))
    copy, name = copy_source(tmp_path / "results", load_study(write_study(tmp_path, "copied")))
    beside = {"copied.py", "used_by_copied.py", "copied_kit/__init__.py", "copied_kit/tools.py"}
    assert own_files(copy) == {"commit.json", *beside}
    assert name == str(copy / "copied.py")
    assert copy.parent == tmp_path / "results" / "source"
    assert (copy / "core" / "losses.py").exists() and (copy / "ablations" / "studies" / "projection_head.py").exists()
    assert set(json.loads((copy / "commit.json").read_text())) == {"commit", "dirty"}


def test_a_copy_of_a_copy_knows_the_commit_of_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"commit": "ab" * 20, "dirty": False}
    (tmp_path / "commit.json").write_text(json.dumps(known))
    monkeypatch.setattr(_source, "COMMIT", tmp_path / "commit.json")
    study = load_study("projection_head")
    copy, _ = copy_source(tmp_path / "results", study)
    assert json.loads((copy / "commit.json").read_text()) == known
    assert provenance(study).items() >= known.items()


def test_a_shipped_study_needs_no_file_of_its_own(tmp_path: Path) -> None:
    copy, name = copy_source(tmp_path / "results", load_study("projection_head"))
    assert (name, own_files(copy)) == ("projection_head", {"commit.json"})


def test_the_same_code_is_copied_once_and_other_code_again(tmp_path: Path) -> None:
    study = load_study(write_study(tmp_path, "once"))
    copy, _ = copy_source(tmp_path / "results", study)
    times = {path: path.stat().st_mtime_ns for path in copy.rglob("*")}
    source = provenance(study)["source"]
    assert copy_source(tmp_path / "results", study)[0] == copy
    assert {path: path.stat().st_mtime_ns for path in copy.rglob("*")} == times
    assert copy_source(tmp_path / "elsewhere", study)[0].name == copy.name
    (tmp_path / "used_by_once.py").write_text("VALUE = 2\n")
    assert copy_source(tmp_path / "results", study)[0] != copy
    assert provenance(study)["source"] != source
    assert len(list((tmp_path / "results" / "source").iterdir())) == 2


def test_a_derived_study_takes_the_file_it_is_derived_from_along(tmp_path: Path) -> None:
    derived = write_derived(write_study(tmp_path / "mine", "original"), [("epochs", "3")], "smoke")
    copy, name = copy_source(tmp_path / "results", load_study(str(derived)))
    assert name == str(copy / derived.name)
    assert {derived.name, "original.py", "used_by_original.py", "original_kit/tools.py"} < own_files(copy)


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    first, second = (write_study(tmp_path / folder, "twice") for folder in ("one", "two"))
    study = dataclasses.replace(load_study(first), files=(first, second))
    with pytest.raises(ValueError, match=r"one/twice\.py and .*two/twice\.py have one name, and queued runs need both"):
        copy_source(tmp_path / "results", study)


def test_the_fork_server_looks_into_the_copy_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "mine")
    assert import_path(tmp_path) == {"PYTHONPATH": f"{tmp_path}{os.pathsep}mine", "PYTHONSAFEPATH": "1"}
    monkeypatch.delenv("PYTHONPATH")
    assert import_path(tmp_path)["PYTHONPATH"] == str(tmp_path)


def test_provenance_says_where_a_run_comes_from() -> None:
    about = provenance(load_study("projection_head"))
    assert set(about) == {"commit", "dirty", "source", "versions", "host"}
    assert set(about["versions"]) == {"python", "torch", "torchvision", "numpy"}
