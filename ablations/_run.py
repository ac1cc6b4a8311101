"""What `python -m ablations.run STUDY` does, once the words typed are understood; imports torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ablations._command import DONE, FAILED
from ablations._context import Context
from ablations._destination import destination_of
from ablations._find import load_study
from ablations._images import data_of_all, probe_ids
from ablations._launch import train_here, train_local, train_slurm
from ablations._list import print_notes, print_plan
from ablations._memory import places_of_images
from ablations._metrics import check_metrics
from ablations._options import Options
from ablations._plan import Run
from ablations._processes import check_shared_out, processes_of
from ablations._quote import print_how_to_time, print_prices, print_stages
from ablations._shared import shared
from ablations._site import load_site, resources
from ablations._study import Study
from ablations._tables import check_claims_of, seeds_of, states, write_study_plan
from ablations._timing import prices
from ablations._verdicts import print_verdicts
from ablations.report import report, set_aside_damaged
from results.records import State
from results.table_files import table_path
from results.tables import read_table
from results.verdicts import LOOKS, is_decided, verdicts


def run_until_decided(options: Options) -> int:
    """Look at the claims after so many seeds as verdicts allow, and go on while one is open."""
    if options.only or options.seeds or options.dry_run or (options.cluster == "slurm" and not options.wait):
        raise ValueError("--until-decided adds seeds to whole studies: no --only, --seeds, --dry-run; on slurm --wait")
    if not (study := load_study(options.study)).claims_at(options.scale):
        raise ValueError(f"{study.name} declares no claims to decide")
    for options.seeds in LOOKS:
        code = run_study(options)
        found = verdicts(read_table(table_path(options.results, study.name, options.scale)))
        if code != DONE or is_decided(found):
            return code
    print(f"undecided after {options.seeds} seeds, which is where the plan ends")
    return DONE


@dataclass(frozen=True)
class _Asked:
    """What a command asks for: of a study the runs `chosen`, those `todo`, and those that wait for tuning, `later`.

    probes: the ids of those it does.
    """

    study: Study
    where: Context
    path: Path
    probes: Sequence[str]
    chosen: Sequence[Run]
    state: Mapping[str, State]
    todo: Sequence[Run]
    later: Sequence[Run]


def run_study(options: Options) -> int:
    """Plan, then price with --dry-run, else train what is to do and report; the command's exit code."""
    set_aside_damaged(options.results)
    asked = _ask(options)
    for line in places_of_images(data_of_all(asked.chosen, asked.where.data), options.data):
        print(line)
    if options.dry_run:
        return _price(options, asked)
    planned = replace(asked.where, seeds=seeds_of(asked.path, asked.where.every(asked.study), options.seeds))
    write_study_plan(asked.path, asked.study, planned)
    runs = f"{len(asked.chosen)} runs, {len(asked.todo)} to do{_then(options, len(asked.later))}"
    print(f"{asked.study.name} at scale {options.scale}: {runs}")
    if not asked.todo:
        return _report(options.results, asked.path)
    over = _train(options, asked, planned)
    if options.cluster == "slurm" and not options.wait:
        return DONE
    if over and len(_later(options, asked.study, asked.where)) < len(asked.later):
        return run_study(Options(**{**vars(options), "retry_failed": False}))
    if asked.later:
        write_study_plan(asked.path, asked.study, planned)  # which says what tuning still lacks
    return max(_report(options.results, asked.path), DONE if over else FAILED)


def _ask(options: Options) -> _Asked:
    """Plan the study as the options have it. Raises what is wrong with them, before anything is written."""
    study = load_study(options.study)
    check_metrics(study, options.scale)
    path = table_path(options.results, study.name, options.scale)
    data = str(Path(options.data).resolve()) if options.data else None
    results, processes = str(options.results.resolve()), processes_of(options, study)
    where = Context(options.study, options.scale, results, data, options.seeds, processes=processes)
    chosen, later = where.plan(study, dict(options.only or [])), _later(options, study, where)
    check_shared_out([*chosen, *later], processes)
    probes = probe_ids(study, options.scale, data)
    state = states(path, options.results, probes, chosen)
    wanted = {"to do", "failed"} if options.retry_failed else {"to do"}
    todo = list({run.id: run for run in chosen if state[run.id] in wanted}.values())  # of two arms, once
    return _Asked(study, where, path, probes, chosen, state, todo, later)


def _later(options: Options, study: Study, where: Context) -> list[Run]:
    """What comes after these runs: those that wait for tuning."""
    return where.awaited(study, dict(options.only or []))


def _then(options: Options, later: int) -> str:
    when = ", submitted by this command once tuning is over" * (options.cluster == "slurm" and not options.wait)
    return f"; then {later} whose settings tuning chooses{when}" if later else ""


def _train(options: Options, asked: _Asked, planned: Context) -> bool:
    """Train what is to do where the options say; whether all is over, be it done or failed, here or elsewhere."""
    train = {"debug": train_here, "local": train_local, "slurm": train_slurm}[options.cluster]
    ended = train(options, asked.study, planned, asked.todo)
    if options.cluster == "slurm" and not options.wait:
        return False
    left = list(states(asked.path, options.results, asked.probes, asked.todo).values()).count("to do")
    if left:
        skipped = ended and options.cluster != "slurm"  # there it ended because no worker is left
        why = f"{left} of them are held by other workers" if skipped else "stopped"
        print(f"{why}; the same command goes on from here")
    return not left


def _price(options: Options, asked: _Asked) -> int:
    """List the runs, and say what those that are to do, and those that wait for tuning, will take."""
    study, where = asked.study, asked.where
    check_claims_of(study, where)
    others = shared(study.name, asked.chosen, options.scale, where.data, options.results)
    print_plan(study.name, asked.chosen, asked.state, others)
    print_notes(where.notes(study))
    print_stages(asked.todo, asked.later)
    if runs := [*asked.todo, *asked.later]:
        there = destination_of(options, study, where, runs)
        found = prices(where, study, runs, there)
        print_prices(found, there.at_a_time, there.limits)
        if options.cluster == "slurm" and not all(price.is_measured for price in found):
            asking = resources(options).over(load_site(options.site).defaults)
            print_how_to_time(options, asking)
    return DONE


def _report(results: Path, path: Path) -> int:
    told, figures = report(path, results)
    table, _ = told
    for written in (path, *figures):
        print(written)
    print_notes(table.attrs["study"].get("notes", ()))
    print_verdicts(results, {table.attrs["study"]["study"]}, {path: told})
    failed = table.loc[table["status"] == "failed", "run"]
    for run in failed:
        print(f"failed: {results}/runs/{run}/attempts/*/log.txt; --retry-failed tries again")
    return FAILED if len(failed) else DONE
