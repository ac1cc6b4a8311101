"""Parquet files whose rows are encoded images with labels, as Hugging Face writes them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.decode import BATCH, DataError, Encoded


def rows(files: list[Path]) -> Iterator[list[Encoded]]:
    """The images in parquet files, in batches, none of them empty.

    The images lie in the one column of bytes, or of structs with `bytes`; the labels in the column `label` or
    `fine_label`, or in the only other one of numbers or text. Class names come from the metadata, where it has them.
    Raises DataError, which names the file and the row.
    """
    import pyarrow  # here, since a data set already in the cache needs no pyarrow
    import pyarrow.parquet

    number = 0
    for file in files:
        try:
            with pyarrow.parquet.ParquetFile(file) as table:
                image, label, names = _columns(file, table.schema_arrow)
                row = 0
                for batch in table.iter_batches(BATCH, columns=[image, label]):
                    cells = zip(batch[image].to_pylist(), batch[label].to_pylist(), strict=True)
                    yield [_encoded(f"{file}, row {row + i}", *pair, names) for i, pair in enumerate(cells)]
                    row += len(batch)
                number += row
        except (pyarrow.ArrowException, OSError) as problem:
            reason = str(problem).splitlines()[0]
            raise DataError(f"cannot read {file} as parquet: {reason}; copy or download it again") from problem
    if not number:
        raise DataError(f"{files[0]} has no rows: give parquet files with images in them")


def _encoded(where: str, cell: Any, label: int | str | None, names: list[str]) -> Encoded:
    data = cell.get("bytes") if isinstance(cell, dict) else cell
    if not isinstance(data, bytes):
        raise DataError(f"{where} has no image bytes: write the images into the file, not only their paths")
    if label is None or (names and isinstance(label, int) and not 0 <= label < len(names)):
        raise DataError(f"{where} has label {label}, not one of its {len(names)} classes: remove unlabeled images")
    return Encoded(where, data, names[label] if names and isinstance(label, int) else str(label))


def _columns(file: Path, schema: Any) -> tuple[str, str, list[str]]:
    """The image column, the label column, and the class names that Hugging Face's metadata gives (or none)."""
    import pyarrow.types as kinds

    struct = [f.name for f in schema if kinds.is_struct(f.type) and f.type.get_field_index("bytes") >= 0]
    images = struct or [f.name for f in schema if kinds.is_binary(f.type) or kinds.is_large_binary(f.type)]
    others = [f.name for f in schema if kinds.is_integer(f.type) or kinds.is_string(f.type)]
    labels = [name for name in ("label", "fine_label") if name in others][:1] or others
    if len(images) != 1 or len(labels) != 1:
        raise DataError(
            f"{file} has columns {', '.join(schema.names)}: give it one column of image bytes and one named label"
        )
    features = json.loads((schema.metadata or {}).get(b"huggingface", b"{}")).get("info", {}).get("features", {})
    return images[0], labels[0], features.get(labels[0], {}).get("names") or []
