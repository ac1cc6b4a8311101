"""python -m ablations.run [STUDY]: train what a study still lacks, then draw it; without a name, list the studies.

Exit codes: 0 done, 1 some runs failed or are left, 2 wrong use.
"""

import argparse
from collections.abc import Sequence

from ablations._command import Parser, parser, run_command
from ablations._find import check_name
from ablations._site import add_options, positive
from slurm.commands import is_login_node

DEFAULT_SCALE = {"local": "laptop", "debug": "laptop", "slurm": "gpu"}
SCALES = ("smoke", "laptop", "overnight", "gpu", "paper")


def main(arguments: Sequence[str]) -> int:
    """The command; returns its exit code."""
    options = options_parser().parse_args(arguments)
    if options.study is None:
        from ablations._list import print_studies

        return print_studies(options.results)
    check_name(options.study)
    options.scale = options.scale or DEFAULT_SCALE[options.cluster]
    if options.cluster != "slurm" and is_login_node() and not (options.here or options.dry_run):
        raise ValueError("jobs are submitted from this machine, a login node: --cluster slurm, or --here to train here")
    if options.against:
        from ablations._against import against

        return against(options, arguments)
    if options.set:
        from ablations._derive import write_derived

        options.study = str(write_derived(options.study, options.set, options.scale))
        print(f"derived study: {options.study}")
    from ablations._run import run_study, run_until_decided

    return run_until_decided(options) if options.until_decided else run_study(options)


def options_parser(kind: type[Parser] = Parser) -> Parser:
    """What reads the command line, as a parser of this kind."""
    made = parser("run", __doc__.splitlines()[0], kind)
    made.add_argument(
        "study", nargs="?", metavar="STUDY", help="a name, or the path of one's own file; none: list them"
    )
    made.add_argument("--cluster", choices=tuple(DEFAULT_SCALE), default="local", help="debug: in this process")
    made.add_argument("--scale", choices=SCALES, help="default: gpu with --cluster slurm, else laptop")
    made.add_argument("--data", metavar="DIR", help="where the images lie")
    made.add_argument("--jobs", type=positive, help="runs side by side (default: a GPU each, else a core)")
    made.add_argument(
        "--processes", type=positive, metavar="N", help="that share each run (default on slurm: one a GPU)"
    )
    made.add_argument("--seeds", type=positive, metavar="N", help="repeat each cell N times")
    made.add_argument("--until-decided", action="store_true", help="add seeds until each claim is decided, at most 12")
    made.add_argument("--only", type=assignment, action="append", metavar="SETTING=VALUE", help="run these cells alone")
    made.add_argument("--set", type=assignment, action="append", metavar="SETTING=VALUE", help="run a derived study")
    made.add_argument("--against", metavar="REVISION", help="run it by the code of that commit, too, and compare")
    made.add_argument("--retry-failed", action="store_true", help="give failed runs one more attempt")
    made.add_argument("--dry-run", action="store_true", help="list the runs, say what they will take, start nothing")
    made.add_argument("--here", action="store_true", help="train on this machine although it is a login node")
    add_options(made)
    return made


def assignment(text: str) -> tuple[str, str]:
    """SETTING=VALUE, for argparse."""
    name, equals, value = text.partition("=")
    if not equals or not name or not value:
        raise argparse.ArgumentTypeError(f"takes SETTING=VALUE, not {text!r}")
    return name.strip(), value.strip()


if __name__ == "__main__":
    run_command("run", main)
