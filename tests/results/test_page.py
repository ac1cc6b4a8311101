"""The page as text: whole, the same each time, in order, and deaf to what a table would have it do."""

import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from page_tables import EVIL, write_evil, write_heads

from results._page_study import study_page
from results.judged import told
from results.page import write_page
from results.paper import read_paper
from results.waiting import Waiting

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Reader(HTMLParser):
    """The elements of a page with their attributes, the text that is shown, and what is not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.shown: list[str] = []
        self.wrong: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if self._open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        if self._open[-1:] not in (["style"], ["script"]):
            self.shown.append(data)

    def named(self, *tags: str) -> list[tuple[str, dict[str, str | None]]]:
        return [(tag, attributes) for tag, attributes in self.elements if tag in tags]


def read(path: Path) -> Reader:
    reader = Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    return reader


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of one study at two scales."""
    folder = tmp_path_factory.mktemp("page")
    return write_page(
        [told(write_heads(folder, scale), folder) for scale in ("smoke", "laptop")], folder / "report.html"
    )


def test_it_holds_what_the_tables_say(page: Path) -> None:
    shown = " ".join(" ".join(read(page).shown).split())
    for words in (
        "Does the head matter?",
        "16 of 18 runs done, 1 failed",
        "out of memory",
        "runs/000005000002/attempts/",
        "MLP, width 9: seed 2",
        "runs of 2 versions of the source: 0bbbbbbbbbbbbbbb (8 runs)",
        "2026-11-01 to 2026-11-09",
        "torch 2.14.1",
        "fingerprint 0d49fc16",
        "At scale laptop",
        "a head beats none",
        "paper: ImageNet, ResNet-50",
        "train loss (supervised)",
    ):
        assert words in shown, words


def test_each_finished_cell_says_its_number_where_one_points(page: Path) -> None:
    titles = re.findall("<title>([^<]*)</title>", page.read_text())
    assert [title for title in titles if title.startswith("width 128, Linear: ") and "(95%); seeds" in title]
    assert [title for title in titles if title == "width 9, MLP: missing" or title.startswith("width 9, MLP: ")]
    assert [title for title in titles if re.match(r"F1: \+[\d.]+ \[.*\], holds at", title)]
    assert [title for title in titles if title == "F1: the paper's +10.4"]
    assert [title for title in titles if re.fullmatch(r"Linear, width 9, seed 1: [\d.]+ at epoch 4 \(run \w+\)", title)]


def test_headings_come_in_order_and_tables_have_scopes(page: Path) -> None:
    reader = read(page)
    levels = [int(tag[1]) for tag, _ in reader.named("h1", "h2", "h3", "h4")]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    assert all(attributes.get("scope") in ("col", "row") for _, attributes in reader.named("th"))
    assert len(reader.named("table")) == len(reader.named("caption")) > 0
    assert reader.elements[0] == ("html", {"lang": "en"}) and not reader.wrong


def test_links_lead_to_what_is_there_and_ids_are_each_ones_own(page: Path) -> None:
    reader = read(page)
    ids = [attributes["id"] for _, attributes in reader.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = [attributes.get("href") or "" for _, attributes in reader.named("a", "use")]
    assert links and all(link[0] == "#" and link[1:] in ids for link in links)
    painted = re.findall(r"url\(#([^)]*)\)", page.read_text())
    assert painted and set(painted) <= set(ids)


def test_nothing_in_it_asks_for_anything(page: Path) -> None:
    reader = read(page)
    assert not reader.named("link", "img", "iframe", "object", "embed", "form", "base")
    assert not [attributes for _, attributes in reader.elements if {"src", "style", "srcset"} & attributes.keys()]
    (policy,) = (given["content"] for _, given in reader.named("meta") if given.get("http-equiv"))
    assert policy and policy.startswith("default-src 'none';") and "unsafe" not in policy


def test_it_is_small_and_the_same_bytes_each_time(page: Path, tmp_path: Path) -> None:
    again = [told(write_heads(tmp_path, scale), tmp_path) for scale in ("smoke", "laptop")]
    (tmp_path / "elsewhere").write_text("kept")
    (tmp_path / "report.html").symlink_to(tmp_path / "elsewhere")
    assert write_page(again, tmp_path / "report.html").read_bytes() == page.read_bytes()
    assert (tmp_path / "elsewhere").read_text() == "kept"
    assert page.stat().st_size < 500_000


def harmful(reader: Reader) -> Iterator[str]:
    yield from (tag for tag, _ in reader.named("img", "iframe"))
    yield from (name for _, given in reader.elements for name in given if name.startswith("on"))
    yield from (["script"] * (len(reader.named("script")) - 1))


@pytest.mark.filterwarnings("ignore:constrained_layout not applied")  # such long labels leave the axes no room
def test_a_tables_words_stay_words(tmp_path: Path) -> None:
    elsewhere, waiting = [(EVIL, EVIL, EVIL)], [Waiting(EVIL, EVIL, EVIL, [(EVIL, EVIL)])]
    reader = read(write_page([told(write_evil(tmp_path), tmp_path)], tmp_path / "report.html", waiting, elsewhere))
    assert list(harmful(reader)) == [] and not reader.wrong
    assert "".join(reader.shown).count(EVIL) > 20


def test_a_study_of_which_nothing_has_run_has_a_page(tmp_path: Path) -> None:
    study = told(write_heads(tmp_path, is_run=False), tmp_path)
    shown = " ".join(" ".join(read(write_page([study], tmp_path / "report.html")).shown).split())
    assert "0 of 18 runs done" in shown and "supervised: seeds 0, 1, 2" in shown and "not run" in shown


def test_under_a_figure_stands_what_was_trained_and_how(page: Path) -> None:
    first, second, *_ = re.findall("<figcaption>([^<]*)</figcaption>", page.read_text())
    assert first.startswith("smoke scale: shapes, 256 images, ") and "Whiskers: 95%" in first
    assert second.startswith("heads, smoke scale: shapes, 256 images, ") and "Holm over " in second
    assert page.read_text().count("Whiskers: 95%") == 2  # at two scales, and not in the pictures, too


def test_the_legend_of_the_curves_names_the_cells_that_have_one(tmp_path: Path) -> None:
    table, found = told(write_heads(tmp_path), tmp_path)
    every = [cell for cell, _ in study_page(table, found, read_paper()).legend]
    table.loc[table["head"] == "NoHead", "history"] = None
    some = [cell for cell, _ in study_page(table, found, read_paper()).legend]
    assert len(every) == 5 and some == [cell for cell in every if "NoHead" not in cell] != every


def test_the_curves_of_the_reference_arms_are_folded(page: Path) -> None:
    folded = page.read_text().split("<details><summary><h4>Training curves of the reference arms")[1:]
    assert len(folded) == 2 and all("train loss (supervised)" in one.partition("</details>")[0] for one in folded)


def test_it_needs_no_torch(tmp_path: Path) -> None:
    path = write_heads(tmp_path)
    script = (
        "import sys; from pathlib import Path; from results.judged import told; from results.page import write_page; "
        f"here = Path({str(tmp_path)!r}); write_page([told(Path({str(path)!r}), here)], here / 'report.html'); "
        "assert 'torch' not in sys.modules"
    )
    root = str(Path(__file__).parent.parent.parent)
    subprocess.run([sys.executable, "-c", script], cwd=root, check=True)
