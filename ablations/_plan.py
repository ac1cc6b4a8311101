"""The plan of a study: its runs, each with its id, in the order in which they are trained."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ablations._grid import apply_all
from ablations._identity import changes, run_id, settings
from ablations._references import references
from ablations._study import Study
from ablations._tune import GRID, tuning
from core.pretrain import pretrain
from core.value import canonical, replace
from results.nearest import nearest_or_all
from results.panels import parts_of
from results.plots import Lines
from results.selections import selections

Fingerprint = Callable[[Any], str]


@dataclass(frozen=True)
class Run:
    """One run of a study. arm: "cell" of the grid, "random encoder" or "supervised", the figure's lines, or "tuning".

    settings: those of the experiment, as one flat row.
    """

    id: str
    arm: str
    experiment: Any
    settings: Mapping[str, Any]


def plan(study: Study, scale: str, fingerprint: Fingerprint, seeds: int | None = None) -> list[Run]:
    """All runs, seed by seed, so that an unfinished study has whole rounds; `seeds` repeats each cell so often.

    A tuned study has the runs that choose, and the cells of all candidates: what tuning says is not known here. The
    reference arms are planned where they are shown.
    Raises TypeError or ValueError for a misspelt setting, a grid the figure cannot show, or parts it cannot tell apart.
    """
    base = study.base_at(scale)
    cells = list(apply_all(base, study.changes(base)))
    if seeds is not None:
        cells = _reseed(cells, seeds)
    named = [("cell", cell) for cell in cells] + tuning(study.tune, cells)
    named += references(study, scale, cells) if _has_references(study, scale) else []
    rows = [settings(experiment) for _, experiment in named]
    _check_figure(study, rows[: len(cells)], list(dict.fromkeys(name for row in rows for name in row)))
    runs = [
        Run(_identify(study, experiment, fingerprint), arm, experiment, row)
        for (arm, experiment), row in zip(named, rows, strict=True)
    ]
    _check_names_of_parts(runs)
    unique = {(run.id, run.arm): run for run in runs}
    return sorted(unique.values(), key=lambda run: getattr(run.experiment, "seed", 0))


def find(study: Study, scale: str, fingerprint: Fingerprint, seeds: int | None, item: str) -> Any:
    """The experiment with the id `item`, None without any; the cells are made one at a time until it is met."""
    base = study.base_at(scale)
    for cell in apply_all(base, study.changes(base)) if seeds is None else ():
        if _identify(study, cell, fingerprint) == item:
            return cell
    return next((run.experiment for run in plan(study, scale, fingerprint, seeds) if run.id == item), None)


def _has_references(study: Study, scale: str) -> bool:
    """Whether a figure draws their lines, which one of several metrics side by side does not, or a claim names one."""
    arms = {chosen.arm for claim in study.claims_at(scale) for chosen in selections(claim)}
    return bool(arms - {"cell"}) or not all(part.metrics for part in parts_of(study.figure))


def _identify(study: Study, experiment: Any, fingerprint: Fingerprint) -> str:
    """The id of this experiment in this study: its changes, its images, and the method where that is another."""
    also = [] if study.train is pretrain else [canonical(study.train, Callable[..., Any], "Study.train")]
    return run_id(experiment, fingerprint(experiment), *also)


def _reseed(cells: Sequence[Any], number: int) -> list[Any]:
    """Each cell at `number` seeds: those of the grid, then the next whole numbers."""
    if not hasattr(cells[0], "seed"):
        raise ValueError(f"--seeds repeats runs by their seed, and {type(cells[0]).__name__} has no setting seed")
    seeds = sorted({cell.seed for cell in cells})
    seeds = (seeds + list(range(seeds[-1] + 1, seeds[-1] + 1 + number)))[:number]
    distinct = {run_id(replace(cell, seed=0)): cell for cell in cells}.values()
    return [replace(cell, seed=seed) for cell in distinct for seed in seeds]


def select(runs: Sequence[Run], only: Mapping[str, str]) -> list[Run]:
    """The cells with these settings, and the runs that tune them, alone; with `arm`, those of this arm.

    Raises ValueError if nothing meets them.
    """
    among = [run for run in runs if "arm" in only or run.arm in GRID]
    rows = [{name: str(value) for name, value in {**run.settings, "arm": run.arm}.items()} for run in among]
    known = list(dict.fromkeys(name for row in rows for name in row))
    for name, wanted in only.items():
        if name not in known:
            raise ValueError(f"--only {name}: no such setting{nearest_or_all(name, known)}")
        if wanted not in (values := dict.fromkeys(row[name] for row in rows if name in row)):
            raise ValueError(f"--only {name}={wanted} selects nothing; its values here are {', '.join(values)}")
    chosen = [run for run, row in zip(among, rows, strict=True) if only.items() <= row.items()]
    if not chosen:
        raise ValueError(f"no run has {' and '.join(f'{name}={wanted}' for name, wanted in only.items())}")
    return chosen


def _check_figure(study: Study, rows: Sequence[Mapping[str, Any]], known: list[str]) -> None:
    """Nothing but the seed varies inside one figure cell, unless the figure says that it averages or chooses."""
    figure = study.figure
    names = (*figure.settings, *figure.average_over, *figure.best_over, *(study.tune.over if study.tune else ()))
    shown = sorted({setting for name in names for setting in name.split(" & ")})
    _check_names(study, shown, known)
    seen: dict[str, dict[str, Any]] = {}
    for one in rows:
        row = {**one, "seed": None}
        other = seen.setdefault(repr([row.get(name) for name in shown]), row)
        if row == other:
            continue
        if differing := [name for name in {**row, **other} if row.get(name) != other.get(name)]:
            raise ValueError(
                f"{', '.join(differing)} varies inside one cell of the figure, which shows {', '.join(shown)}; "
                f"show {differing[0]!r}, or name it in average_over= or best_over="
            )
    _check_log_x(study, rows)


def _check_log_x(study: Study, rows: Sequence[Mapping[str, Any]]) -> None:
    """What has no logarithm is refused here, not by the drawing after the training."""
    for part in parts_of(study.figure):
        if isinstance(part, Lines) and part.log_x and not part.x_metric:
            least = min((x for row in rows if isinstance(x := row.get(part.x), int | float)), default=1)
            if least <= 0:
                raise ValueError(f"figure, Lines: log_x takes positive numbers, and {part.x} is {least}")


def _check_names_of_parts(runs: Sequence[Run]) -> None:
    """Runs with the same settings are one run: two parts of one name would be shown, and judged, as one."""
    seen: dict[str, Run] = {}
    for run in runs:
        other = seen.setdefault(repr(run.settings), run)
        if run.id != other.id:
            ours, theirs = changes(run.experiment), changes(other.experiment)
            name = next((name for name in {**ours, **theirs} if ours.get(name) != theirs.get(name)), "settings")
            shown = run.settings.get(name, name)
            raise ValueError(
                f"{name}: two different parts are called {shown}, and no table tells them apart: rename one"
            )


def _check_names(study: Study, shown: Sequence[str], known: list[str]) -> None:
    """Each of these is a setting that some run has, or an axis of what the figure says is measured."""
    measured = {axis for figure in parts_of(study.figure) for metric in figure.metrics for axis, _ in metric.axes}
    for name in shown:
        if name not in known and name not in measured:
            kind = type(study.figure).__name__
            raise ValueError(f"figure, {kind}: no setting {name!r}{nearest_or_all(name, known)}")
