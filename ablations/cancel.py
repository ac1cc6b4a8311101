"""python -m ablations.cancel STUDY: end this study's workers on SLURM, and nobody else's.

A run that they hold saves at its next step; workers of another study that plans it too go on with it.
"""

from collections.abc import Sequence

from ablations._command import DONE, parser, run_command
from ablations._status import worker_name
from results.table_files import table_names
from slurm.cancel import cancel


def main(arguments: Sequence[str]) -> int:
    """The command; returns its exit code."""
    made = parser("cancel", __doc__.splitlines()[0])
    made.add_argument("study", metavar="STUDY")
    made.add_argument("--scale", help="default: every scale that has a table")
    options = made.parse_args(arguments)
    for study, scale in table_names(options.results, [options.study], options.scale):
        ended = cancel(worker_name(options.results, study, scale))
        words = ", ".join(f"{worker.id} {worker}" for worker in ended) or "it has no workers"
        print(f"{study} at scale {scale}: {words}")
    return DONE


if __name__ == "__main__":
    run_command("cancel", main)
