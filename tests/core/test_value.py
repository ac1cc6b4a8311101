"""A value is canonical: one setting written in two ways is one setting, and a wrong one says what would be right."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.value import check, replace, value


def double(number: float) -> float:
    return 2 * number


@value
class Inner:
    size: int = 3


@value
class Part:
    rate: float = 0.5
    depth: int = 18
    flag: bool = True
    name: str = "a"
    kind: Literal["linear", "sqrt"] = "linear"
    steps: tuple[float, ...] = ()
    range: tuple[float, int] = (0.0, 1)
    subset: int | None = None
    late: float | None = None
    function: Callable[[float], float] = double
    inner: Inner = Inner()
    anything: Callable[..., Any] | Any = None


@value
class Positive:
    number: float

    def __post_init__(self) -> None:
        assert type(self.number) is float, "checks see canonical fields"
        check(self.number > 0, f"Positive.number takes more than 0, not {self.number}")


def test_a_value_is_frozen_hashable_and_equal_by_its_fields() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Part().rate = 1.0  # type: ignore[misc]
    assert Part(rate=1) == Part(rate=1.0)
    assert len({Part(rate=1), Part(rate=1.0), Part()}) == 2
    assert dataclasses.replace(Part(), depth=50) == Part(depth=50)


@pytest.mark.parametrize(
    ("field", "written", "canonical"),
    [
        ("rate", 1, 1.0),
        ("rate", -0.0, 0.0),
        ("rate", np.float64(0.25), 0.25),
        ("rate", np.int64(2), 2.0),
        ("rate", torch.tensor(0.25), 0.25),
        ("rate", math.inf, math.inf),
        ("depth", np.int32(50), 50),
        ("flag", np.bool_(False), False),
        ("name", np.str_("b"), "b"),
        ("steps", [1, np.float32(0.5)], (1.0, 0.5)),
        ("steps", range(2), (0.0, 1.0)),
        ("range", [1, 2], (1.0, 2)),
        ("subset", None, None),
        ("subset", np.int64(7), 7),
        ("kind", "sqrt", "sqrt"),
        ("function", math.sqrt, math.sqrt),
        ("anything", Inner(), Inner()),
    ],
)
def test_canonical_form(field: str, written: Any, canonical: Any) -> None:
    kept = getattr(Part(**{field: written}), field)
    assert kept == canonical
    assert type(kept) is type(canonical)
    assert repr(kept) == repr(canonical)  # tells -0.0 from 0.0, and np.float64(1) from 1.0 inside a tuple


@pytest.mark.parametrize(
    ("field", "wrong", "error", "message"),
    [
        ("rate", True, TypeError, "Part.rate takes a number, not True"),
        ("rate", "0.5", TypeError, "Part.rate takes a number, not '0.5'"),
        ("rate", None, TypeError, "Part.rate takes a number, not None"),
        ("rate", math.nan, ValueError, "Part.rate takes a number, not NaN"),
        ("rate", np.float32("nan"), ValueError, "Part.rate takes a number, not NaN"),
        ("depth", True, TypeError, "Part.depth takes a whole number, not True"),
        ("depth", 18.0, TypeError, "Part.depth takes a whole number, not 18.0"),
        ("flag", 1, TypeError, "Part.flag takes True or False, not 1"),
        ("name", 1, TypeError, "Part.name takes text, not 1"),
        ("kind", "cubic", ValueError, "Part.kind takes one of 'linear', 'sqrt', not 'cubic'"),
        ("steps", 1.0, TypeError, "Part.steps takes a sequence, not 1.0"),
        ("steps", "12", TypeError, "Part.steps takes a sequence, not '12'"),
        ("steps", [0.0, math.nan], ValueError, "Part.steps takes a number, not NaN"),
        ("range", (1.0, 2, 3), ValueError, "Part.range takes 2 values, not (1.0, 2, 3)"),
        ("late", math.nan, ValueError, "Part.late takes a number, or None, not NaN"),
        ("subset", 1.5, TypeError, "Part.subset takes a whole number, or None, not 1.5"),
        ("function", 3, TypeError, "Part.function takes a function or a value that can be called, not 3"),
        ("inner", Part, TypeError, "Part.inner takes a Inner, not "),
    ],
)
def test_a_wrong_value_is_refused_in_words(field: str, wrong: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as raised:
        Part(**{field: wrong})
    assert str(raised.value).startswith(message)


def test_a_literal_takes_its_own_type_only() -> None:
    @value
    class Layers:
        number: Literal[1, 2] = 1

    for same in (True, 1.0):
        with pytest.raises(ValueError, match="takes one of 1, 2, not"):
            Layers(number=same)  # type: ignore[arg-type]


@pytest.mark.parametrize("field", ["function", "anything"])
def test_a_function_that_cannot_be_found_by_name_is_refused(field: str) -> None:
    def local(number: float) -> float:
        return number

    unnamed: list[Callable[[float], float]] = [lambda number: number, local]
    for function in unnamed:
        with pytest.raises(ValueError, match="takes a module-level function"):
            Part(**{field: function})  # type: ignore[arg-type]
    assert Part(**{field: double}) == Part(**{field: double})  # type: ignore[arg-type]


def test_a_misspelt_field_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="rat"):
        Part(rat=0.5)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="rat"):
        dataclasses.replace(Part(), rat=0.5)  # type: ignore[call-arg]


CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "rate": st.integers(-3, 3) | st.floats(),
        "depth": st.integers() | st.booleans() | st.just("deep"),
        "steps": st.lists(st.integers(0, 2)) | st.integers(),
        "kind": st.sampled_from(["linear", "sqrt", "cubic"]),
        "subset": st.none() | st.integers(0, 3),
        "function": st.sampled_from([math.sqrt, lambda number: number]),
        "inner": st.builds(Inner, size=st.integers(0, 2)) | st.none(),
        "anything": st.sampled_from([1, 1.0, True, Inner()]),
    },
)


@given(CHANGES, CHANGES)
def test_replace_makes_the_value_that_dataclasses_would_or_raises_the_same(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    def said(make: Callable[..., Part]) -> str:
        try:
            return repr(vars(make(make(Part(), **first), **second)))
        except (TypeError, ValueError) as problem:
            return f"{type(problem)}: {problem}"

    assert said(replace) == said(dataclasses.replace)


def test_replace_leaves_the_value_alone_and_checks_the_new_one() -> None:
    one = Positive(1.0)
    assert (replace(one, number=2).number, one.number) == (2.0, 1.0)
    with pytest.raises(ValueError, match=r"Positive\.number takes more than 0, not -1\.0"):
        replace(one, number=-1)
    with pytest.raises(TypeError, match="numbre"):
        replace(one, numbre=2)


def test_replace_takes_any_dataclass() -> None:
    plain = dataclasses.make_dataclass("Plain", [("width", int, 3)], frozen=True)
    assert replace(plain(), width=4) == plain(width=4)


def test_own_checks_see_the_canonical_form() -> None:
    assert Positive(1).number == 1.0
    with pytest.raises(ValueError, match=r"takes more than 0, not 0\.0"):
        Positive(0)


@given(st.one_of(st.integers(-(2**53), 2**53), st.floats(allow_nan=False)))
def test_a_float_field_holds_the_same_number_as_a_float(number: float) -> None:
    kept = Part(rate=number).rate
    assert type(kept) is float
    assert kept == number
    assert Part(rate=kept) == Part(rate=number)


@given(st.lists(st.one_of(st.integers(-100, 100), st.floats(allow_nan=False))))
def test_canonical_is_its_own_canonical_form(numbers: list[float]) -> None:
    part = Part(steps=numbers)  # type: ignore[arg-type]
    assert Part(steps=part.steps) == part
    assert hash(Part(steps=tuple(numbers))) == hash(part)
