"""python -m ablations.merge OTHER: take a colleague's records in by id; what is here stays as it is.

Exit codes: 0 done, 1 something was left or refused, 2 wrong use.
"""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ablations._between import differences, measured_here, other_images
from ablations._command import DONE, FAILED, parser, run_command
from ablations._merge import merge
from ablations._merged import KINDS, WORDS, Merged


def main(arguments: Sequence[str]) -> int:
    """The command; returns its exit code."""
    made = parser("merge", __doc__.splitlines()[0])
    made.add_argument("other", type=Path, metavar="OTHER", help="another results folder")
    made.add_argument("--dry-run", action="store_true", help="say what would be taken, and take nothing")
    options = made.parse_args(arguments)
    ours = list(measured_here(options.results))
    merged = merge(options.other, options.results, options.dry_run)
    Console().print(_picture(merged))
    lines = [*merged.said, *differences(merged.theirs, ours), *other_images(options.other, options.results)]
    if options.dry_run:
        lines.append("nothing was taken: this was a dry run")
    elif any(word == "taken" for _, word in merged.counts):
        lines.append("python -m ablations.report draws what is here now")
    print("\n".join(lines))
    left = sum(number for (_, word), number in merged.counts.items() if word in ("left", "refused"))
    return FAILED if left else DONE


def _picture(merged: Merged) -> Table:
    table = Table("", *WORDS, box=None, header_style="bold")
    for kind in KINDS:
        table.add_row(kind, *(str(merged.counts[kind, word]) for word in WORDS))
    return table


if __name__ == "__main__":
    run_command("merge", main)
