"""The claims of the studies we ship agree with the paper's own numbers; plan, report and run know claims."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from command_line import Command

import ablations
from ablations import Study, best_of, difference, load_study, study_names, vary
from ablations._claims import claims_of
from ablations._plan import plan
from ablations.studies._elsewhere import ELSEWHERE
from core.heads import MLP, NoHead
from results import claims
from results.cells import plain
from results.paper import PaperValues, paper_values, read_paper
from results.plots import Bars, Panels
from results.tables import read_table
from results.verdicts import Verdict, verdicts


def test_all_that_makes_a_claim_is_imported_from_ablations() -> None:
    of_figures_and_tables = {"Cells", "Function", "about_claims", "claims_from"}
    made = {*claims.__all__} - of_figures_and_tables
    assert made <= {*ablations.__all__}
    assert all(getattr(ablations, name) is getattr(claims, name) for name in made)


def shown(study: Study) -> list[Any]:
    return list(study.figure.figures) if isinstance(study.figure, Panels) else [study.figure]


def of_paper(mapping: PaperValues, metric: str, row: dict[str, Any]) -> float:
    """What the paper has for a cell; NaN if it has nothing."""
    theirs = paper_values(mapping, read_paper(), metric)
    for values in theirs.to_dict("records"):
        if all(
            row.get(name) == values[name] or (row.get(name) is None) & pd.isna(values[name])
            for name in (ours for _, ours in mapping.keys)
        ):
            return float(values[metric])
    return math.nan


def papers_own(name: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Verdict]:
    """The verdicts on a table of the study in which each run has the paper's number, and hardly any noise."""
    monkeypatch.setattr("ablations._claims.data_of", lambda *_: None)
    study = load_study(name)
    runs = plan(study, "paper", lambda experiment: "the images")
    noise = np.random.default_rng(0)
    rows = []
    for run in runs:
        as_kept = {name: json.dumps(one) if isinstance(one, list) else one for name, one in run.settings.items()}
        row: dict[str, Any] = {"run": run.id, "arm": run.arm, "seed": run.experiment.seed, "status": "done", **as_kept}
        for figure in shown(study):
            number = of_paper(figure.paper, figure.value, row) if run.arm == "cell" else math.nan
            row[figure.value] = number + noise.normal(0, 0.005)
        rows.append(row | {"linear_valid_top1": row["linear_top1"]})
    table = pd.DataFrame([row for row in rows if row["arm"] == "cell"])
    about = claims_of(study, "paper", runs, None)
    table.attrs["study"] = {"study": name, "scale": "paper", **about}
    return {verdict.claim: verdict for verdict in verdicts(table)}


