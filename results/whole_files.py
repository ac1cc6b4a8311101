"""Files that are written as a whole or not at all: readers see the old one or the new one."""

import os
import uuid
from pathlib import Path


def write_whole(path: Path, *parts: bytes | memoryview) -> None:
    """Write the file at `path` anew, at once; a link there is replaced, and not written through."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with temporary.open("xb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
