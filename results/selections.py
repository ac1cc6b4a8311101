"""Which cells of a study a claim means: settings compared as the table shows them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from results.claims import Claim
from results.contrasts import AllOf, Cells, Contrast, Count, Rank
from results.nearest import nearest_or_all


def matching(chosen: Cells, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """The places of the rows that have one of the alternatives in `chosen.where`."""
    return [place for place, row in enumerate(rows) if any(_has(row, where) for where in chosen.where)]


def selections(claim: Claim) -> Iterator[Cells]:
    """All cells that the claim names."""
    number = claim.number
    contrasts = number.parts if isinstance(number, AllOf | Count) else (number,) if isinstance(number, Contrast) else ()
    for contrast in contrasts:
        yield from (term for _, term in contrast.terms)
    if isinstance(number, Rank):
        yield number.of


def check_claims(claims: Sequence[Claim], arms: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Raise ValueError if a claim names no cell of its arm, or if two claims have one name.

    arms: the settings of each run, by its arm ("cell", "supervised", ...).
    """
    names = [claim.name for claim in claims]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"two claims are named {twice[0]!r}; each needs a name of its own")
    for claim in claims:
        for chosen in selections(claim):
            if chosen.arm not in arms:
                raise ValueError(f"claim {claim.name}: no arm {chosen.arm!r}; there are {', '.join(arms)}")
            for where in chosen.where:
                if not any(_has(row, where) for row in arms[chosen.arm]):
                    raise ValueError(f"claim {claim.name}: {_no_match(where, arms[chosen.arm])}")
        if isinstance(claim.number, Rank):
            _check_rank(claim.name, claim.number, arms["cell"])


def _check_rank(claim: str, rank: Rank, rows: Sequence[Mapping[str, Any]]) -> None:
    by = rank.by if isinstance(rank.by, str) else ""
    for name in filter(None, (rank.over, by)):
        if not any(name in row for row in rows):
            raise ValueError(f"claim {claim}: {_no_match([(name, None)], rows)}")
    values = [row[by] for row in rows if row.get(by) is not None]
    if text := [value for value in values if not isinstance(value, int | float)]:
        raise ValueError(f"claim {claim}: by={by!r} takes a setting of numbers, and one of its values is {text[0]!r}")


def _has(row: Mapping[str, Any], where: Sequence[tuple[str, Any]]) -> bool:
    return all(name in row and _same(row[name], wanted) for name, wanted in where)


def _same(shown: Any, wanted: Any) -> bool:
    if isinstance(wanted, tuple):
        return any(_same(shown, one) for one in wanted)
    if shown is None or wanted is None:
        return shown is wanted
    return bool(shown == wanted) or str(shown) == str(wanted)


def _no_match(where: Sequence[tuple[str, Any]], rows: Sequence[Mapping[str, Any]]) -> str:
    for name, wanted in where:
        known = list(dict.fromkeys(name for row in rows for name in row))
        if name not in known:
            return f"no setting {name!r}{nearest_or_all(name, known)}"
        values = list(dict.fromkeys(str(row[name]) for row in rows if name in row))
        if not any(_same(row.get(name), wanted) for row in rows):
            return f"no cell has {name}={wanted!r}; its values here are {', '.join(values)}"
    return f"no cell has {' and '.join(f'{name}={wanted!r}' for name, wanted in where)} together"
