"""python -m ablations.run [STUDY]: train what a study still lacks, then draw it; without a name, list the studies.

Exit codes: 0 done, 1 some runs failed or are left, 2 wrong use.
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ablations._command import DONE, FAILED, Parser, parser, run_command
from ablations._find import check_name

if TYPE_CHECKING:
    from ablations._execute import Context
    from ablations._plan import Run
    from ablations._study import Study
    from slurm.job import Job, Summary

SCALES = ("smoke", "laptop", "overnight", "gpu", "paper")
MALLOC = {"MALLOC_MMAP_THRESHOLD_": str(1 << 32), "MALLOC_TRIM_THRESHOLD_": str(1 << 32)}
"""Keeps glibc from handing pages back after each step, which costs a fifth of the speed (README, Speed)."""


def main(arguments: Sequence[str]) -> int:
    """The command; returns its exit code."""
    options = _parser().parse_args(arguments)
    if options.study is None:
        from ablations._list import print_studies

        return print_studies(options.results)
    check_name(options.study)
    if options.set:
        from ablations._derive import write_derived

        options.study = str(write_derived(options.study, options.set))
        print(f"derived study: {options.study}")
    return _run(options)


def _parser() -> Parser:
    made = parser("run", __doc__.splitlines()[0])
    made.add_argument(
        "study", nargs="?", metavar="STUDY", help="a name, or the path of one's own file; none: list them"
    )
    made.add_argument(
        "--cluster", choices=("local", "debug"), default="local", help="local: a pool; debug: this process"
    )
    made.add_argument("--scale", choices=SCALES, default="laptop", help="default: laptop")
    made.add_argument("--data", metavar="DIR", help="where the images lie")
    made.add_argument("--jobs", type=_positive, default=os.cpu_count() or 1, help="runs side by side (default: cores)")
    made.add_argument("--seeds", type=_positive, metavar="N", help="repeat each cell N times")
    made.add_argument(
        "--only", type=_assignment, action="append", metavar="SETTING=VALUE", help="run these cells alone"
    )
    made.add_argument("--set", type=_assignment, action="append", metavar="SETTING=VALUE", help="run a derived study")
    made.add_argument("--retry-failed", action="store_true", help="give failed runs one more attempt")
    made.add_argument("--dry-run", action="store_true", help="list the runs and start nothing")
    return made


def _run(options: argparse.Namespace) -> int:
    from ablations._execute import Context
    from ablations._find import load_study
    from ablations._tables import seeds_of, states, table_path, write_study_plan

    study = load_study(options.study)
    path = table_path(options.results, study.name, options.scale)
    asked = Context(options.study, options.scale, str(options.results.resolve()), options.data, options.seeds)
    chosen = asked.plan(study, dict(options.only or []))
    state = states(path, options.results, study, chosen)
    if options.dry_run:
        from ablations._list import print_plan

        return print_plan(study.name, chosen, state, path)
    planned = replace(asked, seeds=seeds_of(path, asked.plan(study), options.seeds))
    write_study_plan(path, study, planned)
    todo = [run for run in chosen if state[run.id] == "to do" or (state[run.id] == "failed" and options.retry_failed)]
    print(f"{study.name} at scale {options.scale}: {len(chosen)} runs, {len(todo)} to do, {options.jobs} side by side")
    summary = _train(options, study, planned, todo) if todo else None
    return _report(options, path, summary)


def _train(options: argparse.Namespace, study: "Study", where: "Context", todo: Sequence["Run"]) -> "Summary":
    from ablations._progress import Display
    from slurm.local import run_here, run_local

    if options.cluster == "debug":
        try:
            return run_here(_job(options, study, where, todo, {}))
        except (ValueError, TypeError, OSError) as problem:
            raise RuntimeError("this run failed") from problem  # not wrong use of the command: show the traceback
    from ablations._source import copy_source, import_path

    copy, name = copy_source(options.results, study)
    sys.path.insert(0, str(copy))  # the workers' processes import this copy
    job, jobs = _job(options, study, replace(where, study=name), todo, import_path(copy)), min(options.jobs, len(todo))
    with Display(job, {run.id: run for run in todo}, jobs) as display:
        return run_local(job, jobs, _devices(), display.on_event)


def _job(
    options: argparse.Namespace,
    study: "Study",
    where: "Context",
    todo: Sequence["Run"],
    environment: Mapping[str, str],
) -> "Job":
    from ablations._execute import execute, is_finished
    from slurm.job import Job

    return Job(
        root=options.results.resolve() / "runs",
        items=tuple(dict.fromkeys(run.id for run in todo)),
        function=f"{execute.__module__}:{execute.__name__}",
        finished=lambda item: is_finished(options.results, item, study.probes),
        context=asdict(where),
        preload=("ablations._execute",),
        environment={"OMP_NUM_THREADS": str(where.threads), **MALLOC, **environment},
        retry_failed=options.retry_failed,
    )


def _report(options: argparse.Namespace, path: Path, summary: "Summary | None") -> int:
    from ablations.report import report

    table, figures = report(path, options.results)
    for written in (path, *figures):
        print(written)
    failed = table.loc[table["status"] == "failed", "run"]
    for run in failed:
        print(f"failed: {options.results}/runs/{run}/attempts/*/log.txt; --retry-failed tries again")
    return FAILED if len(failed) or (summary and summary.stopped + summary.left) else DONE


def _devices() -> tuple[str, ...]:
    import torch

    return tuple(map(str, range(torch.cuda.device_count())))


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"takes a whole number from 1 on, not {text!r}")
    return int(text)


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name or not value:
        raise argparse.ArgumentTypeError(f"takes SETTING=VALUE, not {text!r}")
    return name.strip(), value.strip()


if __name__ == "__main__":
    run_command("run", main)
