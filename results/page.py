"""The page: all that the tables say as one HTML file that needs no network and no server.

Text of a table is escaped wherever it stands. The page itself forbids requests, and any style or script but its own.
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import jinja2

from results._page_facts import anchor
from results._page_study import StudyPage, study_page
from results.claim_words import papers, with_unit
from results.judged import Told
from results.paper import read_paper
from results.verdicts import FAILS, HOLDS, UNDECIDED, Verdict
from results.waiting import Waiting
from results.whole_files import write_whole

TEMPLATES = Path(__file__).parent / "templates"
CHIPS = {HOLDS: "holds", FAILS: "fails", UNDECIDED: "undecided"}


@dataclass(frozen=True)
class Question:
    """One study at all its scales. claims: by finding, the verdict at each scale."""

    anchor: str
    study: str
    question: str
    paper: str
    scales: Sequence[StudyPage]

    @property
    def claims(self) -> dict[str, list[Verdict]]:
        """The verdicts on each claim, at one scale after the other."""
        found: dict[str, list[Verdict]] = {}
        for page in self.scales:
            for verdict in page.verdicts:
                found.setdefault(verdict.claim, []).append(verdict)
        return found


def write_page(
    studies: Sequence[Told],
    path: Path,
    waiting: Sequence[Waiting] = (),
    elsewhere: Sequence[tuple[str, str, str]] = (),
) -> Path:
    """Write the page of these studies to `path`, the same bytes for the same tables, and return it.

    studies: a table each with the verdicts on its claims; those of one study stand together, in the order given.
    waiting: studies that have no table yet.
    elsewhere: findings that no study tests, each with its text and the reason.
    """
    paper = read_paper()
    pages = [study_page(table, found, paper) for table, found in studies]
    style, script = ((TEMPLATES / name).read_text() for name in ("page.css", "page.js"))
    sources = f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}"
    text = _template().render(
        questions=list(_questions(pages)),
        tally=Counter(verdict.verdict for page in pages for verdict in page.verdicts).most_common(),
        waiting=[(anchor("waiting", one.study), one) for one in waiting],
        elsewhere=elsewhere,
        style=style,
        script=script,
        policy=f"{sources}; base-uri 'none'; form-action 'none'",
    )
    write_whole(path, text.encode())
    return path


def _questions(pages: Sequence[StudyPage]) -> Iterator[Question]:
    for study, found in groupby(pages, key=lambda page: page.study):
        scales = list(found)
        yield Question(anchor(study), study, scales[0].question, scales[0].paper, scales)


def _template() -> jinja2.Template:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    shown: dict[str, Any] = {"chip": lambda word: CHIPS.get(word, "open"), "effect": with_unit, "papers": papers}
    made.filters.update(shown)
    return made.get_template("page.html")


def _hash(text: str) -> str:
    """The source of a policy that allows this text alone."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