@pytest.mark.parametrize("name", ["augmentation_grid", "batch_epochs", "loss", "projection_head", "temperature"])
def test_the_papers_own_numbers_bear_out_each_claim_by_the_effect_that_it_names(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = papers_own(name, monkeypatch)
    unpublished = {"F7", "F19"} & found.keys()  # the accuracies behind these two are not in the paper
    for claim in found.keys() - unpublished:
        assert found[claim].verdict == "holds", found[claim]
        ties = 1 if claim == "F3 pairs" else 0  # noise and blur together are as good as noise alone, to the digit
        assert found[claim].effect == pytest.approx(found[claim].paper, abs=0.06 + ties), claim
    assert {found[claim].verdict for claim in unpublished} <= {"not run"}


@pytest.mark.parametrize("name", study_names())
def test_at_scale_paper_each_number_of_the_papers_figure_has_its_cell(name: str) -> None:
    study = load_study(name)
    rows = [run.settings for run in plan(study, "paper", lambda experiment: "the images") if run.arm == "cell"]
    for figure in shown(study):
        if figure.paper is not None and not figure.metrics:
            names = [ours for _, ours in figure.paper.keys]
            cells = [[_text(*(row.get(one) for one in name.split(" & "))) for name in names] for row in rows]
            theirs = paper_values(figure.paper, read_paper(), figure.value)[names].to_numpy()
            assert not [cell for cell in theirs if list(map(_text, map(plain, cell))) not in cells]


def _text(*values: Any) -> str:
    """Settings as a figure joins them, a number alone in its shortest form."""
    return f"{values[0]:g}" if isinstance(values[0], float) and not values[1:] else " & ".join(map(str, values))


HEADS = vary(head=[NoHead(), MLP(width=32), MLP(width=64)], seed=range(2))


def about(*claims: Any) -> dict[str, Any]:
    study = Study(question="Does it?", grid=HEADS, figure=Bars(x="head.width", hue="head"), claims=claims)
    return claims_of(study, "smoke", plan(study, "smoke", lambda experiment: "the images"), None)


def test_what_a_table_says_of_claims() -> None:
    told = about(difference("F17", best_of({"head": "MLP"}), {"head": "NoHead"}, paper=14.6))
    assert [claim["name"] for claim in told["claims"]] == ["F17"]
    assert "head.width" in told["varied"] and "seed" not in told["varied"] and "loss.temperature" not in told["varied"]
    assert set(told["labels"]) == {"shapes"}


def test_a_claim_about_cells_that_are_not_planned_is_refused_unless_another_scale_has_them() -> None:
    with pytest.raises(ValueError, match=r"claim F: no cell has head\.width=128; its values here are 32, 64"):
        about(difference("F", {"head.width": 128}, {"head": "NoHead"}))
    elsewhere = difference("F", {"head.width": 128}, {"head": "NoHead"}, scales=("paper",), needs="wide heads")
    assert about(elsewhere)["claims"][0]["needs"] == "wide heads"


WALK = '''"""How far does a walk get?"""

from dataclasses import dataclass
from math import sin

from ablations import Study, cells, difference, vary
from results.plots import Bars


@dataclass(frozen=True)
class Walk:
    stride: float = 1.0
    seed: int = 0


def walk(experiment, data, journal, device):
    noise = sin(12.9898 * experiment.stride + 78.233 * experiment.seed)
    return {"distance": 10 * experiment.stride + noise}


STUDY = Study(
    question=__doc__,
    base=Walk,
    train=walk,
    probes=(),
    grid=vary(stride=[1, 2, 3], seed=range(3)),
    figure=Bars(x="stride", value="distance"),
    claims=[
        difference("long", cells({"stride": 3}, "distance"), cells({"stride": 1}, "distance"), paper=20.0, text="far"),
        difference("near", cells({"stride": 3}, "distance"), cells({"stride": 2}, "distance"), above=NEAR),
    ],
)
'''
WORDS = ("walk.py", "--scale", "smoke", "--cluster", "debug")


def test_until_decided_adds_seeds_while_a_claim_is_open(tmp_path: Path, command: Command) -> None:
    (tmp_path / "walk.py").write_text(WALK.replace("NEAR", "0.0"))
    ended = command(*WORDS, "--until-decided")
    assert (ended.code, ended.err) == (0, "")
    table = read_table(tmp_path / "results" / "tables" / "walk.smoke.parquet")
    found = {verdict.claim: verdict for verdict in verdicts(table)}
    assert {verdict.verdict for verdict in found.values()} == {"holds"}
    assert found["long"].effect == pytest.approx(20, abs=2)
    assert table["seed"].nunique() == 3
    assert "holds" in ended.out and "results/claims.parquet" in ended.out


def test_until_decided_ends_with_the_last_look(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("results.verdicts", "ablations._run"):
        monkeypatch.setattr(f"{module}.LOOKS", (3, 4))
    (tmp_path / "walk.py").write_text(WALK.replace("NEAR", "10.0"))  # the truth, but for noise
    ended = command(*WORDS, "--until-decided")
    assert ended.code == 0
    assert "undecided after 4 seeds" in ended.out
    table = read_table(tmp_path / "results" / "tables" / "walk.smoke.parquet")
    assert (table["seed"].nunique(), set(table["status"])) == (4, {"done"})


def test_report_shows_claims_at_all_scales_and_keeps_them_as_a_table(tmp_path: Path, command: Command) -> None:
    (tmp_path / "walk.py").write_text(WALK.replace("NEAR", "0.0"))
    for scale in ("smoke", "laptop"):
        assert command("walk.py", "--scale", scale, "--cluster", "debug").code == 0
    ended = command("walk", name="report")
    assert ended.code == 0
    (head,) = [line for line in ended.out.splitlines() if line.strip().startswith("study")]
    assert head.split() == ["study", "claim", "paper", "smoke", "laptop"]
    (row,) = [line for line in ended.out.splitlines() if " long " in line]
    assert row.split()[:4] == ["walk", "long", "far", "+20"] and row.count("holds") == 2
    kept = pd.read_parquet(tmp_path / "results" / "claims.parquet")
    assert kept[["claim", "scale"]].to_numpy().tolist() == [
        [claim, scale] for scale in ("laptop", "smoke") for claim in ("long", "near")
    ]


def test_report_draws_the_claims_and_says_of_all_studies_which_findings_none_tests(
    tmp_path: Path, command: Command
) -> None:
    (tmp_path / "walk.py").write_text(WALK.replace("NEAR", "0.0"))
    ended = command(*WORDS)
    pictures = [f"results/figures/walk.smoke.claims.{kind}" for kind in ("png", "svg", "pdf", "tex")]
    assert all(picture in ended.out and (tmp_path / picture).stat().st_size > 500 for picture in pictures)
    every, one = command(name="report").out, command("walk", name="report").out
    for finding in ELSEWHERE:
        assert f" {finding.finding} " in every and f" {finding.finding} " not in one
    assert "not tested here: Fig. 6" in every


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--seeds", "3"), "--until-decided adds seeds to whole studies: no --only, --seeds, --dry-run"),
        (("--cluster", "slurm"), "on slurm --wait"),
    ],
)
def test_until_decided_refuses_what_contradicts_it(
    tmp_path: Path, command: Command, words: tuple[str, ...], said: str
) -> None:
    (tmp_path / "walk.py").write_text(WALK.replace("NEAR", "0.0"))
    ended = command("walk.py", "--scale", "smoke", "--until-decided", *words)
    assert ended.code == 2 and said in ended.err
    assert not (tmp_path / "results").exists()


def test_until_decided_needs_claims(tmp_path: Path, command: Command) -> None:
    text = WALK.replace("NEAR", "0.0")
    start = text.index("    claims=[")
    (tmp_path / "walk.py").write_text(text[:start] + ")\n")
    ended = command(*WORDS, "--until-decided")
    assert (ended.code, ended.err) == (2, "run: walk declares no claims to decide\n")


def test_one_claim_instead_of_several_is_told_what_to_be() -> None:
    claim = difference("F", {"epochs": 1}, {"epochs": 2})
    with pytest.raises(TypeError, match=r"^Study\.claims takes a list, .*, not one claim alone$"):
        Study(question="", grid=vary(epochs=[1, 2]), figure=Bars(x="epochs"), claims=claim)  # type: ignore[arg-type]
