"""The means of a study's cells with their pooled error: y = cell + seed + error, by least squares."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from results._estimates import Student

UNEQUAL = 0.01
"""Where variances as unlike as these are rarer than this among equal ones, no error serves all cells."""
SIMULATED, DRAWS = 999, 20_000


@dataclass(frozen=True)
class CellMeans:
    """K cells measured at S seeds. Runs are paired by seed, so contrasts (weights that sum to 0) lose the seed effects.

    means: (K,), NaN where a cell has no run. counts: (K,) runs. lift: (K, parameters), each mean in the parameters of
    the model. scatter: their covariance at unit error. error: of one run, with `freedom` degrees. own: (K,) errors of
    the single cells, None where one error serves all. Where they are unlike, a contrast is to be had from its own
    differences, one a seed (of_seeds): Student's t of those is right whatever the cells' errors are, and has nothing of
    a loud cell that is not in it, of which the residuals of all others have a part.
    """

    means: Any
    counts: Any
    lift: Any
    scatter: Any
    known: Any
    error: float
    freedom: int
    own: Any

    def contrast(self, weights: Any) -> Student | None:
        """The weighted sum of the means by the pooled error; None if these runs do not determine it.

        `weights` (K,) sum to 0.
        """
        used = np.flatnonzero(weights)
        if not self.counts[used].all():
            return None
        row = weights[used] @ self.lift[used]
        if not np.allclose(row @ self.known, row, atol=1e-6):
            return None
        value, seeds = float(weights[used] @ self.means[used]), int(self.counts[used].min())
        error = self.error * float(np.sqrt(max(row @ self.scatter @ row, 0.0))) if self.freedom else np.nan
        return Student(value, error, self.freedom, seeds, POOLED)

    def draws(self, used: Any, number: int = DRAWS) -> Any:
        """(number, len(used)): what these means may truly be, a parametric bootstrap with Student's t for normal."""
        random = np.random.default_rng(0)
        if self.own is not None:
            counts = self.counts[used]
            errors = random.standard_t(np.maximum(counts - 1, 1), (number, len(used))) / np.sqrt(counts)
            return self.means[used] + errors * self.own[used]
        covariance = self.lift[used] @ self.scatter @ self.lift[used].T
        sizes, vectors = np.linalg.eigh(covariance)
        normal = random.normal(size=(number, len(used))) @ (vectors * np.sqrt(np.clip(sizes, 0, None))).T
        chi = random.chisquare(self.freedom, (number, 1)) / self.freedom
        return self.means[used] + self.error * normal / np.sqrt(chi)


POOLED, UNLIKE, OWN_SEEDS = "error pooled over cells", "unequal errors, its own seeds", "its own seeds"


def cell_means(values: Any, cell: Any, seed: Any, cells: int) -> CellMeans:
    """Fit `values` (n,) of the runs in cells `cell` (n,), numbers below `cells`, at seeds `seed` (n,)."""
    seeds = np.unique(seed)
    columns = [cell[:, None] == np.arange(cells), seed[:, None] == seeds]
    design = np.concatenate(columns, axis=1).astype(float)
    scatter = np.linalg.pinv(design.T @ design)
    known = scatter @ design.T @ design
    parameters = scatter @ design.T @ values
    lift = np.concatenate([np.eye(cells), np.full((cells, len(seeds)), 1 / max(len(seeds), 1))], axis=1)
    counts = np.bincount(cell, minlength=cells)
    residual = values - design @ parameters
    freedom = len(values) - round(np.trace(known))
    error = float(np.sqrt(residual @ residual / freedom)) if freedom else np.nan
    means = np.where(counts > 0, lift @ parameters, np.nan)
    own = _own_errors(residual, design @ scatter @ design.T, cell, cells, freedom) if freedom and error > 1e-9 else None
    return CellMeans(means, counts, lift, scatter, known, error, freedom, own)


def _own_errors(residual: Any, hat: Any, cell: Any, cells: int, freedom: int) -> Any:
    """The cells' own errors, if they are too unlike to be one: by the largest share of variance (Cochran's C).

    What the seed effects took from a loud cell is left in the others: the quiet ones look too loud, not too quiet.
    """
    member = (cell == np.arange(cells)[:, None]).astype(float)
    degrees = member @ (1 - np.diag(hat))
    judged = degrees > 0.5
    if judged.sum() < 2:
        return None
    noise = np.random.default_rng(0).normal(size=(SIMULATED, len(residual)))
    simulated = noise - noise @ hat

    def largest(rests: Any) -> Any:
        variances = (rests**2 @ member.T)[..., judged] / degrees[judged]
        return variances.max(axis=-1) / (rests**2).sum(axis=-1)

    if (1 + (largest(simulated) >= largest(residual)).sum()) / (1 + SIMULATED) > UNEQUAL:
        return None
    pooled = np.sqrt(residual @ residual / freedom)
    own = np.sqrt(member @ residual**2 / np.where(judged, degrees, 1.0))
    return np.where(judged, own, pooled)


def of_seeds(numbers: Sequence[float], basis: str = OWN_SEEDS) -> Student:
    """The mean of one number a seed, with the error of these seeds alone; `basis` says why."""
    sample = np.asarray(numbers, dtype=float)
    freedom = len(sample) - 1
    error = float(sample.std(ddof=1)) / np.sqrt(len(sample)) if freedom else np.nan
    return Student(float(sample.mean()), float(error), freedom, len(sample), basis)
