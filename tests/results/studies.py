"""Clearly synthetic studies: cells with known effects, runs with known noise, as a table that verdicts reads."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from results.claims import Claim, about_claims

Cell = Mapping[str, Any]


def study(
    cells: Sequence[tuple[Cell, float]],
    claims: Sequence[Claim],
    seeds: int = 3,
    noise: float | Sequence[float] = 0.5,
    random: int = 0,
    **about: Any,
) -> pd.DataFrame:
    """A finished table: each cell at its true value plus an effect of the seed and noise, of images and of training.

    Validation and test images see the same training, so most of the noise is common to both.
    """
    draw = np.random.default_rng(random)
    effects = draw.normal(0, 2, size=seeds)
    trained = draw.normal(size=(len(cells), seeds)) * np.broadcast_to(noise, len(cells))[:, None]
    images = draw.normal(0, 0.05, size=(2, len(cells), seeds))
    rows = [
        {
            **cell,
            "arm": "cell",
            "seed": seed,
            "status": "done",
            "linear_top1": true + effects[seed] + trained[place, seed] + images[0, place, seed],
            "linear_valid_top1": true + effects[seed] + trained[place, seed] + images[1, place, seed],
        }
        for seed in range(seeds)
        for place, (cell, true) in enumerate(cells)
    ]
    table = pd.DataFrame(rows)
    varied = list(dict.fromkeys(name for cell, _ in cells for name in cell))
    table.attrs["study"] = {"study": "synthetic", "scale": "laptop", "varied": varied, "claims": about_claims(claims)}
    table.attrs["study"].update(about)
    return table


def line(*values: float) -> list[tuple[Cell, float]]:
    """Cells x = 0, 1, 2, ... with these true values."""
    return [({"x": place}, true) for place, true in enumerate(values)]
