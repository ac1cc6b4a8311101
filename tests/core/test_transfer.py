"""Transfer is the probe itself on the other data set, found where the run's own was."""

from dataclasses import replace

import pytest
import torch
from tiny_runs import assert_same_state, color_data, color_model

from core.data import DataError, DataSet, load
from core.probe import Features, FineTune, LinearProbe, Transfer
from core.transfer import TRANSFER_L2

HERE, THERE = color_data(train=30), color_data(train=40, valid=20, test=16, classes=4)


def find(name: str) -> DataSet:
    assert name == "other"
    return THERE


@pytest.mark.parametrize("probe", [LinearProbe(), FineTune(labels=1.0, epochs=1)], ids=repr)
def test_it_is_the_probe_on_the_other_images(probe: LinearProbe | FineTune) -> None:
    features = Features(color_model(), HERE, load=find)
    of_own = features.of("train")
    transfer = Transfer("other", probe)
    ours, theirs = transfer(features), probe(Features(color_model(), THERE))
    assert transfer.metrics == tuple(ours.metrics)
    assert ours.metrics == {f"other_{name}": metric for name, metric in theirs.metrics.items()}
    assert ours.predictions == {f"other_{name}": found for name, found in theirs.predictions.items()}
    assert features.of("train") is of_own
    assert_same_state(features.model.state_dict(), color_model().state_dict())


def test_features_of_other_images_are_not_those_that_are_kept() -> None:
    features = Features(color_model(), HERE)
    assert [len(features.of("train")), len(replace(features, data=THERE).of("train"))] == [30, 40]


def test_a_data_set_that_is_not_there_is_named() -> None:
    with pytest.raises(DataError, match="no data set 'nowhere'"):
        Transfer("nowhere", LinearProbe())(Features(color_model(), HERE, load=load))
    with pytest.raises(ValueError, match=r"^Transfer\.dataset takes the name of a data set, not ''$"):
        Transfer("", LinearProbe())


def test_the_penalties_are_the_papers() -> None:
    torch.testing.assert_close(torch.tensor(TRANSFER_L2).double(), torch.logspace(-6, 5, 45).double())
    assert len(Transfer("other", LinearProbe(l2=TRANSFER_L2)).probe.l2) == 45  # type: ignore[attr-defined]
