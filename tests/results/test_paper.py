"""The paper's numbers, under our names."""

import pytest
import synthetic

from results.paper import PaperValues, paper_values, read_paper

MAPPINGS = [
    (synthetic.PAIRS, 49, {"augment.first": "Crop", "augment.second": "ColorDistortion"}, 56.3),
    (synthetic.HEADS, 15, {"head": "MLP", "head.width": 128}, 64.3),
    (synthetic.LOSSES, 5, {"loss": "NTLogistic", "loss.semi_hard": True}, 57.9),
    (synthetic.TEMPERATURES, 6, {"loss.normalize": True, "loss.temperature": 0.1}, 64.4),
    (synthetic.BATCHES, 60, {"epochs": 100, "batch_size": 8192}, 64.77),
]


@pytest.mark.parametrize(("mapping", "cells", "where", "value"), MAPPINGS, ids=lambda part: getattr(part, "study", ""))
def test_each_study_is_expressible(mapping: PaperValues, cells: int, where: dict[str, object], value: float) -> None:
    table = paper_values(mapping, read_paper(), "linear_top1")
    assert len(table) == cells
    rows = table.to_dict("records")
    assert [row["linear_top1"] for row in rows if where.items() <= row.items()] == [value]


def test_a_setting_that_does_not_exist_is_absent() -> None:
    heads = paper_values(synthetic.HEADS, read_paper(), "linear_top1").to_dict("records")
    assert {"head": "NoHead", "head.width": None, "linear_top1": 50.2} in heads
    losses = paper_values(synthetic.LOSSES, read_paper(), "linear_top1").to_dict("records")
    assert {"loss": "NTXent", "loss.semi_hard": None, "linear_top1": 63.9} in losses


def test_another_metric_by_its_own_name() -> None:
    table = paper_values(synthetic.ENTROPIES, read_paper(), "contrastive_entropy")
    assert table["contrastive_entropy"].tolist() == [1.0, 4.5, 8.2, 8.3, 0.5, 0.5]


def test_ambiguity_and_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="choose with where="):
        paper_values(PaperValues("projection_head", keys=(("head", "head"),)), read_paper(), "linear_top1")
    with pytest.raises(ValueError, match="no linear_top1 of 'nonsense'"):
        paper_values(PaperValues("nonsense", keys=()), read_paper(), "linear_top1")
