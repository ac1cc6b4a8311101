"""Parquet files whose rows are encoded images with labels, as Hugging Face writes them."""

import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from core.decode import BATCH, DataError, Encoded

MAX_BYTES = 1 << 26  # of an encoded image
MAX_READ = 1 << 28  # bytes of a column at once: a file need hold them once, however many of its rows repeat them


def rows(files: list[Path]) -> Iterator[list[Encoded]]:
    """The images in parquet files, in batches, none of them empty, each of BATCH images or MAX_BYTES at most.

    The images lie in the one column of bytes, or of structs with `bytes`; the labels in the column `label` or
    `fine_label`, or in the only other one of numbers or text. Class names come from the metadata, where it has them.
    Raises DataError, which names the file and the row; for an image of more than MAX_BYTES, too.
    """
    batch: list[Encoded] = []
    size = 0
    for image in chain.from_iterable(map(_images, files)):
        assert isinstance(image.data, bytes)
        if batch and (len(batch) == BATCH or size + len(image.data) > MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(image)
        size += len(image.data)
    if not batch:
        raise DataError(f"{files[0]} has no rows: give parquet files with images in them")
    yield batch


def number_of_rows(files: list[Path]) -> int:
    """The rows of parquet files, by their footers. Raises DataError, which names the file."""
    import pyarrow
    import pyarrow.parquet

    number = 0
    for file in files:
        try:
            number += pyarrow.parquet.read_metadata(file).num_rows
        except (pyarrow.ArrowException, OSError) as problem:
            raise _unreadable(file, problem) from problem
    return number


def _images(file: Path) -> Iterator[Encoded]:
    import pyarrow  # here, since a data set already in the cache needs no pyarrow
    import pyarrow.parquet

    row = 0
    try:
        with pyarrow.parquet.ParquetFile(file) as table:
            image, label, names = _columns(file, table.schema_arrow)
            leaves = [f"{image}.bytes" if table.schema_arrow.field(image).type.num_fields else image, label]
            for batch in table.iter_batches(_rows_at_once(table.metadata, leaves), columns=leaves):
                for cells in zip(batch[image].to_pylist(), batch[label].to_pylist(), strict=True):
                    yield _encoded(f"{file}, row {row}", *cells, names)
                    row += 1
    except (pyarrow.ArrowException, OSError) as problem:
        raise _unreadable(file, problem) from problem


def _unreadable(file: Path, problem: Exception) -> DataError:
    return DataError(f"cannot read {file} as parquet: {str(problem).splitlines()[0]}; copy or download it again")


def _rows_at_once(metadata: Any, leaves: list[str]) -> int:
    """So many rows that they fit MAX_READ even if each cell were as large as all of its column; BATCH at most."""
    groups = [metadata.row_group(place) for place in range(metadata.num_row_groups)]
    columns = [group.column(place) for group in groups for place in range(group.num_columns)]
    largest = max((column.total_uncompressed_size for column in columns if column.path_in_schema in leaves), default=0)
    return max(1, min(BATCH, MAX_READ // max(1, largest)))


def _encoded(where: str, cell: Any, label: int | str | None, names: list[str]) -> Encoded:
    data = cell.get("bytes") if isinstance(cell, dict) else cell
    if not isinstance(data, bytes):
        raise DataError(f"{where} has no image bytes: write the images into the file, not only their paths")
    if len(data) > MAX_BYTES:
        raise DataError(f"{where} has an image of {len(data)} bytes: shrink or remove it, the limit is {MAX_BYTES}")
    if label is None or (names and isinstance(label, int) and not 0 <= label < len(names)):
        raise DataError(
            f"{where} has label {label}, not one of its {len(names)} classes: remove unlabeled images; without the "
            "files of an unlabeled test split, those of a validation split serve as such"
        )
    return Encoded(where, data, names[label] if names and isinstance(label, int) else str(label))


def _columns(file: Path, schema: Any) -> tuple[str, str, list[str]]:
    """The image column, the label column, and the class names that Hugging Face's metadata gives (or none)."""
    import pyarrow.types as kinds

    def has_bytes(kind: Any) -> bool:
        return bool(kinds.is_binary(kind) or kinds.is_large_binary(kind))

    def wraps_bytes(kind: Any) -> bool:
        return kinds.is_struct(kind) and any(part.name == "bytes" and has_bytes(part.type) for part in kind)

    images = [f.name for f in schema if wraps_bytes(f.type)] or [f.name for f in schema if has_bytes(f.type)]
    others = [f.name for f in schema if _is_label(f.type)]
    labels = [name for name in ("label", "fine_label") if name in others][:1] or others
    if len(images) != 1 or len(labels) != 1:
        raise DataError(
            f"{file} has columns {', '.join(schema.names)}: give it one column of image bytes and one named label"
        )
    return images[0], labels[0], _class_names(file, (schema.metadata or {}).get(b"huggingface", b"{}"), labels[0])


def _is_label(kind: Any) -> bool:
    """Whether it is text or a whole number, or a code of such, as pandas writes categories."""
    import pyarrow.types as kinds

    named = kinds.is_string(kind) or kinds.is_large_string(kind) or kinds.is_string_view(kind)
    return named or kinds.is_integer(kind) or (kinds.is_dictionary(kind) and _is_label(kind.value_type))


def _class_names(file: Path, metadata: bytes, label: str) -> list[str]:
    try:
        names = json.loads(metadata).get("info", {}).get("features", {}).get(label, {}).get("names") or []
        if isinstance(names, list) and all(isinstance(name, str) for name in names):
            return names
    except (ValueError, AttributeError, RecursionError):
        pass
    raise DataError(f"{file} names its classes in metadata that cannot be read: write the file without metadata")
