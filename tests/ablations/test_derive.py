"""--set: a derived study is a file that says what was set, and loads as the study with another base."""

from pathlib import Path

import pytest
from command_line import TINY

from ablations import load_study
from ablations._derive import write_derived
from core.heads import Linear
from core.losses import NTXent
from core.optimizer import SGD


def test_the_file_says_what_was_set_and_loads(tmp_path: Path) -> None:
    path = write_derived("projection_head", [("epochs", "30"), ("loss", "NTXent(temperature=0.5)")], "smoke")
    assert path.parent == Path("scratch")
    lines = path.read_text().splitlines()
    assert lines[0] == '"""projection_head with epochs=30 loss=NTXent(temperature=0.5)."""'
    assert "from core.losses import NTXent" in lines
    study = load_study(str(path))
    assert study.name == path.stem
    base = study.base_at("smoke")
    assert (base.epochs, base.loss) == (30, NTXent(temperature=0.5))
    assert load_study("projection_head").changes(base) == study.changes(base)


def test_the_same_settings_are_the_same_file() -> None:
    first = write_derived("projection_head", [("epochs", "30")], "smoke")
    assert write_derived("projection_head", [("epochs", "30")], "smoke") == first
    assert write_derived("projection_head", [("epochs", "31")], "smoke") != first
    assert len(list(Path("scratch").iterdir())) == 2


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("learning_rate", "1e-3", 1e-3),
        ("images", "None", None),
        ("precision", "float32", "float32"),
        ("dataset", "'cifar100'", "cifar100"),
        ("dataset", "cifar100-subset", "cifar100-subset"),
        ("dataset", "pets-1.0", "pets-1.0"),
        ("dataset", "value", "value"),
        ("optimizer", "SGD()", SGD()),
        ("loss.normalize", "False", False),
        ("batch_size", "2 ** 7", 128),
    ],
)
def test_a_value_is_python_and_a_bare_word_is_text(name: str, text: str, value: object) -> None:
    base = load_study(str(write_derived("projection_head", [(name, text)], "smoke"))).base_at("smoke")
    for part in name.split("."):
        base = getattr(base, part)
    assert base == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("NTXnt()", r"--set NTXnt\(\): core has no NTXnt: did you mean 'NTXent'\?"),
        ("3 epochs", """--set takes a Python value, not '3 epochs'; text takes quotes, as in "'a b'\""""),
        ("open_door(3)", "core has no open_door"),
    ],
)
def test_what_is_no_value_is_refused_and_nothing_is_written(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        write_derived("projection_head", [("epochs", text)], "smoke")
    assert not Path("scratch").exists()


def test_what_another_scale_refuses_does_not_drop_the_file_of_this_one() -> None:
    path = write_derived("projection_head", [("bn_batch", "128")], "laptop")
    with pytest.raises(ValueError, match="bn_batch takes a divisor of batch_size=64"):
        write_derived("projection_head", [("bn_batch", "128")], "smoke")
    assert path.exists()


def test_two_studies_of_one_name_are_derived_into_two_files(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "tiny.py").write_text(TINY)
    paths = {write_derived(str(tmp_path / folder / "tiny.py"), [("epochs", "1")], "smoke") for folder in ("a", "b")}
    assert len(paths) == 2


def test_a_study_of_ones_own_can_be_derived_from_and_both_files_are_known(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "own.py").write_text(TINY)
    derived = write_derived("mine/own.py", [("head", "Linear()")], "smoke")
    assert load_study(str(derived)).base_at("smoke").head == Linear()
    assert load_study(str(derived)).files == (str(derived.resolve()), str(tmp_path / "mine" / "own.py"))
