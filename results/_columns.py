"""Rows as the columns of an arrow table, one type a column."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from results.facts import PREDICTIONS


def columns(rows: Sequence[Mapping[str, Any]], about: Mapping[str, Any]) -> Any:
    """The rows as an arrow table, with `about` in its metadata."""
    names: dict[str, Any] = {}
    for row in rows:
        names.update(row)
    cells = {name: _column(name, [row.get(name) for row in rows]) for name in names}
    return pa.table(cells).replace_schema_metadata({"study": json.dumps(about)})


def _column(name: str, cells: list[Any]) -> Any:
    """One arrow type a column: numbers stay numbers, whole ones whole; a mixture of numbers and text becomes text."""
    if name.startswith(PREDICTIONS):
        return pa.array(cells, pa.list_(pa.uint16()))  # as small as zlib: arrow packs the bits of a dictionary
    distinct = {id(cell): cell for cell in cells}  # most columns repeat a few objects
    kinds = {type(cell) for cell in distinct.values() if cell is not None}
    for allowed, arrow in (({bool}, pa.bool_()), ({int}, pa.int64()), ({int, float}, pa.float64())):
        if kinds and kinds <= allowed:
            return pa.array(cells, arrow)
    texts = {key: _text(cell) for key, cell in distinct.items()}
    return pa.array([texts[id(cell)] for cell in cells], pa.string())


def _text(cell: Any) -> str | None:
    if cell is None or isinstance(cell, str):
        return cell
    return json.dumps(cell) if isinstance(cell, list | tuple) else str(cell)
