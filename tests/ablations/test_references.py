"""The two lines of a figure have what all cells of the study have."""

from dataclasses import dataclass, replace

from ablations import Grid, Study
from ablations._references import references
from ablations._scale import SCALES
from ablations._study import derive
from core.augmentations import Crop, Identity
from core.encoders import SmallResNet
from core.experiment import Experiment
from core.optimizer import LARS
from results.plots import Bars


@dataclass(frozen=True)
class Own:
    """The settings of another method."""

    seed: int = 0


BASE = Experiment()
STUDY = Study(question="Does it?", grid=Grid(({},)), figure=Bars(x="epochs"), base=BASE)


def with_lars(base: Experiment) -> Experiment:
    return replace(base, optimizer=LARS(), learning_rate=1.0, lr_scaling="linear")


def arms(*cells: Experiment) -> dict[str, Experiment]:
    return dict(references(STUDY, "gpu", cells))


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


def test_they_keep_the_scales_optimizer_where_the_study_chooses_another_for_its_cells() -> None:
    chosen = replace(STUDY, base=with_lars)
    scale, base = SCALES["laptop"], chosen.base_at("laptop")
    found = dict(references(chosen, "laptop", [base]))
    assert found["random encoder"] == replace(scale, epochs=0)
    assert replace(found["supervised"], loss=scale.loss, head=scale.head, views=2) == scale
    told = dict(references(derive(chosen, **{"optimizer.trust": 0.01}), "laptop", [base]))
    assert isinstance(told["supervised"].optimizer, LARS)


def test_a_method_of_ones_own_has_none() -> None:
    assert references(replace(STUDY, base=Own()), "gpu", [Own()]) == []
