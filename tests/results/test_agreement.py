"""Agreement of two measurements of one run: bits on like machines, a stated tolerance elsewhere, tampering seen."""

from dataclasses import replace
from typing import Any

import pytest

from results.agreement import POINTS, RELATIVE, agreement
from results.facts import Facts, of_records, of_row

CPU = {"source": "abc", "cpu": "AVX512", "threads": 1, "device": "cpu", "versions.torch": "2.6", "commit": "c1"}
FACTS = Facts(
    "0" * 12,
    {"epochs": 2, "augment.area": [0.1, 1.0]},
    {
        "history": [{"epoch": 1, "train_loss": 4.0}, {"epoch": 2, "train_loss": 3.0}],
        "linear_top1": 50.0,
        "train_loss": 3.0,
        "encoder_parameters": 1000,
        "predictions.linear_top1": [1, 2, 3],
    },
    CPU,
)
ELSEWHERE = replace(FACTS, provenance={**CPU, "cpu": "AVX2"})


def measured(told: Facts, **changed: Any) -> Facts:
    return replace(told, measured={**told.measured, **changed})


def test_what_is_equal_has_the_same_bits_wherever_it_was_trained() -> None:
    assert agreement(FACTS, FACTS).word == "same bits"
    assert agreement(replace(FACTS, provenance={**CPU, "commit": "c2"}), FACTS).unlike == ()
    elsewhere = agreement(ELSEWHERE, FACTS)
    assert (elsewhere.word, elsewhere.unlike) == ("same bits", ("cpu AVX2 there, AVX512 here",))


@pytest.mark.parametrize(
    "changed",
    [
        {"linear_top1": 50.000000000000007},
        {"train_loss": None},
        {"predictions.linear_top1": [1, 2, 4]},
        {"history": [{"epoch": 1, "train_loss": 4.0}, {"epoch": 2, "train_loss": 3.0000000000000004}]},
        {"knn_top1": 40.0},
    ],
)
def test_on_a_like_machine_one_bit_is_seen(changed: dict[str, Any]) -> None:
    found = agreement(measured(FACTS, **changed), FACTS)
    assert (found.word, found.wrong, found.unlike) == ("differs", tuple(changed), ())


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"linear_top1": 50.0 + POINTS}, "within tolerance"),
        ({"linear_top1": 50.0 + POINTS + 0.01}, "differs"),
        ({"train_loss": 3.0 / (1 - 0.99 * RELATIVE)}, "within tolerance"),
        ({"train_loss": 3.0 / (1 - 1.01 * RELATIVE)}, "differs"),
        ({"encoder_parameters": 1001}, "differs"),
        ({"predictions.linear_top1": [3, 2, 1]}, "within tolerance"),
        ({"predictions.linear_top1": [1, 2]}, "differs"),
        ({"history": [{"epoch": 1, "train_loss": 4.1}, {"epoch": 2, "train_loss": 9.0}]}, "within tolerance"),
        ({"history": [{"epoch": 1, "train_loss": 4.3}, {"epoch": 2, "train_loss": 3.0}]}, "differs"),
        ({"history": []}, "differs"),
        ({"knn_top1": 40.0}, "differs"),
    ],
)
def test_elsewhere_the_tolerance_decides(changed: dict[str, Any], word: str) -> None:
    found = agreement(measured(ELSEWHERE, **changed), FACTS)
    assert (found.word, found.wrong) == (word, tuple(changed) if word == "differs" else ())


def test_other_settings_under_one_id_are_never_tolerated() -> None:
    assert agreement(replace(ELSEWHERE, settings={**FACTS.settings, "epochs": 3}), FACTS).wrong == ("epochs",)


def test_what_other_source_did_not_measure_yet_is_named_and_no_difference() -> None:
    older = replace(FACTS, provenance={**CPU, "source": "def"})
    found = agreement(measured(older, knn_top1=40.0), FACTS)
    assert (found.word, found.alone) == ("within tolerance", ("knn_top1",))


def test_no_bits_are_required_of_a_gpu() -> None:
    gpu = replace(FACTS, provenance={**CPU, "device": "a GPU"})
    found = agreement(measured(gpu, linear_top1=50.1), gpu)
    assert (found.word, found.unlike) == ("within tolerance", ("order of sums, as each time on a GPU",))


def test_a_record_and_the_row_of_it_say_the_same() -> None:
    record = {
        "run": FACTS.run,
        "settings": {"epochs": 2, "augment.area": [0.1, 1.0], "images": None},
        "metrics": {"train_loss": 3.0, "encoder_parameters": 1000},
        "history": FACTS.measured["history"],
        "provenance": {"source": "abc", "versions": {"torch": "2.6"}},
    }
    probe = {"run": FACTS.run, "metrics": {"linear_top1": 50.0}, "predictions": {"linear_top1": [1, 2, 3]}}
    row = {
        **{"run": FACTS.run, "arm": "cell", "seed": 0, "probes": "[]", "status": "done", "failure": None},
        **{"epochs": 2.0, "augment.area": "[0.1, 1.0]", "images": None, "head.width": None},
        **{"train_loss": 3.0, "encoder_parameters": 1000, "linear_top1": 50.0, "knn_top1": None, "seconds": 3.0},
        **{"history": '[{"epoch": 1, "train_loss": 4.0}, {"epoch": 2, "train_loss": 3.0}]'},
        **{"predictions.linear_top1": [1, 2, 3], "provenance.source": "abc", "provenance.versions.torch": "2.6"},
    }
    base = {"epochs": 1, "augment": "Crop", "augment.area": [0.08, 1.0], "images": None, "head": "MLP"}
    found = agreement(of_row(row, base), of_records(record, [probe]))
    assert (found.word, found.unlike) == ("same bits", ())


def test_probes_that_another_machine_measured_are_named() -> None:
    probed = replace(FACTS, provenance={**CPU, "probes": "cpu AVX2"})
    assert agreement(probed, FACTS).unlike == ("probes cpu AVX2 there, as the training here",)
    assert agreement(measured(probed, linear_top1=49.0), FACTS).word == "within tolerance"
