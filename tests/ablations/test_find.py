"""Finding a study: by name or by file, and one line for everything that can be typed wrong."""

import sys
from pathlib import Path

import pytest
from command_line import TINY

from ablations import StudyError, load_study, study_names
from ablations._find import check_name


def test_shipped_studies_are_found_by_name() -> None:
    assert "projection_head" in study_names()
    assert not [name for name in study_names() if name.startswith("_")]
    for name in study_names():
        study = load_study(name)
        assert (study.name, study.files) == (name, ())
        assert study.question.strip().endswith("?")


def test_a_file_is_a_study_with_its_stem_as_name(tmp_path: Path) -> None:
    (tmp_path / "found.py").write_text(TINY)
    study = load_study("found.py")
    assert (study.name, study.files) == ("found", (str(tmp_path / "found.py"),))


def test_a_study_imports_its_neighbors_from_anywhere(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "beside.py").write_text("QUESTION = 'Why?'\n")
    (folder / "with_neighbor.py").write_text(
        TINY.replace("__doc__", "QUESTION").replace("\nfrom", "\nfrom beside import QUESTION\nfrom", 1)
    )
    assert load_study("mine/with_neighbor.py").question == "Why?"


def test_a_misspelt_file_is_answered_with_the_nearest_beside_it(tmp_path: Path) -> None:
    (tmp_path / "my_study.py").write_text(TINY)
    with pytest.raises(StudyError, match=rf"there is no file {tmp_path}/my_stdy.py: did you mean {tmp_path}/my_study"):
        check_name(str(tmp_path / "my_stdy.py"))


def test_a_folder_is_no_study(tmp_path: Path) -> None:
    (tmp_path / "folder.py").mkdir()
    with pytest.raises(StudyError, match=r"there is no file .*folder\.py$"):
        check_name(str(tmp_path / "folder.py"))


def test_an_edited_study_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "edited.py"
    path.write_text(TINY)
    load_study("edited.py")
    path.write_text(TINY.replace("Does the head matter?", "Does it really matter to me?"))
    assert load_study("edited.py").question == "Does it really matter to me?"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("projection_hed", r"there is no study 'projection_hed': did you mean projection_head\?"),
        (
            "zzz",
            r"there is no study 'zzz': there are .*projection_head.* \(a study of one's own is a path that ends in ",
        ),
        ("_private", "there is no study '_private'"),
        ("nowhere/my_study.py", "there is no file nowhere/my_study.py"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(name: str, message: str) -> None:
    for find in (check_name, load_study):
        with pytest.raises(StudyError, match=message):
            find(name)


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("empty.py", "", "empty.py defines no STUDY = Study"),
        ("other.py", "STUDY = 3", "other.py defines no STUDY = Study"),
        ("größe.py", TINY, "a study's file is named like a Python name, .*, not größe.py"),
        ("my-study.py", TINY, "a study's file is named like a Python name, .*, not my-study.py"),
        ("random.py", TINY, "random.py: a Python module is named random already"),
        ("core.py", TINY, "core.py: a Python module is named core already"),
        ("colon.py", "\n\nif True\n", r"colon.py, line 3: expected ':': if True"),
        ("deep.py", "\nVALUES = [1]\n\nVALUES[3]\n", "deep.py, line 4: IndexError: list index out of range"),
        ("typo.py", TINY.replace("MLP(width", "MLP(witdh"), r"line 10: .*'witdh': did you mean 'width'\?$"),
        ("value.py", TINY.replace("width=16", "width=0"), r"value.py, line 10: MLP\.width takes 1 or more, not 0"),
        ("absent.py", "import no_such_module", "absent.py, line 1: ModuleNotFoundError: No module named"),
        ("unknown.py", TINY.replace("NoHead()", "Nohead()"), "unknown.py, line 10: NameError: name 'Nohead'"),
        ("strange.py", TINY.replace("probes=", "probe="), r"line 8: .*'probe': did you mean 'probes'\?$"),
        ("alien.py", TINY.replace("probes=", "zzz="), r"line 8: .*'zzz'; it takes question, grid, "),
    ],
)
def test_a_file_that_is_no_study_says_which_line(tmp_path: Path, file: str, text: str, message: str) -> None:
    (tmp_path / file).write_text(text)
    modules = set(sys.modules)
    with pytest.raises(StudyError, match=message):
        load_study(file)
    assert set(sys.modules) - modules == set()
