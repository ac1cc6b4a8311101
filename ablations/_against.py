"""`--against REVISION`: a study as it is now and in the version of a commit, each trained by its own code, compared.

A run's id says what is trained, not by which code. So each version has a results folder of its own, named after its
code: nothing that other code made counts as done there, and a version is trained once however often it is asked for.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ablations._command import WRONG_USE
from ablations._find import load_study
from ablations._options import Options
from ablations._revision import Version, version_at
from ablations._siblings import HOME
from ablations._source import copy_source
from results.cells import plain
from results.compare import Difference, difference, notes, sentence, shown
from results.pairs import pair
from results.table_files import table_path
from results.tables import read_table


def against(options: Options, arguments: Sequence[str]) -> int:
    """Train what the versions still lack and print what differs; the exit code is that of their runs."""
    _check(options)
    assert options.against is not None
    study = load_study(options.study)
    source, _ = copy_source(options.results, study)
    there = version_at(options.against, study, source, options.results)
    here = Version("now", (HOME, Path.cwd()), options.study, options.results / "against" / source.name)
    code = max(_train(version, options, arguments) for version in (here, there))
    now, then = (read_table(table_path(version.results, study.name, options.scale)) for version in (here, there))
    pairs = pair(now, then)
    found = [difference(pairs, metric) for metric in shown(now)]
    print(f"\n{study.name} at scale {options.scale}, now against {there.name}")
    for one in found:
        if len(one.cells):
            Console(width=None if sys.stdout.isatty() else 140).print(_table(one, pairs.varied))
    print("\n".join((*notes(pairs), *dict.fromkeys(sentence(pairs, one) for one in found))))
    return code


def _check(options: Options) -> None:
    refused = {"--set": options.set, "--dry-run": options.dry_run, "--until-decided": options.until_decided}
    if given := [name for name, value in refused.items() if value]:
        raise ValueError(f"--against goes with --only and --seeds, not with {given[0]}")
    if options.cluster == "slurm":
        raise ValueError("--against trains where it is typed, with --cluster local or debug; on a cluster, in a job")


def _train(version: Version, options: Options, arguments: Sequence[str]) -> int:
    """The same command by the code of `version`, which need not know of --against; its exit code."""
    mine = argparse.ArgumentParser(add_help=False)
    mine.add_argument("--against")
    words = [version.study if word == options.study else word for word in mine.parse_known_args(arguments)[1]]
    words += ["--scale", options.scale, "--results", str(version.results)]
    path = [*map(str, version.path), *filter(None, [os.environ.get("PYTHONPATH")])]
    first = {"PYTHONPATH": os.pathsep.join(path), "PYTHONSAFEPATH": "1"}  # or Python would look here before all
    print(f"{version.name}:", flush=True)
    code = _wait(subprocess.Popen([sys.executable, "-m", "ablations.run", *words], env={**os.environ, **first}))
    if code < 0 or code == WRONG_USE:
        raise ValueError(f"the study did not run by the code of {version.name}; its error is above")
    return code


def _wait(child: "subprocess.Popen[bytes]") -> int:
    """Its exit code. Ctrl-C reaches the child, too, which then saves what it has: wait for that."""
    try:
        return child.wait()
    except KeyboardInterrupt:
        child.wait()
        raise


def _table(found: Difference, varied: Sequence[str]) -> Table:
    headers = (*varied, "then", f"now: {found.metric}", "difference", "same bits")
    table = Table(*headers, box=None, header_style="bold", padding=(0, 1))
    for _, cell in found.cells.iterrows():
        half = "" if cell["half_width"] != cell["half_width"] else f" \u00b1 {cell['half_width']:.2f}"
        numbers = (f"{cell['then']:.2f}", f"{cell['now']:.2f}", f"{cell['mean']:+.2f}{half}")
        settings = ("" if plain(cell[name]) is None else escape(str(cell[name])) for name in varied)
        table.add_row(*settings, *numbers, f"{cell['same']:.0f} of {cell['seeds']}")
    return table
