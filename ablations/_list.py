"""Lists for the terminal: the studies there are, and the runs of one. The first imports no torch."""

import ast
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from ablations._command import DONE
from ablations._find import STUDIES, study_names
from ablations._known import tables
from ablations._tune import GRID
from results.records import UNPLANNED
from results.table_files import study_and_scale
from results.tables import read_rows

if TYPE_CHECKING:
    from ablations._plan import Run


def print_studies(results: Path) -> int:
    """Each study: name, question, and how many of its runs are done at each scale that has a table."""
    questions = {name: _question(STUDIES / f"{name}.py") for name in study_names()}
    counts: dict[str, list[str]] = {name: [] for name in questions}
    for path in tables(results):
        name, scale = study_and_scale(path)
        rows = read_rows(path, ("status", "arm"))
        states = [row["status"] for row in rows if row["arm"] != UNPLANNED]
        counts.setdefault(name, []).append(f"{scale} {states.count('done')}/{len(states)}")
    table = Table("study", "question", "runs done", box=None, header_style="bold")
    for name, done in counts.items():
        table.add_row(name, questions.get(name, "(a study of one's own)"), "\n".join(done) or "none yet")
    Console().print(table)
    return DONE


def print_plan(study: str, runs: Sequence["Run"], state: Mapping[str, str], shared: Collection[str]) -> None:
    """Each run of the plan, how many there are in each state, and how many of them are `shared` with other studies."""
    rows = {run.id: run.settings for run in runs}
    cells = [rows[run.id] for run in runs if run.arm in GRID]
    names = dict.fromkeys(name for row in cells for name in row)
    varied = [name for name in names if len({str(row[name]) for row in cells if name in row}) > 1]
    widest = max(len(run.arm) for run in runs)
    for run in runs:
        row = rows[run.id]
        differs = " ".join(f"{name}={row[name]}" for name in varied if row.get(name) is not None)
        print(f"{run.id}  {run.arm:{widest}}  {state[run.id]:6}  {differs}")
    counts = Counter(state[run.id] for run in runs)
    print(
        f"{study}: {len(runs)} runs: {counts['done']} done, {counts['to do']} to do, {counts['failed']} failed; "
        f"{len(shared)} are shared with other studies"
    )


def print_notes(notes: Sequence[str]) -> None:
    """What tuning has chosen so far: its head line, then a line a choice."""
    if notes:
        print("\n  ".join(notes))


def _question(study: Path) -> str:
    return (ast.get_docstring(ast.parse(study.read_text())) or "").split("\n")[0]
