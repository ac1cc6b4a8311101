"""Equal experiments share an id however they are written, and unequal ones never do (hypothesis)."""

import dataclasses
import json
from typing import Any

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from ablations._identity import changes, run_id
from ablations._identity import settings as settings_of
from core.augmentations import ColorDistortion, Compose, Crop, Flip, GaussianBlur, Pair, RandomApply, Rotate, Sobel
from core.encoders import ResNet, SmallResNet
from core.experiment import Experiment
from core.heads import MLP, Linear, NoHead
from core.losses import MarginTriplet, MultiPositive, NTLogistic, NTXent, pairwise
from core.optimizer import LARS, SGD, AdamW
from core.probe import LinearProbe, NearestNeighbors

SHARE = st.sampled_from([0.0, 0.25, 0.5, 1.0])
WIDTH = st.integers(1, 3)
POSITIVE = st.sampled_from([0.1, 0.5, 1.0, 2.0])
SIMPLE = (
    st.builds(Crop, area=st.tuples(st.sampled_from([0.08, 0.5]), st.just(1.0)))
    | st.builds(Flip, p=SHARE)
    | st.builds(ColorDistortion, strength=POSITIVE, gray_p=SHARE)
    | st.builds(GaussianBlur, p=SHARE)
    | st.builds(
        Rotate, angles=st.lists(st.sampled_from([90, 180, 270]), min_size=1, max_size=2, unique=True).map(tuple)
    )
    | st.just(Sobel())
)
AUGMENT = st.recursive(
    SIMPLE,
    lambda inner: (
        st.builds(Compose, st.lists(inner, min_size=1, max_size=3).map(tuple))
        | st.builds(Pair, inner, inner)
        | st.builds(RandomApply, inner, SHARE)
    ),
    max_leaves=4,
)
LOSS = (
    st.builds(NTXent, temperature=POSITIVE, normalize=st.booleans(), one_view_negatives=st.booleans())
    | st.builds(NTLogistic, temperature=POSITIVE, normalize=st.booleans(), semi_hard=st.booleans())
    | st.builds(MarginTriplet, margin=POSITIVE, normalize=st.booleans(), semi_hard=st.booleans())
    | st.builds(MultiPositive, temperature=POSITIVE, normalize=st.booleans())
)
EXPERIMENT = st.fixed_dictionaries(
    {},
    optional={
        "images": st.none() | st.integers(1, 3),
        "prepare": st.none() | SIMPLE,
        "augment": AUGMENT,
        "augment_other": st.none() | AUGMENT,
        "encoder": st.builds(ResNet, depth=st.sampled_from([18, 50]), width=WIDTH)
        | st.builds(SmallResNet, width=WIDTH, expansion=st.none() | WIDTH),
        "head": st.just(NoHead())
        | st.builds(Linear, width=WIDTH, batch_norm=st.booleans())
        | st.builds(MLP, width=WIDTH, hidden=st.none() | WIDTH, layers=st.integers(2, 3)),
        "loss": LOSS | LOSS.map(pairwise),
        "optimizer": st.builds(LARS, momentum=SHARE.filter(lambda p: p < 1))
        | st.builds(SGD, momentum=SHARE.filter(lambda p: p < 1), nesterov=st.just(False))
        | st.builds(AdamW, beta1=st.sampled_from([0.5, 0.9])),
        "learning_rate": st.floats(1e-300, 1e300) | POSITIVE,
        "lr_scaling": st.sampled_from(["linear", "sqrt", "none"]),
        "weight_decay": st.floats(0, 1),
        "warmup_epochs": POSITIVE,
        "batch_size": st.sampled_from([256, 512]),
        "bn_batch": st.sampled_from([None, 128]),
        "precision": st.sampled_from(["bfloat16", "float32"]),
        "seed": st.integers(0, 3),
    },
).map(lambda given: Experiment(**given))


def spelled(draw: Any, given: Any) -> Any:
    """The same value, as another person may write it."""
    if isinstance(given, bool):
        return draw(st.sampled_from([given, np.bool_(given), torch.tensor(given)]))
    if isinstance(given, int):
        return draw(st.sampled_from([given, np.int64(given), np.int16(given), torch.tensor(given), np.array(given)]))
    if isinstance(given, float):
        ways = [given, np.float64(given), torch.tensor(given, dtype=torch.float64)]
        if given.is_integer() and abs(given) < 1 << 31:
            ways += [int(given), np.int32(given)]
        ways += [-given] * (given == 0)
        return draw(st.sampled_from(ways))
    if isinstance(given, tuple):
        return draw(st.sampled_from([list, tuple]))(spelled(draw, item) for item in given)
    return respelled(draw, given) if dataclasses.is_dataclass(given) else given


def respelled(draw: Any, given: Any) -> Any:
    """The same part, each of its settings in another spelling, or left out where it is the default."""
    written = {}
    for field in dataclasses.fields(given):
        setting = getattr(given, field.name)
        if setting != field.default or draw(st.booleans()):
            written[field.name] = spelled(draw, setting)
    return type(given)(**written)


@given(EXPERIMENT | st.builds(LinearProbe, layer=st.sampled_from(["h", "z"])) | st.builds(NearestNeighbors), st.data())
def test_one_value_is_one_run_however_it_is_written(value: Any, data: Any) -> None:
    other = respelled(data.draw, value)
    assert run_id(other) == run_id(value)
    assert run_id(other, np.str_("images")) == run_id(value, "images")
    assert settings_of(other) == settings_of(value) and changes(other) == changes(value)
    assert json.dumps(settings_of(other)) == json.dumps(settings_of(value))  # to the type: 1 is not 1.0 there


@given(EXPERIMENT, st.data())
def test_two_experiments_share_an_id_if_and_only_if_they_are_equal(one: Experiment, data: Any) -> None:
    taken = data.draw(st.sets(st.sampled_from([field.name for field in dataclasses.fields(Experiment)])))
    source = data.draw(EXPERIMENT)
    other = dataclasses.replace(one, **{name: getattr(source, name) for name in taken})
    assert (run_id(one) == run_id(other)) == (one == other)
    assert (settings_of(one) == settings_of(other)) == (one == other)


@given(st.lists(EXPERIMENT, min_size=2, max_size=8))
def test_there_are_as_many_ids_as_unlike_experiments(experiments: list[Experiment]) -> None:
    unlike = [one for place, one in enumerate(experiments) if one not in experiments[:place]]
    assert len({run_id(one) for one in experiments}) == len(unlike)


@given(EXPERIMENT, st.lists(st.text(max_size=4), max_size=3), st.lists(st.text(max_size=4), max_size=3))
def test_the_images_and_the_method_are_told_apart(one: Experiment, also: list[str], others: list[str]) -> None:
    assert (run_id(one, *also) == run_id(one, *others)) == (also == others)


NAMES = sorted(field.name for field in dataclasses.fields(Experiment) if field.name != "augment_other")


@given(st.sampled_from(NAMES), EXPERIMENT, EXPERIMENT)
def test_each_setting_is_in_the_id(name: str, base: Experiment, source: Experiment) -> None:
    other = dataclasses.replace(base, augment_other=None, **{name: getattr(source, name)})
    base = dataclasses.replace(base, augment_other=None)
    assert (run_id(base) == run_id(other)) == (getattr(base, name) == getattr(other, name))
