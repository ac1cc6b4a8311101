"""What the figures of the catalogue show of the paper: each of its numbers by itself, where it belongs."""

from typing import Any

import pytest

from ablations import load_study, study_names
from results.cells import panel
from results.paper import paper_values, read_paper

PAPER = read_paper()
SHOWN = {
    f"{name}, {one.value}": one
    for name in study_names()
    for one in getattr(load_study(name).figure, "figures", (load_study(name).figure,))
    if one.paper
}


@pytest.mark.parametrize("one", SHOWN.values(), ids=SHOWN)
def test_each_number_of_the_paper_is_a_cell_of_its_own(one: Any) -> None:
    numbers = paper_values(one.paper, PAPER, one.value)
    cells = panel(one, numbers, chosen=True).cells
    assert len(cells) == len(numbers) > 1
    assert [cell.values for cell in cells.values() if len(cell.values) != 1] == []


def test_sizes_of_the_papers_encoders_stand_beside_their_accuracy() -> None:
    (one,) = (one for name, one in SHOWN.items() if name.startswith("encoder_size"))
    numbers = paper_values(one.paper, PAPER, one.value)
    parameters = {tuple(row[:3]): row[-1] for row in numbers.itertuples(index=False)}
    assert numbers.columns[-1] == "encoder_parameters" and numbers["encoder_parameters"].notna().all()
    assert parameters[50, 4, "CrossEntropy"] == parameters[50, 4, "NTXent"] == pytest.approx(375.6e6)  # Fig. 7
