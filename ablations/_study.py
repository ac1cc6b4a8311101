"""Study: one question, the grid that answers it, the figure that shows the answer, and the claims it tests."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, is_dataclass
from pathlib import Path
from types import FunctionType
from typing import Any

from ablations._find import in_words
from ablations._grid import Change, Grid, apply
from ablations._scale import SCALES
from ablations._tune import Tune
from core.experiment import Experiment
from core.pretrain import pretrain
from core.probe import LinearProbe, NearestNeighbors
from results.claims import Claim
from results.nearest import nearest_or_all


@dataclass(frozen=True, kw_only=True)
class Study:
    """What to run and why.

    grid: the changes, or a function of the base experiment that returns them.
    figure: what shows them. claims: what it should show, or a function of the base experiment that returns them.
    probes: what is measured on the trained encoder, or a function of the base experiment that returns it.
        One that says its `metrics` has their names checked before anything is trained; one that loads other images
        names them as its `dataset`, whose fingerprint is then in its id.
    tune: what each arm of the grid chooses for itself before it is run, on validation images; None where nothing.
    fixed: settings in which this study's base differs from its scale's.
    base: an experiment, a frozen dataclass, or a function of the scale's experiment; `Experiment` means the scale's.
    train: `train(experiment, data, journal, device)` returns what core.pretrain returns, or metrics.
    name, files: `load_study` sets them; the files are a study's own one, and that of the study it is derived from.
    """

    question: str
    grid: Grid | Callable[[Any], Grid]
    figure: Any
    claims: Sequence[Claim] | Callable[[Any], Sequence[Claim]] = ()
    paper: str = ""
    probes: tuple[Any, ...] | Callable[[Any], tuple[Any, ...]] = (LinearProbe(), NearestNeighbors())
    tune: Tune | None = None
    fixed: Mapping[str, Any] = field(default_factory=dict)
    base: Any = Experiment
    train: Callable[..., Any] = pretrain
    name: str = ""
    files: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises TypeError for what is misplaced, before anything asks for it."""
        _check("figure", self.figure, hasattr(self.figure, "draw"), "a figure of results.plots, such as Bars(x=...)")
        if isinstance(self.claims, Claim):
            raise TypeError("Study.claims takes a list, [difference(...)], not one claim alone")
        for name, takes, fits in (
            ("grid", "vary(...)", lambda change: isinstance(change, Mapping)),
            ("probes", "a tuple of probes, such as (LinearProbe(),)", callable),
            ("claims", "difference(...) and the like", lambda claim: isinstance(claim, Claim)),
        ):
            given = getattr(self, name)
            if not isinstance(given, FunctionType):
                _check(name, given, isinstance(given, Grid | list | tuple) and all(map(fits, given)), takes)
        is_base = is_dataclass(self.base) or callable(self.base)
        _check("base", self.base, is_base, "an experiment, or a function of the scale's")

    def run(self, **words: Any) -> bool:
        """Train what is lacking and draw it, by the words of `python -m ablations.run`; whether all of it is done,
        or on SLURM without `wait=True` whether it is submitted.

            study.run(cluster="local", scale="smoke", seeds=5, only={"head": "MLP"}, retry_failed=True)

        A study lies in a file: one that the package ships, one's own, or the script that calls this.
        Raises ValueError or TypeError for wrong use; runs that failed are named, and stand as such in the table.
        """
        from ablations._from_python import run_study

        return run_study(self, words)

    def base_at(self, scale: str) -> Any:
        """The experiment that the grid changes, at this scale."""
        if self.base is Experiment:
            base = SCALES[scale]
        elif isinstance(self.base, FunctionType):
            base = _made(self.base, SCALES[scale])
        else:
            base = self.base() if isinstance(self.base, type) else self.base
        return apply(base, self.fixed)

    def changes(self, base: Any) -> tuple[Change, ...]:
        """The grid of this base experiment. Raises ValueError if it is empty or sets what `fixed` sets."""
        grid = tuple(_made(self.grid, base))
        if not grid:
            raise ValueError("grid takes at least one change, such as vary(seed=range(3))")
        varied = {name for change in grid for name in change}
        twice = sorted(name for name in self.fixed if name in varied or name.partition(".")[0] in varied)
        if twice:
            raise ValueError(f"the study varies {', '.join(twice)} itself, so it cannot be set; --only selects")
        return grid

    def probes_at(self, scale: str) -> tuple[Any, ...]:
        """The probes, for the study's base at this scale."""
        return tuple(_made(self.probes, self.base_at(scale)))

    def claims_at(self, scale: str) -> tuple[Claim, ...]:
        """The claims, for the study's base at this scale. Raises ValueError if one is of a scale that there is not."""
        claims = tuple(_made(self.claims, self.base_at(scale)))
        for claim in claims:
            if wrong := [name for name in claim.scales if name not in SCALES]:
                raise ValueError(f"claim {claim.name}: no scale {wrong[0]!r}{nearest_or_all(wrong[0], [*SCALES])}")
        return claims


def _made(given: Any, base: Any) -> Any:
    """What is given, or what it makes of the base if it is a function: where that fails, its file and line in words."""
    if not isinstance(given, FunctionType):
        return given
    try:
        return given(base)
    except (ValueError, TypeError):
        raise
    except Exception as problem:
        raise in_words(problem, Path(given.__code__.co_filename)) from problem


def _check(name: str, given: Any, holds: bool, takes: str) -> None:
    if not holds:
        raise TypeError(f"Study.{name} takes {takes}, not {given!r}")


def derive(study: Study, **fixed: Any) -> Study:
    """The study with other settings in its base: `derive(load_study("loss"), epochs=30)`; dotted names in a mapping."""
    return dataclasses.replace(study, fixed={**study.fixed, **fixed})
