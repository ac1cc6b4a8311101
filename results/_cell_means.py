"""The means of a study's cells with their errors: y = cell + seed + error, by least squares."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from results._estimates import Student

PRIOR = 2
"""A cell's variance is that of its own runs, and of the study's as if by so many runs more (moderated: Smyth 2004)."""
UNEQUAL = 0.01
"""Where variances as unlike as these are rarer than this among equal ones, no error serves all cells."""
SIMULATED, AT_ONCE, DRAWS = 999, 111, 20_000
MODERATED, UNLIKE, OWN_SEEDS = "errors of its cells, moderated", "unequal errors, its own seeds", "its own seeds"


@dataclass(frozen=True)
class CellMeans:
    """K cells measured by n runs at S seeds. Runs are paired by seed: contrasts (weights of sum 0) lose seed effects.

    means: (K,), NaN where a cell has no run. counts: (K,) runs. lift: (K, parameters), each mean in the parameters of
    the model. design: (n, parameters), a run's cell and seed. solve: (parameters, n), the parameters in the runs.
    residual: (n,). own: (K,), how many degrees of freedom a cell's residuals have. freedom: those of all.
    """

    means: Any
    counts: Any
    lift: Any
    design: Any
    solve: Any
    residual: Any
    own: Any
    freedom: int

    @property
    def member(self) -> Any:
        """(K, n), 1 where a run is of a cell."""
        return self.design[:, : len(self.counts)].T

    @property
    def pooled(self) -> float:
        """The variance of one run, of all cells; NaN without any freedom."""
        return float(self.residual @ self.residual) / self.freedom if self.freedom else np.nan

    @cached_property
    def variances(self) -> Any:
        """(K,), of one run, moderated."""
        return (PRIOR * self.pooled + self.member @ self.residual**2) / self.degrees

    @property
    def degrees(self) -> Any:
        """(K,), those of `variances`."""
        return PRIOR + self.own

    @cached_property
    def unlike(self) -> bool:
        """Whether the cells' errors are so unlike that the study's says nothing of one.

        Then a contrast is to be had from its own differences, one a seed (of_seeds): a loud cell that is not in it does
        not reach those, whereas the residuals of all others have a part of it.
        """
        return self.freedom > 0 and self.pooled > 1e-18 and _are_unlike(self)

    def contrast(self, weights: Any) -> Student | None:
        """The weighted sum of the means, with its cells' errors; None if these runs do not determine it.

        `weights` (K,) sum to 0. The degrees of freedom are Satterthwaite's, and at most the study's.
        """
        used = np.flatnonzero(weights)
        if not self.counts[used].all():
            return None
        row = weights[used] @ self.lift[used]
        if not np.allclose(row @ self.solve @ self.design, row, atol=1e-6):
            return None
        value, seeds = float(weights[used] @ self.means[used]), int(self.counts[used].min())
        if not self.freedom:
            return Student(value, np.nan, 0, seeds, MODERATED)
        parts = self.member @ (row @ self.solve) ** 2 * self.variances
        spread = float((parts**2 / self.degrees).sum())
        freedom = min(float(parts.sum()) ** 2 / spread, self.freedom) if spread else self.freedom
        return Student(value, float(np.sqrt(parts.sum())), freedom, seeds, MODERATED)

    def draws(self, used: Any) -> Any:
        """(DRAWS, len(used)): what these means may truly be, a parametric bootstrap with Student's t for normal."""
        random = np.random.default_rng(0)
        reach = self.lift[used] @ self.solve * np.sqrt(self.variances @ self.member)
        normal = random.normal(size=(DRAWS, reach.shape[1])) @ reach.T
        chi = random.chisquare(self.freedom, (DRAWS, 1)) / self.freedom
        return self.means[used] + normal / np.sqrt(chi)


def cell_means(values: Any, cell: Any, seed: Any, cells: int) -> CellMeans:
    """Fit `values` (n,) of the runs in cells `cell` (n,), numbers below `cells`, at seeds `seed` (n,)."""
    seeds, member = np.unique(seed), (cell == np.arange(cells)[:, None]).astype(float)
    design = np.concatenate([member.T, (seed[:, None] == seeds).astype(float)], axis=1)
    solve = np.linalg.pinv(design.T @ design) @ design.T
    parameters = solve @ values
    lift = np.concatenate([np.eye(cells), np.full((cells, len(seeds)), 1 / max(len(seeds), 1))], axis=1)
    counts = np.bincount(cell, minlength=cells)
    leverage = np.einsum("np,pn->n", design, solve)
    own = np.maximum(counts - member @ leverage, 0.0)
    means = np.where(counts > 0, lift @ parameters, np.nan)
    freedom = len(values) - round(leverage.sum())
    return CellMeans(means, counts, lift, design, solve, values - design @ parameters, own, freedom)


def _are_unlike(fit: CellMeans) -> bool:
    """Whether the cells' errors are too unlike to be one, by the largest share of variance (Cochran's C)."""
    judged = fit.own > 0.5
    if judged.sum() < 3:  # of two cells at the same seeds the residuals are each other's mirror images
        return False

    def largest(rests: Any) -> Any:
        variances = (rests**2 @ fit.member.T)[..., judged] / fit.own[judged]
        return variances.max(axis=-1) / (rests**2).sum(axis=-1)

    random, found, as_large = np.random.default_rng(0), largest(fit.residual), 1
    for _ in range(SIMULATED // AT_ONCE):
        noise = random.normal(size=(AT_ONCE, len(fit.residual)))
        as_large += int((largest(noise - noise @ fit.design @ fit.solve) >= found).sum())
        if as_large > UNEQUAL * (1 + SIMULATED):  # as a rule after the first of them
            return False
    return True


def of_seeds(numbers: Sequence[float], basis: str = OWN_SEEDS) -> Student:
    """The mean of one number a seed, with the error of these seeds alone; `basis` says why."""
    sample = np.asarray(numbers, dtype=float)
    freedom = len(sample) - 1
    error = float(sample.std(ddof=1)) / np.sqrt(len(sample)) if freedom else np.nan
    return Student(float(sample.mean()), float(error), freedom, len(sample), basis)
