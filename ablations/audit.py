"""python -m ablations.audit TABLE: train random rows of anyone's table again, and compare.

Exit codes: 0 all agree, 1 some differ or could not be trained again, 2 wrong use.
"""

import argparse
import random
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from ablations._command import DONE, FAILED, Parser, parser, positive, run_command
from ablations._find import check_name
from ablations._known import rows_of
from results.table_files import only_table

if TYPE_CHECKING:
    from ablations._audit import Audited


def main(arguments: Sequence[str]) -> int:
    """The command; returns its exit code."""
    options = _parser().parse_args(arguments)
    rows = rows_of(_table(options))
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(10**6)
    from ablations._audit import audit, draw
    from ablations._here import planned_here

    drawn = draw(rows, options.sample, options.seed)
    print(f"{drawn[0]}: {len(drawn)} of {len(rows)} rows, drawn by --seed {options.seed}", flush=True)
    audited = audit(drawn, planned_here(drawn[0], options.results, options.study, options.data), options)
    if audited is None:
        print(f"stopped; the same command with --seed {options.seed} goes on from here")
        return FAILED
    Console().print(_picture(audited))
    print("\n".join(_notes(audited)))
    return DONE if all(one.agreement and one.agreement.word != "differs" for one in audited) else FAILED


def _parser() -> Parser:
    made = parser("audit", __doc__.splitlines()[0])
    made.add_argument("table", metavar="TABLE", help="a study's name or file, or the path of anyone's .parquet table")
    made.add_argument("--scale", help="of the study's table; default: the only one there is")
    made.add_argument("--sample", type=positive, default=3, metavar="N", help="how many rows (default: 3)")
    made.add_argument("--seed", type=int, metavar="N", help="draw the same rows again (default: another each time)")
    made.add_argument("--study", metavar="FILE.py", help="the study's file, if the table is of one's own")
    made.add_argument("--data", metavar="DIR", help="where the images lie")
    made.add_argument("--cluster", choices=("local", "debug"), default="local", help="debug: in this process")
    made.add_argument("--jobs", type=positive, help="runs side by side (default: a GPU each, else a core)")
    return made


def _table(options: argparse.Namespace) -> Path:
    """The table that was asked for; a study's own file is noted as such."""
    if options.table.endswith(".parquet"):
        if not Path(options.table).is_file():
            raise ValueError(f"there is no table {options.table}")
        return Path(options.table)
    check_name(options.table)
    if options.table.endswith(".py"):
        options.study = options.table
    return only_table(options.results, options.table, options.scale)


def _picture(audited: Sequence["Audited"]) -> Table:
    table = Table("run", "arm", "seed", "verdict", "what does not agree", box=None, header_style="bold")
    for one in audited:
        word = one.agreement.word if one.agreement else "not trained again"
        wrong = ", ".join(one.agreement.wrong) if one.agreement else one.why
        table.add_row(one.entry.row["run"], one.entry.row["arm"], str(one.entry.row["seed"]), word, wrong)
    return table


def _notes(audited: Sequence["Audited"]) -> list[str]:
    """What was required, and what differs between the two trainings beside the numbers."""
    from results.agreement import POINTS, RELATIVE

    found = [one.agreement for one in audited if one.agreement]
    same = sum(one.word == "same bits" for one in found)
    notes = [f"same bits in {same} of {len(audited)} rows"]
    notes += dict.fromkeys(f"trained by another {what}" for one in found for what in one.unlike)
    if any(one.unlike for one in found):
        notes.append(
            f"so no bits are required of those rows, but accuracies within {POINTS:g} points, and the first epoch's "
            f"losses and other metrics within {RELATIVE:.0%}, as if the seed had changed"
        )
    alone = dict.fromkeys(name for one in found for name in one.alone)
    return notes + ([f"measured by one of the two alone: {', '.join(alone)}"] if alone else [])


if __name__ == "__main__":
    run_command("audit", main)
