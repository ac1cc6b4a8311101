"""README.md of a results folder says what the tables say, and is nobody else's."""

import os
import shutil
from pathlib import Path

import pytest
from page_tables import ELSEWHERE, WAITING
from studies import line, study

from ablations._untested import untested
from results.claims import difference
from results.facts import PROVENANCE
from results.judged import Told
from results.readme import MARK, write_readme
from results.tables import read_table
from results.verdicts import verdicts

SHIPPED = Path(__file__).parents[2] / "results"
HOLDS = difference("F1", {"x": 1}, {"x": 0}, paper=9.5, text="more | is [better]")


def told(question: str = "Is more better?", seeds: int = 3) -> list[Told]:
    table = study(line(10.0, 20.0), [HOLDS], seeds=seeds, question=question, paper="Fig. 1")
    return [(table, verdicts(table))]


def test_it_says_of_each_study_what_was_asked_run_and_found(tmp_path: Path) -> None:
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "synthetic.laptop.png").touch()
    (tmp_path / "figures" / "synthetic.laptop.claims.png").touch()
    ((_, (found,)),) = studies = told()
    path = write_readme(tmp_path, studies)
    assert path == tmp_path / "README.md"
    text = path.read_text()
    assert "\n\nClaims in all: holds: 1.\n\n## Is more better?\n\n" in text
    assert "synthetic, Fig. 1, at scale laptop: 6 of 6 runs done, 3 seeds a cell.\n\n![" in text
    assert "](figures/synthetic.laptop.png)\n\n[claims, drawn](figures/synthetic.laptop.claims.png)\n\nHolds" in text
    ours = rf"{found.effect:+.2f} \[{found.low:+.2f}, {found.high:+.2f}\]"
    far = f"\\>{0.5 + found.distance:.2g}"
    assert f"| F1 | more \\| is \\[better\\], above 0.5 | +9.5 | {ours} | holds | {far} |" in text


def test_a_reading_says_what_held_what_failed_and_what_is_open(tmp_path: Path) -> None:
    small, large = {"x": 0}, {"x": 1}
    claims = [
        difference("F2", small, large, text="less is better"),
        difference("F1", large, small, text="more is better"),
        difference("F3", {"x": 2}, large, text="much more is better"),
        difference("F4", {"x": 2}, large, text="by half a point"),
    ]
    table = study(line(10.0, 20.0, 20.4), claims)
    write_readme(tmp_path, [(table, verdicts(table))])
    reading = "\n\nHolds: more is better (F1). Fails: less is better (F2). Undecided: F3; F4.\n\n"
    assert reading in (tmp_path / "README.md").read_text()


def test_devices_are_named_where_a_run_had_another_than_a_cpu(tmp_path: Path) -> None:
    ((table, found),) = told()
    table[f"{PROVENANCE}device"] = ["NVIDIA H200"] * 4 + ["cpu"] * 2
    text = write_readme(tmp_path, [(table, found)]).read_text()
    assert "6 of 6 runs done, 3 seeds a cell, on NVIDIA H200 (4 runs), cpu (2 runs).\n" in text


def test_seeds_are_counted_by_cell(tmp_path: Path) -> None:
    ((table, _),) = told()
    text = write_readme(tmp_path, [(table.iloc[:5], [])]).read_text()
    assert "5 of 5 runs done, 2-3 seeds a cell." in text


def test_a_figure_that_is_not_drawn_is_not_linked_and_one_seed_decides_nothing(tmp_path: Path) -> None:
    write_readme(tmp_path, told(seeds=1))
    text = (tmp_path / "README.md").read_text()
    assert "![" not in text
    assert "| undecided (n=1) |" in text


def test_what_is_not_tested_stands_at_the_end_in_a_line_each(tmp_path: Path) -> None:
    write_readme(tmp_path, told(), WAITING, ELSEWHERE)
    said = (
        "## Not run yet\n\n- loss (Table 4): Which loss is best? Claims: F21, F22\n"
        "- baseline: Which encoder is small enough?\n\n"
        "## Findings of the paper that no study here tests\n\n"
        "- F8: what no study tests (Fig. 6 shows histograms and no number)\n"
        "- F35: what takes more (ImageNet, and encoders four times as wide)\n"
    )
    assert (tmp_path / "README.md").read_text().endswith(said)


def test_what_a_table_says_is_text_and_no_markup(tmp_path: Path) -> None:
    write_readme(tmp_path, told("<script>\n# [x](y) `z` *w*"))
    assert "\n## \\<script\\> \\# \\[x\\](y) \\`z\\` \\*w\\*\n" in (tmp_path / "README.md").read_text()


def test_only_its_own_file_is_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text("# My notes\n")
    assert write_readme(tmp_path, told()) is None
    assert path.read_text() == "# My notes\n"
    path.write_text(f"{MARK}\nlast week\n")
    assert write_readme(tmp_path, told()) == path
    assert "last week" not in path.read_text()


def test_a_pipe_in_its_place_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "README.md")
    assert write_readme(tmp_path, told()) is None


def test_a_link_in_its_place_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text(MARK)
    (tmp_path / "README.md").symlink_to(tmp_path / "mine")
    assert write_readme(tmp_path, told())
    assert (tmp_path / "mine").read_text() == MARK


@pytest.mark.skipif(not (SHIPPED / "README.md").exists(), reason="the wheel ships no results")
def test_the_one_that_is_shipped_is_made_of_the_tables_that_are(tmp_path: Path) -> None:
    for folder in ("figures", "tables"):
        shutil.copytree(SHIPPED / folder, tmp_path / folder)
    tables = [read_table(path) for path in sorted((SHIPPED / "tables").glob("*.*.parquet"))]
    write_readme(tmp_path, [(table, verdicts(table)) for table in tables], *untested(SHIPPED))
    assert (tmp_path / "README.md").read_text() == (SHIPPED / "README.md").read_text()
