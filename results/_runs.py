"""The finished runs of a study, and which of them a claim's cells mean."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from results._cell_means import CellMeans, cell_means
from results.cells import plain
from results.claims import Claim
from results.contrasts import Cells
from results.facts import PREDICTIONS
from results.records import UNPLANNED
from results.rows import valid_name
from results.selections import matching, selections


class NotRunError(Exception):
    """What a claim needs is not measured yet; the message says what."""


@dataclass(frozen=True)
class Runs:
    """The finished runs of one study at one scale.

    rows: one a run, with the column "cell", the place in `cells`; cells: the settings of each planned cell. fits: the
    cells' means, by metric. failed: why runs of a cell failed, by its place. paper: the paper's values.
    """

    rows: pd.DataFrame
    cells: list[dict[str, Any]]
    fits: dict[str, CellMeans]
    failed: dict[int, str]
    paper: pd.DataFrame

    def why(self, missing: Sequence[int]) -> str:
        """Why these cells have no finished run: "have no run yet", or "have no run that did not fail (diverged)"."""
        kinds = sorted({self.failed[place] for place in missing if place in self.failed})
        return f"have no run that did not fail ({', '.join(kinds)})" if kinds else "have no run yet"


def runs_of(table: pd.DataFrame, claims: Sequence[Claim], paper: pd.DataFrame) -> Runs:
    """The table's runs with the fits that the claims need; a cell is what the study varies, but for the seed."""
    varied = table.attrs["study"]["varied"]
    table = table[table["arm"] != UNPLANNED]
    planned = table[table["arm"] == "cell"]
    values = [[repr(plain(value)) for value in planned[name]] for name in varied]
    keys = list(zip(*values, strict=True)) if varied else [()] * len(planned)
    places = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    numbered = table.assign(cell=pd.Series([places[key] for key in keys], planned.index).reindex(table.index))
    first = numbered.drop_duplicates("cell").dropna(subset="cell").sort_values("cell")
    cells = _settings(first)
    done = numbered[numbered["status"] == "done"]
    metrics = {chosen.metric for claim in claims for chosen in selections(claim)} & set(map(str, table.columns))
    lost = numbered[(numbered["status"] == "failed") & numbered["cell"].notna()]
    failed = (
        {int(cell): str(kind) for cell, kind in zip(lost["cell"], lost["failure"], strict=True)} if len(lost) else {}
    )
    return Runs(done, cells, {metric: _fit(done, metric, len(cells)) for metric in metrics}, failed, paper)


def chosen_cells(chosen: Cells, runs: Runs) -> list[int]:
    """The cells that count: all that match, or the one that validation images choose."""
    found = matching(chosen, runs.cells)
    if not found:
        raise NotRunError("the table has no such cells")
    if not chosen.best:
        return found
    name = valid_name(chosen.metric)
    if name not in runs.rows:
        raise NotRunError(f"no {name} to choose by")
    means = runs.rows.assign(score=numbers(runs.rows[name])).groupby("cell")["score"].mean()
    scores = [float(means.get(place, math.nan)) for place in found]
    if missing := [place for place, score in zip(found, scores, strict=True) if math.isnan(score)]:
        raise NotRunError(f"{len(missing)} of {len(found)} candidates {runs.why(missing)}")
    return [found[scores.index(max(scores))]]


def by_seed(runs: Runs, chosen: Cells) -> dict[Any, pd.DataFrame]:
    """The rows that `chosen` means at each seed at which all of them are done."""
    if chosen.arm == "cell":
        wanted = chosen_cells(chosen, runs)
        rows = runs.rows[runs.rows["cell"].isin(wanted)]
        return {seed: group for seed, group in rows.groupby("seed") if len(group) == len(wanted)}
    rows = runs.rows[runs.rows["arm"] == chosen.arm]
    if len(rows):
        rows = rows.iloc[matching(chosen, _settings(rows))]
    return dict(iter(rows.groupby("seed")))


def _fit(rows: pd.DataFrame, metric: str, cells: int) -> CellMeans:
    seen = rows[rows["cell"].notna() & rows[metric].notna()]
    values = numbers(seen[metric]).to_numpy()
    return cell_means(values, seen["cell"].to_numpy(dtype=int), seen["seed"].to_numpy(dtype=int), cells)


def numbers(column: Any) -> Any:
    """float64, NaN for null."""
    return pd.to_numeric(column).astype(float)


def _settings(rows: pd.DataFrame) -> list[dict[str, Any]]:
    kept = rows[[name for name in rows if not str(name).startswith(PREDICTIONS)]]
    return [{str(name): plain(value) for name, value in row.items()} for row in kept.to_dict("records")]
