"""python -m ablations.explain RUN [RUN]: what a run is, where its files lie, why it would run again; how two differ."""

from collections.abc import Sequence

from ablations._command import DONE, parser, run_command
from ablations._known import find_run


def main(arguments: Sequence[str]) -> int:
    """The command; returns its exit code."""
    made = parser("explain", __doc__)
    made.add_argument("run", metavar="RUN", help="an id, or how it begins; it stands in tables, logs and run folders")
    made.add_argument("other", nargs="?", metavar="RUN", help="another run, to say in what the two differ")
    made.add_argument("--study", metavar="FILE.py", help="the study's file, if it is one's own")
    made.add_argument("--data", metavar="DIR", help="where the images lie")
    options = made.parse_args(arguments)
    runs = [find_run(options.results, asked) for asked in (options.run, options.other) if asked is not None]
    if len(runs) == 1:
        from ablations._explain import explain

        lines = explain(options.results, runs[0], options.study, options.data)
    else:
        from ablations._two_runs import compare

        lines = compare(options.results, runs[0], runs[1])
    print(f"run {' | '.join(runs)}")
    for name, said in lines:
        print(f"  {name:12} {said}")
    return DONE


if __name__ == "__main__":
    run_command("explain", main)
