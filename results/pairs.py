"""The finished runs of one study by two versions of the code, paired.

Ids may change with the code, so they pair nothing; the settings that the study varies and the seed do.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from results.cells import plain
from results.facts import LIKE, PLAN, PROVENANCE, is_setting, written
from results.records import UNPLANNED

ENVIRONMENT = tuple(f"{PROVENANCE}{name}" for name in LIKE if name != "source")


@dataclass(frozen=True)
class Pairs:
    """Finished runs of two tables, one partner a row: `now` and `then` have the same index, in the order of `now`.

    same: whether all that both versions recorded (metrics, history, predictions) is equal to the bit.
    varied: the settings that pair them. alone: how many finished runs of each table have no partner, or several.
    changed: settings, images, versions and devices that differ between the tables, in words.
    """

    now: pd.DataFrame
    then: pd.DataFrame
    same: "pd.Series[bool]"
    varied: tuple[str, ...]
    alone: tuple[int, int]
    changed: tuple[str, ...]


def pair(now: pd.DataFrame, then: pd.DataFrame) -> Pairs:
    """Pair the finished runs of two tables, as read_table gives them, by arm, varied settings and seed."""
    varied = tuple(name for name in _varied(now, then) if name in now and name in then)
    first, second = _keyed(now, varied), _keyed(then, varied)
    kept = [_partners(one, other) for one, other in ((first, second), (second, first))]
    both = kept[0], kept[1].loc[kept[0].index]
    alone = len(first) - len(kept[0]), len(second) - len(kept[1])
    settings = {name for table in (now, then) for name in table.attrs["study"].get("base", ())} | set(varied)
    return Pairs(*both, _same(*both, settings), varied, alone, _changed(now, then))


def _varied(*tables: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(name for table in tables for name in table.attrs["study"].get("varied", ())))


def _keyed(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The finished runs of the plan, indexed by what pairs them."""
    done = table[(table["status"] == "done") & (table["arm"] != UNPLANNED)].copy()
    keys = done[["arm", "seed", *names]].itertuples(index=False, name=None)
    done.index = pd.Index([repr([written(plain(part)) for part in key]) for key in keys], dtype=object)
    return done


def _partners(table: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """The rows with exactly one partner in `other`, and no twin here."""
    single = other.index[~other.index.duplicated(keep=False)]
    return table[table.index.isin(single) & ~table.index.duplicated(keep=False)]


def _same(now: pd.DataFrame, then: pd.DataFrame, settings: set[str]) -> "pd.Series[bool]":
    names = [str(name) for name in now if name in then and name not in PLAN and not str(name).startswith(PROVENANCE)]
    names = [name for name in names if not is_setting(name, settings)]
    rows = zip(now[names].itertuples(index=False), then[names].itertuples(index=False), strict=True)
    return pd.Series([all(map(_equal, *row)) for row in rows], now.index, dtype=bool)


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return one is not None and other is not None and bool(np.array_equal(one, other))
    one, other = plain(one), plain(other)
    return bool(one == other)


def _changed(now: pd.DataFrame, then: pd.DataFrame) -> tuple[str, ...]:
    """What differs beside the code: settings of the base, images, versions, devices."""
    bases = [
        {**table.attrs["study"].get("base", {}), "data": table.attrs["study"].get("data")} for table in (then, now)
    ]
    before, after = ({**base, **_environment(table)} for base, table in zip(bases, (then, now), strict=True))
    names = [name for name in {**before, **after} if before.get(name, math.nan) != after.get(name, math.nan)]
    return tuple(f"{name} {before.get(name, 'absent')} -> {after.get(name, 'absent')}" for name in names)


def _environment(table: pd.DataFrame) -> dict[str, str]:
    done = table[table["status"] == "done"]
    names = [str(name) for name in table if str(name).startswith(ENVIRONMENT)] if len(done) else []
    return {name.removeprefix(PROVENANCE): ", ".join(sorted(map(str, done[name].dropna().unique()))) for name in names}
