"""One's own functions and classes are known by name and source: edit them and it is another run."""

import inspect
import os
import subprocess
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


OBJECTS = """
import functools
import logging
from types import SimpleNamespace

import numpy as np
import torch
from torchvision.transforms import v2 as transforms
import torch.nn.functional as F
from core.losses import NTXent

class Config:
    temperature = 0.5

    def __init__(self, by=1):
        self.by = by
        self.me = self

    def __call__(self, x):
        return x * self.by

@functools.cache
def cached(number):
    return number + 1

def around(function):
    def inner(*arguments):
        return function(*arguments)
    return inner

@around
def inside(x):
    return x * 3

def twice(x):
    return 2 * x

USED = {0}

def my_loss(first, second):
    return USED, first, second
"""


@pytest.mark.parametrize(
    ("used", "before", "after"),
    [
        ("Config()", "temperature = 0.5", "temperature = 0.6"),
        ("Config()", "x * self.by", "x + self.by"),
        ("Config(1)", "USED = Config(1)", "USED = Config(2)"),
        ("Config().__call__", "x * self.by", "x + self.by"),
        ("SimpleNamespace(t=[0.5])", "t=[0.5]", "t=[0.6]"),
        ("cached", "number + 1", "number + 2"),
        ("inside", "x * 3", "x * 4"),
        ("functools.partial(twice)", "2 * x", "3 * x"),
        ("functools.partial(twice, x=1)", "x=1", "x=2"),
        ("torch.nn.CrossEntropyLoss(label_smoothing=0.0)", "smoothing=0.0", "smoothing=0.9"),
        ("torch.nn.Sequential(torch.nn.Dropout(0.1))", "Dropout(0.1)", "Dropout(0.2)"),
        ("torch.nn.MaxPool2d((1, 3))", "(1, 3)", "(1, 4)"),
        ("transforms.Compose([torch.nn.Dropout(0.1)])", "Dropout(0.1)", "Dropout(0.2)"),
        ("transforms.GaussianBlur(3, sigma=(0.1, 2.0))", "2.0", "1.0"),
        ("torch.float32", "torch.float32", "torch.float16"),
        ("[slice(0, 2)]", "slice(0, 2)", "slice(0, 3)"),
        ("torch.mean", "torch.mean", "torch.sum"),
        ("F.cosine_similarity", "F.cosine_similarity", "F.pairwise_distance"),
        ("NTXent", "import NTXent", "import NTLogistic as NTXent"),
        ("F", "torch.nn.functional as F", "torch.nn as F"),
        ("np.add", "np.add", "np.subtract"),
        ("{'by': lambda x: x}", "lambda x: x", "lambda x: -x"),
        ("twice\ntwice.by = 1", "twice.by = 1", "twice.by = 2"),
        ("lambda x: x\nOTHER = lambda x: x\nUSED = (USED, OTHER)", "OTHER = lambda x: x", "OTHER = lambda x: -x"),
    ],
)
def test_what_an_object_does_and_holds_is_part_of_the_code_that_uses_it(
    written: Written, used: str, before: str, after: str
) -> None:
    text = OBJECTS.replace("{0}", used)
    assert before in text
    assert code_hash(written(text)) != code_hash(written(text.replace(before, after)))


@pytest.mark.parametrize(
    "used",
    [
        "object()",
        "logging.getLogger(__name__)",
        "np.random.default_rng()",
        "torch.nn.Linear(2, 2)",
        "torch.nn.Conv2d(1, 1, 3)",
        "torch.Generator()",
        "torch.compile(twice)",
        "torch.no_grad()(twice)",
        "__import__('pathlib').Path(__file__)",
        "__import__('threading').Lock()",
        "__import__('os').environ",
    ],
)
def test_what_differs_from_process_to_process_is_no_part_of_it(tmp_path: Path, used: str) -> None:
    found = set()
    for place in ("one", "two"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "mine.py").write_text(OBJECTS.replace("{0}", used))
        ask = "from ablations._code import code_hash; import mine; print(code_hash(mine.my_loss))"
        asked = [sys.executable, "-c", f"import sys; sys.path.append('.'); {ask}"]
        told = {**os.environ, "PLACE": place}
        ended = subprocess.run(asked, cwd=tmp_path / place, env=told, check=True, capture_output=True, text=True)
        found.add(ended.stdout)
    assert len(found) == 1
