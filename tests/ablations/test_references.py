"""The two lines of every figure have what all cells of the study have."""

from dataclasses import replace

from ablations._references import references
from core.augmentations import Crop, Identity
from core.encoders import SmallResNet
from core.experiment import Experiment

BASE = Experiment()


def arms(*cells: Experiment) -> dict[str, Experiment]:
    return dict(references(BASE, cells))


def test_they_are_of_the_base_where_cells_differ() -> None:
    found = arms(BASE, replace(BASE, encoder=SmallResNet(), epochs=50))
    assert found["random encoder"] == replace(BASE, epochs=0)
    assert found["supervised"].encoder == BASE.encoder and found["supervised"].epochs == BASE.epochs


def test_they_have_the_encoder_and_the_epochs_that_all_cells_have() -> None:
    cells = [replace(BASE, encoder=SmallResNet(), epochs=epochs, batch_size=64) for epochs in (50, 50)]
    found = arms(*cells)
    assert found["random encoder"] == replace(BASE, encoder=SmallResNet(), epochs=0)
    supervised = found["supervised"]
    assert (supervised.encoder, supervised.epochs, supervised.batch_size) == (SmallResNet(), 50, 64)
    assert supervised.supervised and supervised.views == 1


def test_one_branchs_augmentation_is_not_that_of_the_supervised_arm() -> None:
    found = arms(replace(BASE, prepare=Crop(), augment=Crop(), augment_other=Identity()))
    assert found["supervised"].augment == BASE.augment and found["supervised"].prepare is None


def test_a_method_of_ones_own_has_none() -> None:
    assert references(object(), [object()]) == []
