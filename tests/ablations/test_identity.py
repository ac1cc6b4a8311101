"""Identity: equal experiments share an id however they are written, unequal ones never do, and old ids stay."""

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch

from ablations._identity import changes, run_id, settings
from core.augmentations import Compose, Crop, Flip, Pair, Rotate
from core.experiment import Experiment
from core.heads import MLP, Linear
from core.losses import NTXent


def any_(given: Any) -> Any:
    """What a person may write, though the type checker would complain."""
    return given


SAME: dict[str, tuple[Experiment, Experiment]] = {
    "1 and 1.0 in a float field": (Experiment(learning_rate=1), Experiment(learning_rate=1.0)),
    "-0.0 and 0.0": (Experiment(weight_decay=-0.0), Experiment(weight_decay=0.0)),
    "a numpy float": (Experiment(learning_rate=np.float64(0.5)), Experiment(learning_rate=0.5)),
    "a numpy integer": (Experiment(batch_size=any_(np.int64(256))), Experiment(batch_size=256)),
    "a torch scalar": (Experiment(seed=any_(torch.tensor(3))), Experiment(seed=3)),
    "a numpy truth value": (
        Experiment(loss=NTXent(normalize=any_(np.bool_(False)))),
        Experiment(loss=NTXent(normalize=False)),
    ),
    "a list and a tuple": (Experiment(prepare=Crop(area=any_([0.1, 1]))), Experiment(prepare=Crop(area=(0.1, 1.0)))),
    "a list of parts": (
        Experiment(augment=Compose(any_([Crop(), Flip()]))),
        Experiment(augment=Compose((Crop(), Flip()))),
    ),
    "defaults given": (Experiment(seed=0, head=MLP(width=128)), Experiment()),
    "the same augmentation for both": (
        Experiment(augment=Crop(), augment_other=Crop()),
        Experiment(augment=Crop()),
    ),
}


@pytest.mark.parametrize("written", SAME)
def test_one_value_written_in_two_ways_is_one_run(written: str) -> None:
    first, second = SAME[written]
    assert run_id(first) == run_id(second)
    assert settings(first) == settings(second)
    assert changes(first) == changes(second)


@dataclasses.dataclass(frozen=True)
class Loose:
    depth: Any = 1
    tags: tuple[Any, ...] = (1, 0)
    rate: float = 1


def test_what_equals_a_default_without_being_it_is_another_run() -> None:
    values = (Loose(), Loose(True), Loose(1.0), Loose(tags=(True, False)))
    assert len(set(map(run_id, values))) == 4
    assert run_id(Loose(1, (1, 0), 1.0)) == run_id(Loose())


def test_what_else_decides_a_result_is_in_the_id() -> None:
    ids = [run_id(Experiment()), *(run_id(Experiment(), images) for images in ("", "abc", "abd"))]
    assert len(set(ids)) == 4
    assert all(len(one) == 12 and int(one, 16) >= 0 for one in ids)


def test_settings_are_one_flat_row() -> None:
    row = settings(Experiment(head=Linear(width=64), augment=Pair(Crop(), Rotate()), augment_other=Compose((Flip(),))))
    chosen = {name: cell for name, cell in row.items() if name.startswith(("head", "augment"))}
    assert chosen == {
        "augment": "Pair",
        "augment.first": "Crop",
        "augment.first.area": [0.08, 1.0],
        "augment.first.ratio": row["augment.first.ratio"],
        "augment.second": "Rotate",
        "augment.second.angles": [90, 180, 270],
        "augment_other": "Compose",
        "augment_other.parts": "Flip",
        "augment_other.parts.0": "Flip",
        "augment_other.parts.0.p": 0.5,
        "head": "Linear",
        "head.width": 64,
        "head.batch_norm": True,
    }
    assert all(cell is None or isinstance(cell, bool | int | float | str | list) for cell in row.values())


def test_one_object_in_two_places_has_its_columns_in_both() -> None:
    crop = Crop(area=(0.5, 1.0))
    for row in (settings(Experiment(prepare=crop, augment_other=crop)), settings(Experiment(prepare=crop))):
        assert (row["prepare"], row["prepare.area"]) == ("Crop", [0.5, 1.0])
    assert settings(Experiment(augment_other=crop))["augment_other.area"] == [0.5, 1.0]
    assert "prepare.area" not in settings(Experiment(augment_other=crop))


def test_changes_are_what_differs_from_the_defaults_of_each_part() -> None:
    assert changes(Experiment()) == {}
    assert changes(Experiment(epochs=3)) == {"epochs": 3}
    assert changes(Experiment(head=MLP(width=64))) == {"head": {"part": "MLP", "width": 64}}
    assert changes(Experiment(head=Linear())) == {"head": {"part": "Linear"}}


def part(name: str = "Part", version: int | None = None, **defaults: tuple[Any, Any]) -> Any:
    """A frozen dataclass of core with these fields: `width=(int, 3)`."""
    made = [(field, kind, default) for field, (kind, default) in defaults.items()]
    about = {} if version is None else {"version": version}
    kind = dataclasses.make_dataclass(name, made, frozen=True, namespace=about)
    kind.__module__ = "core.parts"
    return kind


def test_a_new_field_with_a_default_keeps_every_old_id() -> None:
    old, new = part(width=(int, 3)), part(width=(int, 3), height=(float, 1.0), depth=(int | None, None))
    assert run_id(old()) == run_id(new())
    assert run_id(old(width=4)) == run_id(new(width=4)) == run_id(new(width=4, height=1))
    assert run_id(old()) != run_id(new(height=2.0))


def test_the_version_of_a_part_is_in_the_id_when_it_is_not_1() -> None:
    ids = [run_id(part(version=version, width=(int, 3))()) for version in (None, 1, 2, 3)]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3
    inside = [run_id(part("Whole", inner=(Any, part(version=version)()))()) for version in (1, 2)]
    assert inside[0] == inside[1]  # a default is a default
    holder = part("Whole", inner=(Any, None))
    assert run_id(holder(inner=part(version=1)())) != run_id(holder(inner=part(version=2)()))


def test_the_name_of_a_part_is_in_the_id() -> None:
    holder = part("Whole", inner=(Any, None))
    assert run_id(holder(inner=part("One")())) != run_id(holder(inner=part("Other")()))


@pytest.mark.parametrize("name", ["part", "version", "source"])
def test_a_setting_cannot_have_a_name_that_identity_uses(name: str) -> None:
    with pytest.raises(TypeError, match=rf"Part\.{name}: a setting cannot have this name"):
        run_id(dataclasses.make_dataclass("Part", [(name, int, 3)], frozen=True)())


@pytest.mark.parametrize("wrong", [{"a": 1}, {1}, object(), [1]])
def test_a_setting_that_is_no_value_is_refused_in_words(wrong: Any) -> None:
    kind = part(thing=(Any, None))
    for describe in (run_id, settings):
        with pytest.raises(
            TypeError, match="a setting is a plain value, a tuple, a frozen dataclass or a module-level"
        ):
            describe(kind(thing=wrong))


def test_lambdas_and_closures_are_refused_in_words() -> None:
    def local(first: Any, second: Any) -> Any:
        return first

    for loss in (local, lambda first, second: first):
        with pytest.raises(ValueError, match=r"Experiment\.loss takes a module-level function: a lambda or closure"):
            Experiment(loss=loss)
