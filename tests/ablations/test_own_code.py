"""One's own functions and classes are known by name and source: edit them and it is another run."""

import inspect
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ablations._code import code_hash
from ablations._identity import run_id, settings
from core.experiment import Experiment

LOSS = """
def my_loss(first, second):
    return ((first - second) ** 2).mean()
"""
LAID_OUT = """
# The mean squared distance.
def my_loss(first,
            second):

    # a comment
    return ((first - second)**2).mean()
"""

Written = Callable[..., Any]


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Written:
    """A module that is written, imported as "mine", and of which one thing is taken."""
    count = iter(range(99))

    def take(text: str, name: str = "my_loss") -> Any:
        path = tmp_path / str(next(count)) / "mine.py"
        path.parent.mkdir()
        path.write_text(text)
        module = types.ModuleType("mine")
        module.__file__ = str(path)
        monkeypatch.setitem(sys.modules, "mine", module)
        exec(compile(text, str(path), "exec"), vars(module))
        inspect.getsource(module)
        return getattr(module, name)

    return take


def test_a_function_is_known_by_its_source_and_not_by_its_layout(written: Written) -> None:
    plain = run_id(Experiment(loss=written(LOSS)))
    assert run_id(Experiment(loss=written("X = 3\n" + LOSS))) == plain
    assert run_id(Experiment(loss=written(LAID_OUT))) == plain
    assert run_id(Experiment(loss=written(LOSS.replace("** 2", "** 4")))) != plain
    assert run_id(Experiment(loss=written(LOSS.replace("my_loss", "its_loss"), "its_loss"))) != plain
    assert settings(Experiment(loss=written(LOSS)))["loss"] == "my_loss"


PART = """
import dataclasses

@dataclasses.dataclass(frozen=True)
class Mine:
    power: int = 2

    def __call__(self, first, second):
        return (first - second).abs().pow(self.power).mean()
"""


def test_a_class_of_ones_own_is_known_by_its_source_too(written: Written) -> None:
    ids = []
    for text in (PART, PART.replace(".abs()", ".abs().sqrt()"), PART + "# the end\n"):
        kind = written(text, "Mine")
        ids.append((run_id(Experiment(loss=kind())), run_id(Experiment(loss=kind(power=3)))))
    assert ids[0] == ids[2]
    assert len({*ids[0], *ids[1]}) == 4


def _golden_helper(value: float) -> float:
    return value * GOLDEN_FACTOR


def golden_loss(first: object, second: object) -> float:
    """Its id stands on its syntax alone."""
    return _golden_helper(2.0)  # and not on comments


GOLDEN_FACTOR = 3.0


def test_ones_own_code_has_one_id_on_every_python() -> None:
    assert code_hash(golden_loss) == "fc8b0972e4774134"


def test_ones_own_code_includes_the_helpers_and_constants_of_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    before = code_hash(golden_loss)
    monkeypatch.setitem(globals(), "GOLDEN_FACTOR", 4.0)
    changed = code_hash(golden_loss)
    monkeypatch.setitem(globals(), "_golden_helper", golden_loss)
    assert len({before, changed, code_hash(golden_loss)}) == 3


USING = """
from core.augmentations import GaussianBlur
from core.losses import NTXent

SCALES = {0}

def my_loss(first, second):
    return SCALES, first, second

def helper():
    return 1

class Own:
    pass
"""


@pytest.mark.parametrize(
    ("value", "other"),
    [
        ("(3, 5)", "(30, 5)"),
        ("[1.0, [2.0]]", "[1.0, [2.5]]"),
        ("{'a': 1}", "{'a': 2}"),
        ("{'a', 'b'}", "{'a', 'c'}"),
        ("NTXent(temperature=0.1)", "NTXent(temperature=0.2)"),
        ("(NTXent(), GaussianBlur())", "(NTXent(), GaussianBlur(p=0.1))"),
        ("__import__('numpy').arange(3)", "__import__('numpy').arange(4)"),
        ("(NTXent,)", "(GaussianBlur,)"),
    ],
)
def test_a_value_of_its_file_that_it_uses_is_part_of_it(written: Written, value: str, other: str) -> None:
    before = code_hash(written(USING.replace("{0}", value)))
    assert code_hash(written(USING.replace("{0}", value))) == before
    assert code_hash(written(USING.replace("{0}", other))) != before


def test_what_its_values_hold_is_followed_into_its_file(written: Written) -> None:
    text = USING.replace("SCALES = {0}", "") + "\nSCALES = {'by': [helper]}\n"
    before = code_hash(written(text))
    assert code_hash(written(text.replace("return 1", "return 2"))) != before
    text = USING.replace("SCALES = {0}", "") + "\nSCALES = object()\n"
    assert code_hash(written(text)) == code_hash(written(text))  # what is no plain value has no place in memory in it
