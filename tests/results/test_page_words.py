"""What the page says of runs, curves and verdicts, and of what is not tested."""

from dataclasses import replace
from pathlib import Path

from page_tables import ELSEWHERE, WAITING, write_heads
from test_page import read

from results._curves import curves
from results._page_facts import provenance
from results._page_tables import runs
from results.cell_names import cell_names
from results.claim_words import with_unit
from results.facts import PROVENANCE
from results.judged import told
from results.page import write_page
from results.tables import read_table


def words(path: Path) -> str:
    return " ".join(" ".join(read(path).shown).split())


def test_what_is_not_tested_is_listed_with_what_it_would_say(tmp_path: Path) -> None:
    shown = words(write_page([told(write_heads(tmp_path), tmp_path)], tmp_path / "report.html", WAITING, ELSEWHERE))
    waits = "Which loss is best? loss · Table 4 · not run yet F21 NT-Xent beats the others F22 they are near"
    assert waits in shown and "Which encoder is small enough? baseline · not run yet" in shown
    assert "F8 what no study tests not tested here Fig. 6 shows histograms and no number" in shown


def test_numbers_have_units_and_the_paper_is_no_measure_of_itself(tmp_path: Path) -> None:
    table, (first, second, *_) = told(write_heads(tmp_path), tmp_path)
    ranked = replace(second, unit="rank correlation", paper=1.0)
    shown = words(write_page([(table, [replace(first, unit="of 21"), ranked])], tmp_path / "report.html"))
    assert with_unit(first).endswith("] points")
    assert f"{first.effect:+.2f} [{first.low:+.2f}, {first.high:+.2f}] of 21 smoke; paper +10.4 " in shown
    assert f"[{second.low:+.2f}, {second.high:+.2f}] rank correlation smoke F" not in shown
    assert "paper +1 " not in shown and "rank correlation smoke" in shown


def test_every_run_begins_with_what_varies_and_what_the_figure_shows(tmp_path: Path) -> None:
    table = read_table(write_heads(tmp_path))
    assert runs(table, ["linear_top1"]).columns[:7] == (
        *("run", "arm", "seed", "head", "head.width", "linear top1", "status"),
    )
    assert "status" not in runs(table[table["status"] == "done"], ["linear_top1"]).columns


def test_runs_of_a_copy_without_git_are_counted_too(tmp_path: Path) -> None:
    table = read_table(write_heads(tmp_path))
    runs, commit = int((table["status"] == "done").sum()), f"{PROVENANCE}commit"
    table[commit] = [None, *["ab" * 20] * (len(table) - 1)]
    known = int(table.loc[table["status"] == "done", commit].notna().sum())
    assert 0 < known < runs
    assert dict(provenance(table))["commits"].startswith(f"ababababab ({known} runs), unknown ({runs - known} run")


def test_one_slow_run_does_not_make_all_slow(tmp_path: Path) -> None:
    table = read_table(write_heads(tmp_path))
    before = dict(provenance(table))["computing"].partition(", ")[2]
    table.loc[table["seconds"].idxmax(), "seconds"] = 1e6
    assert before == "1.7 minutes a run (median)" == dict(provenance(table))["computing"].partition(", ")[2]


def test_losses_that_do_not_compare_have_panels_of_their_own(tmp_path: Path) -> None:
    table = read_table(write_heads(tmp_path))
    names = [str(arm) for arm in table["arm"]]
    assert [(one.title, one.arm) for one in curves(table, names)] == [
        ("train loss (supervised)", "supervised"),
        ("train loss", ""),
    ]
    table["loss"] = ["CrossEntropy" if head == "Linear" else "NTXent" for head in table["head"]]
    assert [one.title for one in curves(table, names)] == [
        *("train loss (supervised)", "train loss (NTXent)", "train loss (CrossEntropy)"),
    ]


def test_a_cell_that_nothing_sets_apart_is_the_baseline() -> None:
    assert cell_names(["cell", "cell", "supervised"], {"epochs": [1, 1, 2]}) == ["baseline", "baseline", "supervised"]
