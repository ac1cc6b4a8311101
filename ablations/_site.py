"""The place where jobs run: a Python value beside one's studies, and what the command line says on top."""

import argparse
import runpy
from pathlib import Path
from typing import TYPE_CHECKING

from ablations._command import positive
from ablations._find import in_words
from slurm.resources import Resources
from slurm.site import Site

if TYPE_CHECKING:
    from ablations._options import Options

BESIDE = Path("my_site.py")
ASKED = ("partition", "account", "qos", "memory", "time", "constraint", "gpus", "cpus", "nodes")
"""What each worker gets, the last three in numbers."""


def load_site(path: Path | None) -> Site:
    """The SITE of this file; without one that of ./my_site.py, if it is there. Raises ValueError."""
    if path is None and not BESIDE.exists():
        return Site()
    path = path or BESIDE
    if not path.is_file():
        raise ValueError(f"there is no file {path}; it defines SITE = Site(...)")
    try:
        site = runpy.run_path(str(path)).get("SITE")
    except Exception as problem:
        raise in_words(problem, path) from problem
    if not isinstance(site, Site):
        raise ValueError(f"{path} defines no SITE = Site(...), from slurm.site import Site")
    return site


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `--cluster slurm`."""
    group = parser.add_argument_group("with --cluster slurm")
    group.add_argument("--workers", type=positive, metavar="W", help="workers (default: by price and --time)")
    group.add_argument("--parallel", type=positive, metavar="N", help="at most so many workers at a time")
    group.add_argument("--pack", type=positive, default=1, metavar="K", help="runs side by side in each worker")
    group.add_argument("--wait", action="store_true", help="stay until the workers are gone, then report")
    group.add_argument("--site", type=Path, metavar="FILE", help="defines SITE = Site(...) (default: ./my_site.py)")
    for name in ASKED[:-3]:
        group.add_argument(f"--{name}", metavar=name.upper())
    for name in ASKED[-3:]:
        group.add_argument(f"--{name}", type=int, metavar="N", help=f"{name} of each worker")
    group.add_argument("--slurm", action="append", default=[], metavar="KEY=VALUE", help="any other option of sbatch")


def check_cluster(options: "Options") -> None:
    """Raise ValueError for an option that means nothing where this command trains."""
    of_slurm = ("workers", "parallel", "site", *ASKED, "slurm")  # one waits in any case where --wait has no meaning
    given = [name for name in of_slurm if getattr(options, name)] + ["pack"] * (options.pack > 1)
    if given and options.cluster != "slurm":
        raise ValueError(f"--{given[0]} goes with --cluster slurm, and this is --cluster {options.cluster}")
    if options.jobs and options.cluster == "slurm":
        raise ValueError("--jobs is of this machine; with --cluster slurm --pack has runs side by side in a worker")


def resources(options: "Options") -> Resources:
    """What the command line asks for."""
    extra = tuple((key, value) for key, _, value in (text.partition("=") for text in options.slurm))
    return Resources(**{name: getattr(options, name) for name in ASKED}, extra=extra)
