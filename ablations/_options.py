"""The options of `run`, which `study.run(...)` takes too, and the names of the scales; imports no torch."""

import argparse
from pathlib import Path
from typing import Any

from ablations._command import Parser, parser, positive
from ablations._site import add_options

SCALE_NAMES = ("smoke", "laptop", "overnight", "gpu", "paper")
"""From small to large. Their experiments are ablations._scale's, which imports torch."""

DEFAULT_SCALE = {"local": "laptop", "debug": "laptop", "slurm": "gpu"}
"""Of each --cluster."""


class Options:
    """The options of `run` by name and type; study and scale may be None until the command has looked at them."""

    results: Path
    study: str
    cluster: str
    scale: str
    data: str | None
    jobs: int | None
    processes: int | None
    seeds: int | None
    until_decided: bool
    only: list[tuple[str, str]] | None
    set: list[tuple[str, str]] | None
    against: str | None
    retry_failed: bool
    dry_run: bool
    here: bool
    workers: int | None
    parallel: int | None
    pack: int
    wait: bool
    site: Path | None
    partition: str | None
    account: str | None
    qos: str | None
    memory: str | None
    time: str | None
    constraint: str | None
    gpus: int | None
    cpus: int | None
    nodes: int | None
    slurm: list[str]

    def __init__(self, **given: Any) -> None:
        self.__dict__.update(given)  # argparse.Namespace would let any name pass as Any


def options_parser(description: str, kind: type[Parser] = Parser) -> Parser:
    """What reads the command line of `run`, as a parser of this kind."""
    made = parser("run", description, kind)
    made.add_argument(
        "study", nargs="?", metavar="STUDY", help="a name, or the path of one's own file; none: list them"
    )
    made.add_argument("--cluster", choices=tuple(DEFAULT_SCALE), default="local", help="debug: in this process")
    made.add_argument("--scale", choices=SCALE_NAMES, help="default: gpu with --cluster slurm, else laptop")
    made.add_argument("--data", metavar="DIR", help="where the images lie")
    made.add_argument("--jobs", type=positive, help="runs side by side (default: a GPU each, else a core)")
    made.add_argument(
        "--processes", type=positive, metavar="N", help="that share each run (default on slurm: one a GPU)"
    )
    made.add_argument("--seeds", type=positive, metavar="N", help="repeat each cell N times")
    made.add_argument("--until-decided", action="store_true", help="add seeds until each claim is decided, at most 12")
    made.add_argument("--only", type=assignment, action=Assigned, metavar="SETTING=VALUE", help="run these cells alone")
    made.add_argument("--set", type=assignment, action=Assigned, metavar="SETTING=VALUE", help="run a derived study")
    made.add_argument("--against", metavar="REVISION", help="run it by the code of that commit, too, and compare")
    made.add_argument("--retry-failed", action="store_true", help="give failed runs one more attempt")
    made.add_argument("--dry-run", action="store_true", help="list the runs, say what they will take, start nothing")
    made.add_argument("--here", action="store_true", help="train on this machine although it is a login node")
    add_options(made)
    return made


class Assigned(argparse.Action):
    """Appends assignments; a setting takes one value."""

    def __call__(self, made: Any, options: Any, given: Any, word: str | None = None) -> None:
        before = getattr(options, self.dest) or []
        if given[0] in dict(before):
            raise argparse.ArgumentError(self, f"{given[0]} is given twice, and takes one value")
        setattr(options, self.dest, [*before, given])


def assignment(text: str) -> tuple[str, str]:
    """SETTING=VALUE, for argparse."""
    name, equals, value = text.partition("=")
    if not equals or not name or not value:
        raise argparse.ArgumentTypeError(f"takes SETTING=VALUE, not {text!r}")
    return name.strip(), value.strip()
