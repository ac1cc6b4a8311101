"""Claims are data: a table's metadata holds what was declared; a mistake is named before anything is trained."""

import json
import math
from collections.abc import Callable
from typing import Any

import pytest

from results.claims import (
    Claim,
    Function,
    about_claims,
    all_of,
    best_of,
    cells,
    claims_from,
    count_of,
    difference,
    gap_of_gaps,
    rank,
    weighted,
)
from results.contrasts import unit
from results.paper import PaperValues
from results.selections import check_claims, matching

FIG = PaperValues(study="augmentation_pairs", keys=(("first", "augment.first"),))
A, B = {"head": "MLP"}, {"head": "Linear", "head.width": (32, 64)}


def any_(given: Any) -> Any:
    """What a person may write, though the type checker would complain."""
    return given


ROWS: list[dict[str, Any]] = [
    {"head": "NoHead", "normalize": True, "epochs": 10},
    {"head": "Linear", "head.width": 32, "normalize": True, "epochs": 10},
    {"head": "MLP", "head.width": 32, "normalize": False, "epochs": 10},
    {"head": "MLP", "head.width": 64, "normalize": False, "epochs": None},
]


def accuracy(rows: Any) -> float:
    return float(rows["linear_top1"].mean())


def test_claims_survive_json() -> None:
    claims = (
        difference("F16", A, [B, {"head": "NoHead"}], above=0.5, paper=3.6, text="more"),
        gap_of_gaps("F27", A, B, best_of(A), cells(B, metric="knn_top1", arm="supervised"), within=1.0),
        all_of("F17", [(A, B), (B, A)], scales=("paper",), needs="ImageNet"),
        count_of("F3", [(A, B), (best_of(B), A)], above=1),
        Claim("sum", weighted((0.5, A), (0.5, B), (-1.0, best_of(A)))),
        rank("F5", {}, FIG, over="augment.first"),
        rank("F26", A, "head.width"),
        Claim("mine", accuracy, above=30.0),
    )
    assert claims_from(json.loads(json.dumps(about_claims(claims)))) == claims
    assert claims[-1].number == Function(f"{__name__}:accuracy")


def test_the_margin_is_the_papers_own_noise_unless_stated() -> None:
    assert (difference("F", A, B).above, difference("F", A, B, within=2.0).margin) == (0.5, 2.0)
    assert difference("F", A, B, above=0.0).margin == 0.0


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: difference("F", A, B, above=any_("1")), "claim F: above takes a number, not '1'"),
        (lambda: difference("F", A, B, above=math.nan), "claim F: above takes a number, not nan"),
        (lambda: difference("F", A, B, paper=any_("x")), "claim F: paper takes a number, not 'x'"),
        (lambda: difference("F", A, B, text=any_(3)), "claim F: text takes text, not 3"),
        (
            lambda: difference("F", A, B, scales=any_("smoke")),
            r"claim F: scales takes names .*, not 'smoke'",
        ),
        (lambda: difference(any_(3), A, B), "claim 3: name takes text"),
        (lambda: difference("F", any_("a"), B), r"cells are chosen by their settings, such as .*, not by 'a'"),
        (lambda: difference("F", A, A), "a claim compares two kinds of cells, not .* with itself"),
        (lambda: difference("F", A, B, **any_({"metric": "knn"})), r"claim F takes above, .*, not metric; .* cells\("),
        (lambda: Claim("F", any_(3)), "claim F: number takes what difference"),
        (lambda: rank("F", A, any_([1])), "claim F: by takes PaperValues"),
    ],
)
def test_what_a_claim_does_not_take_is_refused_when_it_is_made(make: Callable[[], Claim], said: str) -> None:
    with pytest.raises((TypeError, ValueError), match=said):
        make()


def test_mistakes_in_a_claim_are_named() -> None:
    with pytest.raises(ValueError, match="claim F takes above= or within=, not both"):
        difference("F", A, B, above=1.0, within=1.0)
    with pytest.raises(ValueError, match="within takes a margin above 0, not 0"):
        difference("F", A, B, within=0.0)
    with pytest.raises(ValueError, match="claim F counts 2 pairs, so it takes above=0 to 1, not above=2"):
        count_of("F", [(A, B), (B, A)], above=2)
    with pytest.raises(ValueError, match=r"claim F counts 1 pairs, so it takes above=0 to 0, not within=1\.0"):
        count_of("F", [(A, B)], within=1.0)
    with pytest.raises(TypeError, match="claim F: a number of one's own is a function at module level"):
        Claim("F", lambda rows: 1.0)


@pytest.mark.parametrize(
    ("where", "places"),
    [
        ({}, [0, 1, 2, 3]),
        ({"head": "MLP"}, [2, 3]),
        ({"normalize": True}, [0, 1]),
        ({"normalize": "True"}, [0, 1]),
        ({"head.width": (32, 128)}, [1, 2]),
        ({"head.width": 32.0, "head": "MLP"}, [2]),
        ({"epochs": None}, [3]),
        ([{"head": "NoHead"}, {"head.width": 64}], [0, 3]),
    ],
)
def test_cells_are_chosen_by_their_settings(where: Any, places: list[int]) -> None:
    assert matching(cells(where), ROWS) == places


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        (
            difference("F", A, {"head": "Mlp"}),
            "claim F: no cell has head='Mlp'; its values here are NoHead, Linear, MLP",
        ),
        (
            difference("F", A, {"hed": "MLP"}),
            "claim F: no setting 'hed': did you mean 'head'?",
        ),
        (
            difference("F", A, {"head": "NoHead", "normalize": False}),
            "claim F: no cell has head='NoHead' and normalize=False together",
        ),
        (difference("F", A, cells({}, arm="supervized")), "claim F: no arm 'supervized'; there are cell, supervised"),
        (all_of("F", [(B, A), (A, {"head": "x"})]), "claim F: no cell has head='x'"),
        (count_of("F", [(B, A), (A, {"head": "x"})]), "claim F: no cell has head='x'"),
        (rank("F", {"head": "x"}, FIG), "claim F: no cell has head='x'"),
        (rank("F", {}, FIG, over="hed"), "claim F: no setting 'hed': did you mean 'head'?"),
        (rank("F", {}, "width"), "claim F: no setting 'width'"),
        (rank("F", {}, "head"), "claim F: by='head' takes a setting of numbers, and one of its values is 'NoHead'"),
    ],
)
def test_a_claim_about_nothing_is_refused(claim: Claim, said: str) -> None:
    with pytest.raises(ValueError) as refused:
        check_claims([difference("G", A, B), claim], {"cell": ROWS, "supervised": ROWS[:1]})
    assert said in str(refused.value)


def test_each_claim_has_a_name_of_its_own() -> None:
    with pytest.raises(ValueError, match="two claims are named 'F'"):
        check_claims([difference("F", A, B), difference("F", B, A)], {"cell": ROWS})


@pytest.mark.parametrize(
    ("claim", "counts_in"),
    [
        (difference("F", A, B), "points"),
        (difference("F", cells(A, "there_finetune_top1_100"), cells(B, "rotation_top1_z")), "points"),
        (all_of("F", [(A, B), (cells(A, "contrastive_entropy"), B)]), "contrastive entropy and linear top1"),
        (count_of("F", [(A, B), (B, A)]), "of 2"),
        (rank("F", {}, FIG), "rank correlation"),
        (Claim("F", accuracy), ""),
    ],
)
def test_a_number_has_a_unit(claim: Claim, counts_in: str) -> None:
    assert unit(claim.number) == counts_in
