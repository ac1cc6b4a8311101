"""python -m ablations.status [STUDY] [--watch]: what is done, running, failed, lost, and how long still."""

import time
from collections.abc import Sequence

from rich.console import Console
from rich.live import Live

from ablations._command import DONE, parser, run_command
from ablations._status import study_statuses
from ablations._status_picture import picture, that_fits

FAILURES = 3
"""So many of the last failures are watched; status by itself lists all."""


def main(arguments: Sequence[str]) -> int:
    """The command; returns its exit code."""
    made = parser("status", __doc__)
    made.add_argument("study", nargs="?", metavar="STUDY", help="default: all that have a table")
    made.add_argument("--watch", action="store_true", help="stay, and look again every two seconds; Ctrl-C ends it")
    options = made.parse_args(arguments)
    shown = picture(list(study_statuses(options.results, options.study)), options.results)
    console = Console()
    if options.watch:
        try:
            # Given a picture it would draw it while it is entered, and Ctrl-C there would leave the other screen on.
            with Live(console=console, screen=True, auto_refresh=False) as live:
                while True:
                    studies = list(study_statuses(options.results, options.study))
                    shown = that_fits(console, studies, options.results, FAILURES)
                    live.update(shown, refresh=True)
                    time.sleep(2)
        except KeyboardInterrupt:
            pass  # which is how one leaves: the last picture stays behind
    console.print(shown)
    return DONE


if __name__ == "__main__":
    run_command("status", main)
