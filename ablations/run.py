"""python -m ablations.run [STUDY]: train what a study still lacks, then draw it; without a name, list the studies.

Exit codes: 0 done, 1 some runs failed or are left, 2 wrong use.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ablations._command import DONE, FAILED, Parser, parser, run_command
from ablations._find import check_name
from ablations._site import add_options, positive
from slurm.commands import is_login_node

if TYPE_CHECKING:
    from ablations._execute import Context
    from ablations._plan import Run
    from ablations._study import Study

DEFAULT_SCALE = {"local": "laptop", "debug": "laptop", "slurm": "gpu"}
SCALES = ("smoke", "laptop", "overnight", "gpu", "paper")


def main(arguments: Sequence[str]) -> int:
    """The command; returns its exit code."""
    options = _parser().parse_args(arguments)
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
    return _until_decided(options) if options.until_decided else _run(options)


def _parser() -> Parser:
    made = parser("run", __doc__.splitlines()[0])
    made.add_argument(
        "study", nargs="?", metavar="STUDY", help="a name, or the path of one's own file; none: list them"
    )
    made.add_argument("--cluster", choices=tuple(DEFAULT_SCALE), default="local", help="debug: in this process")
    made.add_argument("--scale", choices=SCALES, help="default: gpu with --cluster slurm, else laptop")
    made.add_argument("--data", metavar="DIR", help="where the images lie")
    made.add_argument("--jobs", type=positive, help="runs side by side (default: a GPU each, else a core)")
    made.add_argument("--seeds", type=positive, metavar="N", help="repeat each cell N times")
    made.add_argument("--until-decided", action="store_true", help="add seeds until each claim is decided, at most 12")
    made.add_argument(
        "--only", type=_assignment, action="append", metavar="SETTING=VALUE", help="run these cells alone"
    )
    made.add_argument("--set", type=_assignment, action="append", metavar="SETTING=VALUE", help="run a derived study")
    made.add_argument("--against", metavar="REVISION", help="run it by the code of that commit, too, and compare")
    made.add_argument("--retry-failed", action="store_true", help="give failed runs one more attempt")
    made.add_argument("--dry-run", action="store_true", help="list the runs, say what they will take, start nothing")
    made.add_argument("--here", action="store_true", help="train on this machine although it is a login node")
    add_options(made)
    return made


def _until_decided(options: argparse.Namespace) -> int:
    """Look at the claims after so many seeds as verdicts allow, and go on while one is open."""
    from ablations._find import load_study
    from ablations._tables import table_path
    from results.tables import read_table
    from results.verdicts import LOOKS, is_decided, verdicts

    if options.only or options.seeds or options.dry_run or (options.cluster == "slurm" and not options.wait):
        raise ValueError("--until-decided adds seeds to whole studies: no --only, --seeds, --dry-run; on slurm --wait")
    if not (study := load_study(options.study)).claims_at(options.scale):
        raise ValueError(f"{study.name} declares no claims to decide")
    for options.seeds in LOOKS:
        code = _run(options)
        found = verdicts(read_table(table_path(options.results, study.name, options.scale)))
        if code != DONE or is_decided(found):
            return code
    print(f"undecided after {options.seeds} seeds, which is where the plan ends")
    return DONE


def _run(options: argparse.Namespace) -> int:
    from ablations._execute import Context
    from ablations._find import load_study
    from ablations._tables import seeds_of, states, table_path, write_study_plan
    from ablations.report import set_aside_damaged

    set_aside_damaged(options.results)
    study, only = load_study(options.study), dict(options.only or [])
    path = table_path(options.results, study.name, options.scale)
    data = str(Path(options.data).resolve()) if options.data else None
    asked = Context(options.study, options.scale, str(options.results.resolve()), data, options.seeds)
    chosen, later = asked.plan(study, only), asked.awaited(study, only)
    state = states(path, options.results, study.probes_at(options.scale), chosen)
    todo = [run for run in chosen if state[run.id] == "to do" or (state[run.id] == "failed" and options.retry_failed)]
    if options.dry_run:
        from ablations._list import print_plan

        print_plan(study.name, chosen, state, path)
        return _price(options, study, asked, list({run.id: run for run in todo}.values()))
    planned = replace(asked, seeds=seeds_of(path, asked.every(study), options.seeds))
    write_study_plan(path, study, planned)
    print(f"{study.name} at scale {options.scale}: {len(chosen)} runs, {len(todo)} to do{_then(options, len(later))}")
    if not todo:
        return _report(options.results, path)
    over = _train(options, study, planned, todo)
    if options.cluster == "slurm" and not options.wait:
        return DONE
    if over and len(asked.awaited(study, only)) < len(later):
        return _run(argparse.Namespace(**{**vars(options), "retry_failed": False}))
    if not over:
        print("stopped; the same command goes on from here")
    if later:
        write_study_plan(path, study, planned)  # which says what tuning still lacks
    return max(_report(options.results, path), DONE if over else FAILED)


def _then(options: argparse.Namespace, later: int) -> str:
    """What comes after these runs: those that wait for tuning."""
    when = ", submitted by this command once tuning is over" * (options.cluster == "slurm" and not options.wait)
    return f"; then {later} whose settings tuning chooses{when}" if later else ""


def _train(options: argparse.Namespace, study: "Study", where: "Context", runs: Sequence["Run"]) -> bool:
    """Train these runs where the options say; whether all is over, be it done or failed."""
    from ablations._launch import train_here, train_local, train_slurm

    train = {"debug": train_here, "local": train_local, "slurm": train_slurm}[options.cluster]
    return train(options, study, where, runs)


def _price(options: argparse.Namespace, study: "Study", asked: "Context", todo: Sequence["Run"]) -> int:
    """Say what the runs that are to do, and those that wait for tuning, will take, without starting one."""
    from ablations._list import print_notes
    from ablations._place import place_of
    from ablations._quote import print_prices, print_stages
    from ablations._timing import prices

    later = asked.awaited(study, dict(options.only or []))
    print_notes(asked.notes(study))
    print_stages(todo, later)
    if runs := [*todo, *later]:
        place = place_of(options, study, asked.threads, runs)
        print_prices(prices(asked, study, runs, place), place.at_a_time, place.limits)
    return DONE


def _report(results: Path, path: Path) -> int:
    from ablations._list import print_notes
    from ablations._verdicts import print_verdicts
    from ablations.report import report

    table, figures = report(path, results)
    for written in (path, *figures):
        print(written)
    print_notes(table.attrs["study"].get("notes", ()))
    print_verdicts(results, {table.attrs["study"]["study"]})
    failed = table.loc[table["status"] == "failed", "run"]
    for run in failed:
        print(f"failed: {results}/runs/{run}/attempts/*/log.txt; --retry-failed tries again")
    return FAILED if len(failed) else DONE


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name or not value:
        raise argparse.ArgumentTypeError(f"takes SETTING=VALUE, not {text!r}")
    return name.strip(), value.strip()


if __name__ == "__main__":
    run_command("run", main)
