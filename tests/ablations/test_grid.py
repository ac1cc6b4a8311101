"""Grids: what they expand to, and what they refuse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ablations import Grid, paired, vary
from ablations._grid import apply, apply_all
from core.augmentations import Compose, Crop
from core.experiment import Experiment
from core.heads import MLP, Linear, NoHead
from core.losses import NTXent


def test_vary_crosses_its_axes_the_last_one_fastest() -> None:
    assert list(vary(epochs=[1, 2], seed=range(2))) == [
        {"epochs": 1, "seed": 0},
        {"epochs": 1, "seed": 1},
        {"epochs": 2, "seed": 0},
        {"epochs": 2, "seed": 1},
    ]


def test_paired_zips_its_axes() -> None:
    assert list(paired(epochs=[1, 2], batch_size=[4, 8])) == [
        {"epochs": 1, "batch_size": 4},
        {"epochs": 2, "batch_size": 8},
    ]


def test_paired_refuses_axes_of_unlike_length() -> None:
    with pytest.raises(ValueError, match=r"paired takes axes of one length, not {'epochs': 2, 'seed': 3}"):
        paired(epochs=[1, 2], seed=range(3))


def test_times_crosses_grids_and_plus_joins_them() -> None:
    crossed = vary(epochs=[1]) * (vary(seed=[0]) + paired(batch_size=[4], seed=[1]))
    assert list(crossed) == [{"epochs": 1, "seed": 0}, {"epochs": 1, "batch_size": 4, "seed": 1}]
    assert len(crossed) == 2


def test_a_list_is_no_grid() -> None:
    with pytest.raises(TypeError, match="'Grid' and 'list'"):
        vary(epochs=[1]) + [{"epochs": 2}]  # type: ignore[operator]  # noqa: RUF005


@given(st.lists(st.integers(1, 3), max_size=3), st.lists(st.integers(1, 3), max_size=3))
def test_sizes_multiply_and_add(first: list[int], second: list[int]) -> None:
    one, other = vary(epochs=first), vary(seed=second)
    assert len(one * other) == len(first) * len(second)
    assert len(one + other) == len(first) + len(second)


def test_crossed_grids_that_set_the_same_raise() -> None:
    with pytest.raises(ValueError, match="two grids that are crossed both set epochs, seed"):
        vary(seed=[0], epochs=[1]) * vary(epochs=[2], seed=[1])


@pytest.mark.parametrize("axis", ["MLP", b"x", 3, None])
def test_an_axis_is_a_list(axis: object) -> None:
    for combine in (vary, paired):
        with pytest.raises(TypeError, match="the axis head takes a list of values, not "):
            combine(head=axis)  # type: ignore[arg-type]


def test_a_comprehension_is_a_way_out() -> None:
    grid = Grid(tuple({"epochs": number, "seed": number} for number in range(2)))
    assert list(grid * vary(batch_size=[4]))[1] == {"epochs": 1, "seed": 1, "batch_size": 4}


def test_a_dotted_name_changes_a_part_after_the_part_itself_was_chosen() -> None:
    changed = apply(Experiment(), {"head.width": 32, "head": Linear(), "loss.temperature": 1, "epochs": 3})
    assert (changed.head, changed.loss, changed.epochs) == (Linear(width=32), NTXent(temperature=1.0), 3)
    assert apply(Experiment(), {}) == Experiment()


AXES = st.fixed_dictionaries(
    {},
    optional={
        "head": st.lists(st.builds(Linear, width=st.integers(1, 2)) | st.builds(MLP), min_size=1, max_size=2),
        "head.width": st.lists(st.integers(1, 3), min_size=1, max_size=3),
        "loss.temperature": st.lists(st.sampled_from([1, 1.0, 0.5]), min_size=1, max_size=3),
        "epochs": st.lists(st.integers(0, 2), min_size=1, max_size=2),
    },
)


@given(AXES)
def test_changes_that_share_parts_give_what_each_of_them_gives_alone(axes: dict[str, list[object]]) -> None:
    base, changes = Experiment(warmup_epochs=0), vary(**axes).changes
    assert list(apply_all(base, changes)) == [apply(base, change) for change in changes]


def test_a_part_that_is_changed_alike_is_made_once() -> None:
    changes = vary(**{"loss.temperature": [0.1, 0.5], "seed": range(2)}).changes
    first, again, other, _ = apply_all(Experiment(), changes)
    assert first.loss is again.loss
    assert (first.loss.temperature, other.loss.temperature) == (0.1, 0.5)


def test_a_misspelt_setting_names_the_nearest_or_the_valid_ones() -> None:
    with pytest.raises(TypeError, match=r"^Experiment has no setting 'batchsize': did you mean 'batch_size'\?$"):
        apply(Experiment(), {"batchsize": 4})
    with pytest.raises(TypeError, match=r"MLP has no setting 'witdh': did you mean 'width'\?$"):
        apply(Experiment(), {"head": MLP(), "head.witdh": 4})
    with pytest.raises(TypeError, match=r"Experiment has no setting 'zzz'; it has dataset"):
        apply(Experiment(), {"zzz.width": 4})
    with pytest.raises(TypeError, match="NoHead has no setting 'width'; it has none"):
        apply(Experiment(), {"head": NoHead(), "head.width": 4})


def test_a_part_without_settings_is_named() -> None:
    with pytest.raises(TypeError, match=r"prepare\.area: prepare is None here, which has no settings of its own"):
        apply(Experiment(), {"prepare.area": (0.2, 1.0)})
    with pytest.raises(TypeError, match="Compose has no setting '0'"):
        apply(Experiment(augment=Compose((Crop(),))), {"augment.0.area": (0.2, 1.0)})


def test_a_value_of_the_wrong_type_is_refused_where_the_change_is_applied() -> None:
    with pytest.raises(TypeError, match=r"Experiment\.epochs takes a whole number, not 'ten'"):
        apply(Experiment(), {"epochs": "ten"})
