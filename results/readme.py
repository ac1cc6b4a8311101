"""README.md of a results folder: what came out, study by study, where whoever opens the folder sees it."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pandas as pd

from results._page_facts import each_of, progress
from results.claim_words import aside, margin, number, papers, seen
from results.judged import Told
from results.notes import counted, span
from results.verdicts import FAILS, HOLDS, Verdict
from results.waiting import Waiting
from results.whole_files import write_whole

MARK = "<!-- python -m ablations.report writes this file; without this line it leaves it alone -->"
INTRO = """A claim *holds* or *fails* where its whole interval lies on one side of its margin, else it is *undecided*.
Intervals are over seeds, each at the level at which its claim was judged; of several numbers it is the interval of the
least or the largest, whichever that truly is, so its ends may be another's than the one named. The last column is the
smallest true effect that seeds like these detect in 80% of studies. F1 to F43 are this project's numbers for the
paper's findings. `python -m ablations.report --page` makes one page of it, with all numbers."""

DECIDED = (HOLDS, FAILS)


def write_readme(
    results: Path,
    studies: Sequence[Told],
    waiting: Sequence[Waiting] = (),
    elsewhere: Sequence[tuple[str, str, str]] = (),
) -> Path | None:
    """Write <results>/README.md, the same for the same tables, and return it; None where somebody wrote one by hand.

    waiting, elsewhere: as in write_page; a line each, at the end.
    """
    path = results / "README.md"
    if not _is_ours(path):
        return None
    tally = Counter(verdict.verdict for _, found in studies for verdict in found)
    count = ", ".join(f"{word}: {times}" for word, times in tally.most_common())
    parts = [MARK, "# What came out", *([INTRO, f"Claims in all: {count}."] if count else [])]
    for table, found in studies:
        parts += _study(results, table, found)
    parts += _listed("Not run yet", map(_waits, waiting))
    parts += _listed("Findings of the paper that no study here tests", map(_is_elsewhere, elsewhere))
    write_whole(path, ("\n\n".join(parts) + "\n").encode())
    return path


def _is_ours(path: Path) -> bool:
    if not path.is_file():  # whoever opens a pipe waits for ever
        return not path.exists()
    with path.open("rb") as file:
        return file.read(len(MARK)) == MARK.encode()


def _study(results: Path, table: pd.DataFrame, found: Sequence[Verdict]) -> Iterator[str]:
    about = table.attrs["study"]
    name, paper = f"{about['study']}.{about['scale']}", about.get("paper")
    yield f"## {_plain(about.get('question') or name)}"
    where = f", {paper}" if paper else ""
    ran = f"{progress(table)}, {_seeds(table)} a cell{_trained_on(table)}"
    yield _plain(f"{about['study']}{where}, at scale {about['scale']}: {ran}.")
    if (results / "figures" / f"{name}.png").exists():
        yield f"![{name}](figures/{name}.png)"
    if files := _files(results, name):
        yield files
    if found:
        yield _reading(found)
        rows = ["| claim | | paper | here | verdict | could see |", "|---|---|---|---|---|---|", *map(_row, found)]
        yield "\n".join(rows)


def _files(results: Path, name: str) -> str:
    """Links to what there is of the study beside its figure."""
    offered = {
        "table": f"tables/{name}.parquet",
        "claims, drawn": f"figures/{name}.claims.png",
        "figure as PDF": f"figures/{name}.pdf",
        "LaTeX": f"figures/{name}.tex",
    }
    return " \u00b7 ".join(f"[{word}]({path})" for word, path in offered.items() if (results / path).exists())


def _trained_on(table: pd.DataFrame) -> str:
    """The devices, where any run had another than a CPU."""
    devices = each_of(table[table["status"] == "done"], "device")
    return f", on {devices}" if devices not in ("", "cpu") else ""


def _seeds(table: pd.DataFrame) -> str:
    """How many are planned: "3 seeds", "1-2 seeds"."""
    cells = table[table["arm"] == "cell"]
    settings = [name for name in table.attrs["study"].get("varied", ()) if name != "seed" and name in cells]
    sizes = cells.groupby(settings, dropna=False).size().tolist() if settings else [max(len(cells), 1)]
    return counted(span(sizes) or "1", "seeds")


def _reading(found: Sequence[Verdict]) -> str:
    """What held and what did not, in the claims' own words; by name, of which claims nothing can be said."""
    said: dict[str, list[str]] = {HOLDS: [], FAILS: []}
    for one in found:
        said.setdefault(one.verdict, []).append(f"{one.text} ({one.claim})" if one.verdict in DECIDED else one.claim)
    return " ".join(f"{word.capitalize()}: {_plain('; '.join(texts))}." for word, texts in said.items() if texts)


def _row(one: Verdict) -> str:
    note = f" ({one.note})" if one.note else ""
    far = "" if math.isnan(one.low) else seen(one)
    which = f"; {aside(one)}" if aside(one) else ""
    cells = (one.claim, f"{one.text}, {margin(one)}{which}", papers(one), number(one), f"{one.verdict}{note}", far)
    return "| " + " | ".join(map(_plain, cells)) + " |"


def _listed(title: str, lines: Iterable[str]) -> list[str]:
    items = "\n".join(f"- {_plain(line)}" for line in lines)
    return [f"## {title}", items] if items else []


def _waits(one: Waiting) -> str:
    names = ", ".join(name for name, _ in one.claims)
    where = f" ({one.paper})" if one.paper else ""
    return f"{one.study}{where}: {one.question}" + (f" Claims: {names}" if names else "")


def _is_elsewhere(one: tuple[str, str, str]) -> str:
    finding, text, why = one
    return f"{finding}: {text} ({why})"


def _plain(text: str) -> str:
    """`text` in one line, with what Markdown or HTML would take for its own escaped."""
    line = " ".join(text.split())
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>|#!" else sign for sign in line)
