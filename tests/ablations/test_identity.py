"""Identity: equal experiments share an id however they are written, unequal ones never do, and old ids stay."""

import dataclasses
import inspect
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ablations._code import code_hash
from ablations._identity import changes, run_id, settings
from ablations._scale import SCALES
from core import augmentations, encoders, heads, losses, optimizer, probe
from core.augmentations import ColorDistortion, Compose, Crop, Flip, GaussianBlur, Pair, Rotate, Sobel
from core.encoders import ResNet, SmallResNet
from core.experiment import Experiment
from core.heads import MLP, Linear, NoHead
from core.losses import CrossEntropy, MarginTriplet, NTLogistic, NTXent, pairwise
from core.optimizer import SGD, AdamW
from core.probe import LinearProbe


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


PARTS: dict[str, Any] = {
    "images": st.none() | st.integers(1, 3),
    "views": st.integers(2, 3),
    "prepare": st.sampled_from([None, Crop(), Flip()]),
    "augment": st.sampled_from([Crop(), Flip(), Sobel(), Compose((Crop(), Flip())), Compose((Flip(), Crop()))]),
    "encoder": st.builds(ResNet, width=st.integers(1, 2)) | st.builds(SmallResNet, width=st.integers(1, 2)),
    "head": st.just(NoHead()) | st.builds(Linear, width=st.integers(1, 2)) | st.builds(MLP, width=st.integers(1, 2)),
    "loss": st.builds(NTXent, temperature=st.sampled_from([0.1, 0.2])).map(pairwise),
    "learning_rate": st.floats(1e-300, 1e300),
    "weight_decay": st.floats(0, 1),
    "precision": st.sampled_from(["bfloat16", "float32"]),
    "seed": st.integers(0, 3),
}


