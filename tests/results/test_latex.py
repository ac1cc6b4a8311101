"""LaTeX: the numbers of the figures, in tables that pdflatex sets with booktabs alone, whatever the names hold."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import studies
import synthetic
from hypothesis import given
from hypothesis import strategies as st
from test_plots import ALL, TABLES

from results._latex import escape, tabular
from results.cells import panel
from results.claims import difference
from results.latex import cells_as_latex, claims_as_latex, save_latex
from results.paper import read_paper
from results.plots import Bars, Heatmap
from results.verdicts import verdicts

HOSTILE = '50% of $x_1$ & {a} # ~^\\end{document} <b>|"q" \n\n \u03c4 \u4e2d \u00e9 \U0001f600'
PAPER = r"""\documentclass[twocolumn]{article}
\usepackage[letterpaper,textwidth=6.75in,textheight=9in,columnsep=0.25in]{geometry}
\usepackage{booktabs}
\begin{document}
%s
\end{document}
"""


TRAINED = "laptop scale: CIFAR-10, 3 seeds a cell."


def hostile() -> tuple[Bars, Any]:
    made = synthetic.table([{"name": HOSTILE}, {"name": "b"}], lambda cell: 50.0, arms=synthetic.ARMS)
    made.attrs["study"] |= {"question": HOSTILE, "base": {"dataset": HOSTILE}}
    return Bars("name", titles=(("name", HOSTILE),)), made


def hostile_claims() -> str:
    claim = difference(HOSTILE[:20], {"x": 0}, {"x": 1}, above=0.5, paper=-3, text=HOSTILE * 3)
    return claims_as_latex(verdicts(studies.study(studies.line(1, 0), [claim])), HOSTILE)


def everything() -> list[str]:
    shown = [cells_as_latex(figure, make(), read_paper()) for figure, make in zip(ALL, TABLES, strict=True)]
    return [*shown, cells_as_latex(*hostile()), hostile_claims()]


def rows(latex: str) -> list[list[str]]:
    return [line.removesuffix(r" \\").split(" & ") for line in latex.splitlines() if line.endswith(r" \\")]


@given(st.text())
def test_escaped_text_has_no_command_and_no_break(text: str) -> None:
    escaped = escape(text)
    left = re.sub(r"\\(text[a-z]+\{\}|[&%$#_{}])|\$\\?[a-z-]+\$", "", escaped)
    assert not set(left) & set('\\&%$#_{}~^<>|"\n\r')
    assert all(" " <= sign <= "~" or 0xC0 <= ord(sign) < 0x180 for sign in escaped)


@pytest.mark.parametrize("first", ["[0, 90]", "*", "\u03c4 = 0.1"])
def test_no_row_is_taken_for_an_option_of_the_line_before(first: str) -> None:
    lines = tabular("l", ["name"], [[[escape(first)], [escape(first)]]])
    assert lines[4:6] == [f"{{}}{escape(first)} \\\\"] * 2


def test_a_character_without_a_glyph_stays_visible() -> None:
    assert escape("\u4e2d\u00e9\ufb01 a_b") == "[U+4E2D]\u00e9fi a\\_b"


@pytest.mark.parametrize("latex", everything(), ids=range(len(everything())))
def test_environments_close_and_rows_are_equally_long(latex: str) -> None:
    opened = re.findall(r"\\(begin|end)\{([a-z]+\*?)\}", latex)
    kind = opened[0][1]
    inner = [("begin", "tabular"), ("end", "tabular")] * latex.count(r"\begin{tabular}")
    assert opened == [("begin", kind), *inner, ("end", kind)]
    for table in latex.split(r"\begin{tabular}")[1:]:
        assert len({len(row) for row in rows(table)}) == 1
    assert all(latex.count(rule) == latex.count(r"\begin{tabular}") for rule in (r"\toprule", r"\bottomrule"))


def test_each_cell_has_its_mean_interval_seeds_and_the_papers_number() -> None:
    made = synthetic.lose(synthetic.heads(), "failed", head="MLP", **{"head__width": 128})
    made.loc[made.index[0], ["status", "linear_top1"]] = ["to do", float("nan")]
    cells = panel(synthetic.HEAD_FIGURE, made).cells
    latex = cells_as_latex(synthetic.HEAD_FIGURE, made, read_paper())
    head, *body = rows(latex)
    assert head == ["width", "head", r"linear top-1 (\%)", "$n$", "paper"]
    none, linear = cells[None, "NoHead"], cells[32, "Linear"]
    assert body[0] == ["none", "no head", rf"${none.mean:.1f} \pm {none.half_width:.1f}$", "2/3", "$50.2$"]
    assert ["32", "linear", rf"${linear.mean:.1f} \pm {linear.half_width:.1f}$", "3", "$60.0$"] in body
    assert body[-3][:4] == ["", "nonlinear", "failed", "0/3"]
    assert body[-1] == ["supervised", "", "$88.4$", "3", "--"]
    assert "1 missing and 3 failed" in latex
    assert "$\\pm$: 95\\% for each mean alone, by its own seeds, since errors are unequal (2 d.f.)." in latex


def test_of_joined_settings_those_with_an_equal_first_one_stand_together() -> None:
    cells = [{"epochs": epochs, "batch_size": batch} for batch in (64, 256) for epochs in (5, 15)]
    made = synthetic.table(cells, lambda cell: float(cell["epochs"]))
    figure = Bars("epochs & batch_size", titles=(("epochs & batch_size", "batch size"),))
    head, *body = rows(cells_as_latex(figure, made, read_paper()))
    assert head[0] == r"epochs \& batch size"
    assert [row[0] for row in body] == [r"5 \& 64", r"5 \& 256", r"15 \& 64", r"15 \& 256"]


def test_the_paper_has_no_column_where_no_row_has_a_number_of_its() -> None:
    made = synthetic.batches()
    made["epochs"] = made["epochs"] + 1
    assert rows(cells_as_latex(synthetic.BATCH_FIGURE, made, read_paper()))[0][-1] == "$n$"
    assert "Paper: " not in cells_as_latex(synthetic.BATCH_FIGURE, made, read_paper())


def test_a_heatmap_is_a_matrix_of_ours_and_one_of_the_papers() -> None:
    made = synthetic.lose(synthetic.pairs(), "failed", augment__first="Sobel", augment__second="Sobel")
    made.loc[made.index[0], ["status", "linear_top1"]] = ["to do", float("nan")]
    ours = panel(synthetic.PAIR_FIGURE, made)
    latex = cells_as_latex(synthetic.PAIR_FIGURE, made, read_paper())
    here, paper = map(rows, latex.split(r"\begin{tabular}")[1:])
    labels = ["Crop", "Cutout", "Color", "Sobel", "Noise", "Blur", "Rotate"]
    assert here[0] == [r"linear top-1 (\%), here", *labels, "average"]
    assert paper[0] == [r"linear top-1 (\%), paper", *labels, "average"]
    assert [row[0] for row in here[1:]] == [row[0] for row in paper[1:]] == labels
    first, second = ours.cells["Crop", "Crop"], ours.cells["Crop", "Cutout"]
    assert here[1][1] == rf"${first.mean:.1f} \pm {first.half_width:.1f}$ n=2/3"
    assert here[1][2] == rf"${second.mean:.1f} \pm {second.half_width:.1f}$"
    assert (here[4][4], here[4][8], here[1][8]) == ("failed", "--", f"${ours.average('Crop'):.1f}$")
    assert (paper[1][3], paper[3][1]) == ("$56.3$", "$55.8$")  # Fig. 5: crop, then color, and the other way round
    assert "Rows: first; columns: second; random encoder 31.0; supervised 88.4." in latex


def test_a_matrix_that_no_page_holds_is_a_list() -> None:
    wide = [{"first": f"{place} {'w' * 30}", "second": f"{place} {'w' * 30}"} for place in range(3)]
    head, *_ = rows(cells_as_latex(Heatmap("first", "second"), synthetic.table(wide, lambda cell: 50.0)))
    assert head == ["first", "second", r"linear top-1 (\%)", "$n$"]


def test_several_metrics_stand_side_by_side() -> None:
    head, *body = rows(cells_as_latex(synthetic.NORM_FIGURE, synthetic.temperatures()))
    assert [name for name in head if name != "$n$"] == [
        *("temperature", "normalized", r"linear top-1 (\%)", r"contrastive acc (\%)", "entropy (nats)")
    ]
    assert len(body) == 8 and body[0][:2] == ["0.05", "yes"]


def test_claims_say_what_was_trained() -> None:
    found = verdicts(studies.study(studies.line(9, 0), [difference("A", {"x": 0}, {"x": 1})]))
    assert f"{{synthetic, {TRAINED} Intervals over seeds" in claims_as_latex(found, TRAINED)


def test_claims_have_margin_paper_effect_interval_level_seeds_and_verdict() -> None:
    claims = [
        difference("A", {"x": 0}, {"x": 1}, above=0.5, paper=7.2, text="more"),
        difference("B", {"x": 0}, {"x": 1}),
    ]
    found = verdicts(studies.study(studies.line(9, 0), claims))
    one = found[0]
    cells = rows(claims_as_latex(found, TRAINED))[1]
    interval = f"[${one.low:+.2f}$, ${one.high:+.2f}$]"
    level = rf"{100 * one.level:.4g}\%"
    assert cells == [
        "A",
        r"\raggedright more",
        "$> 0.5$",
        "$+7.2$",
        f"${one.effect:+.2f}$",
        interval,
        level,
        "3",
        "holds",
    ]
    missing = claims_as_latex(
        [replace(one, effect=float("nan"), low=float("nan"), verdict="not run", note="no run")], TRAINED
    )
    assert rows(missing)[1][1:] == [
        r"\raggedright more (no run)",
        "$> 0.5$",
        "$+7.2$",
        "--",
        "--",
        "--",
        "3",
        "not run",
    ]


def test_a_link_in_the_files_place_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "a.tex").symlink_to(tmp_path / "precious")
    assert save_latex("b", tmp_path, "a").read_text() == "b"
    assert (tmp_path / "precious").read_text() == "mine"


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed: nothing is compiled")
def test_pdflatex_sets_all_of_it_within_its_columns(tmp_path: Path) -> None:
    (tmp_path / "all.tex").write_text(PAPER % "\n\\clearpage\n".join(everything()))
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace")
    assert ended.returncode == 0, ended.stdout[-2000:]
    assert "Overfull" not in ended.stdout