@given(st.fixed_dictionaries({}, optional=PARTS), st.fixed_dictionaries({}, optional=PARTS))
def test_two_experiments_share_an_id_if_and_only_if_they_are_equal(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    multi = {"loss": pairwise(NTXent(temperature=0.3))}
    one, other = Experiment(**{**multi, **first}), Experiment(**{**multi, **first, **second})
    assert (run_id(one) == run_id(other)) == (one == other)
    assert (settings(one) == settings(other)) == (one == other)


@given(st.sampled_from(sorted(PARTS)), st.data())
def test_each_setting_is_in_the_id(name: str, data: Any) -> None:
    base = Experiment(loss=pairwise(NTXent(temperature=0.3)))
    other = dataclasses.replace(base, **{name: data.draw(PARTS[name])})
    assert (run_id(base) == run_id(other)) == (getattr(base, name) == getattr(other, name))


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


def test_lambdas_and_closures_are_refused_in_words() -> None:
    def local(first: Any, second: Any) -> Any:
        return first

    for loss in (local, lambda first, second: first):
        with pytest.raises(ValueError, match=r"Experiment\.loss takes a module-level function: a lambda or closure"):
            Experiment(loss=loss)


EVERY_PART_CHANGED = Experiment(
    dataset="shapes",
    images=100,
    image_size=24,
    prepare=Crop(area=(0.5, 1.0)),
    augment=Compose((Crop(area=(0.2, 1.0)), Flip(p=0.25), ColorDistortion(strength=1.0), GaussianBlur())),
    augment_other=Pair(Sobel(), Rotate()),
    encoder=SmallResNet(depth=14, width=24, expansion=256),
    head=MLP(width=64, hidden=96, layers=3, batch_norm=False),
    loss=MarginTriplet(margin=0.4, normalize=False, semi_hard=True),
    optimizer=SGD(momentum=0.8, nesterov=True),
    batch_size=32,
    epochs=7,
    learning_rate=0.05,
    lr_scaling="sqrt",
    weight_decay=1e-4,
    warmup_epochs=2.5,
    precision="float32",
    seed=5,
)

GOLDEN_IDS = {
    "baseline": "f5d52653554f",
    "scale smoke": "7e4977e3c5ce",
    "scale laptop": "bd5cda3c2076",
    "scale overnight": "b66a0a35537e",
    "scale gpu": "f5d52653554f",
    "scale paper": "3868bf012ab0",
    "every part changed": "4d4efe0b3bcc",
    "supervised": "fe1d48751f12",
    "three views": "adb65bede397",
    "a probe": "ebb2336287f5",
}

GOLDEN_DEFAULTS: dict[str, dict[str, Any]] = {
    "MultiPositive": {"temperature": 0.1, "normalize": True},
    "AutoAugment": {"policy": "imagenet"},
    "FineTune": {
        "labels": 0.01,
        "epochs": 60,
        "learning_rate": [0.05],
        "batch_size": 256,
        "from_scratch": False,
        "test": True,
        "weight_decay": [0.0],
    },
    "Experiment": {
        "dataset": "cifar10",
        "images": None,
        "image_size": None,
        "prepare": None,
        "views": 2,
        "augment": "Compose",
        "augment.parts": "Crop + Flip + ColorDistortion",
        "augment.parts.0": "Crop",
        "augment.parts.0.area": [0.08, 1.0],
        "augment.parts.0.ratio": [0.75, 1.3333333333333333],
        "augment.parts.1": "Flip",
        "augment.parts.1.p": 0.5,
        "augment.parts.2": "ColorDistortion",
        "augment.parts.2.strength": 0.5,
        "augment.parts.2.jitter_p": 0.8,
        "augment.parts.2.gray_p": 0.2,
        "augment_other": None,
        "encoder": "ResNet",
        "encoder.depth": 18,
        "encoder.width": 1,
        "encoder.stem": "cifar",
        "head": "MLP",
        "head.width": 128,
        "head.hidden": None,
        "head.layers": 2,
        "head.batch_norm": True,
        "loss": "NTXent",
        "loss.temperature": 0.5,
        "loss.normalize": True,
        "loss.one_view_negatives": False,
        "optimizer": "LARS",
        "optimizer.momentum": 0.9,
        "optimizer.trust": 0.001,
        "batch_size": 512,
        "epochs": 100,
        "learning_rate": 1.0,
        "lr_scaling": "linear",
        "weight_decay": 1e-06,
        "warmup_epochs": 10.0,
        "precision": "bfloat16",
        "bn_batch": None,
        "seed": 0,
    },
    "ColorDistortion": {"strength": 1.0, "jitter_p": 0.8, "gray_p": 0.2},
    "Cutout": {"side": 0.5, "fill": 0.5843137254901961},
    "GaussianBlur": {"p": 0.5, "sigma": [0.1, 2.0]},
    "GaussianNoise": {"std": 0.12},
    "Sobel": {},
    "Crop": {"area": [0.08, 1.0], "ratio": [0.75, 1.3333333333333333]},
    "Flip": {"p": 0.5},
    "Rotate": {"angles": [90, 180, 270]},
    "Identity": {},
    "ResNet": {"depth": 18, "width": 1, "stem": "cifar"},
    "SmallResNet": {"depth": 8, "width": 16, "expansion": None},
    "NoHead": {},
    "Linear": {"width": 128, "batch_norm": True},
    "MLP": {"width": 128, "hidden": None, "layers": 2, "batch_norm": True},
    "NTXent": {"temperature": 0.1, "normalize": True, "one_view_negatives": False},
    "NTLogistic": {"temperature": 0.2, "normalize": True, "semi_hard": False},
    "MarginTriplet": {"margin": 0.8, "normalize": True, "semi_hard": False},
    "CrossEntropy": {},
    "LARS": {"momentum": 0.9, "trust": 0.001},
    "SGD": {"momentum": 0.9, "nesterov": False},
    "AdamW": {"beta1": 0.9, "beta2": 0.999},
    "LinearProbe": {"layer": "h", "l2": [1e-05, 0.0001, 0.001, 0.01, 0.1], "test": True},
    "NearestNeighbors": {"neighbors": 200, "temperature": 0.1, "test": True},
}

EXPERIMENTS = {
    "baseline": Experiment(),
    **{f"scale {name}": experiment for name, experiment in SCALES.items()},
    "every part changed": EVERY_PART_CHANGED,
    "supervised": Experiment(loss=CrossEntropy(), views=1, head=NoHead()),
    "three views": Experiment(views=3, loss=pairwise(NTLogistic(temperature=1)), optimizer=AdamW(beta2=0.95)),
    "a probe": LinearProbe(layer="z"),
}


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_golden_ids(name: str) -> None:
    assert run_id(EXPERIMENTS[name]) == GOLDEN_IDS[name], (
        f"{name} has another id: every result there is would be orphaned. A new field needs a default that means what "
        "was done before; a part whose meaning changes raises its version. (A scale may change: then pin its new id.)"
    )


def parts() -> dict[str, Any]:
    """Every part of core that can be made without arguments, by its name."""
    modules = (augmentations, encoders, heads, losses, optimizer, probe)
    kinds = {name: kind for module in modules for name, kind in vars(module).items() if _is_value(kind)}
    return {"Experiment": Experiment, **{name: kind for name, kind in kinds.items() if not _required(kind)}}


def _is_value(kind: Any) -> bool:
    return "value.<locals>" in getattr(getattr(kind, "__post_init__", None), "__qualname__", "")


def _required(kind: Any) -> bool:
    return any(field.default is dataclasses.MISSING for field in dataclasses.fields(kind))


def test_golden_defaults() -> None:
    assert {name: settings(kind()) for name, kind in parts().items()} == GOLDEN_DEFAULTS, (
        "a default was edited, or a part is not pinned here yet: ids hold only what differs from the defaults, so with "
        "another default every old run would be relabelled as one with the new value. Leave the default, and give the "
        "new value where it is wanted (a scale, a study); pin a new part or a new field here."
    )


def _golden_helper(value: float) -> float:
    return value * GOLDEN_FACTOR


def golden_loss(first: object, second: object) -> float:
    """Its id stands on its syntax alone."""
    return _golden_helper(2.0)  # and not on comments


GOLDEN_FACTOR = 3.0


def test_ones_own_code_has_one_id_on_every_python() -> None:
    assert code_hash(golden_loss) == "148a678c23b13eef"


def test_ones_own_code_includes_the_helpers_and_constants_of_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    before = code_hash(golden_loss)
    monkeypatch.setitem(globals(), "GOLDEN_FACTOR", 4.0)
    changed = code_hash(golden_loss)
    monkeypatch.setitem(globals(), "_golden_helper", golden_loss)
    assert len({before, changed, code_hash(golden_loss)}) == 3
