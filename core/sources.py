"""Where a data set is looked for by its name: the folder given, ./data, the cache, torchvision's download."""

import hashlib
import json
import re
import stat
from pathlib import Path

from core.decode import DataError
from core.image_cache import published
from core.layouts import LAYOUTS, TORCHVISION, Source, layout


def find(name: str, folder: Path | None, cache: Path) -> Source:
    """The source of the data set `name`; raises DataError where there is none.

    With `folder` (its sub-folder `name` first, then itself) nowhere else is looked.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]*", name):
        raise DataError(f"data set name {name!r} is not one: use letters, digits, '.', '_' and '-', no '.' in front")
    places = [folder / name, folder] if folder else [Path("data", name), Path("data"), cache / name]
    try:
        for place in places:
            if source := layout(place, name):
                return source
    except OSError as problem:
        raise DataError(f"cannot read {problem.filename}: {problem.strerror}; check its permissions") from problem
    if folder:
        found = "holds no images" if folder.is_dir() else "is no folder"
        raise DataError(f"{folder} {found}: give a folder (or its parent, with {name}/ in it) that holds {LAYOUTS}")
    return _downloaded(name, cache)


def identity(source: Source, side: int | None, version: int) -> str:
    """A key, 16 hex digits, of the source's files (names, sizes, times of change) and of what is made of them.

    Raises DataError for what is no file.
    """
    try:
        found = [(str(file), file.stat()) for file in source.files]
    except OSError as problem:
        raise DataError(f"cannot read {problem.filename}: {problem.strerror}; repair or remove it") from problem
    if other := [name for name, status in found if not stat.S_ISREG(status.st_mode)]:
        raise DataError(f"{other[0]} is no file: remove it")  # whoever opens a pipe waits for ever
    files = [(name, status.st_size, status.st_mtime_ns) for name, status in found]
    return hashlib.blake2b(json.dumps([version, side, files]).encode(), digest_size=8).hexdigest()


def _downloaded(name: str, cache: Path) -> Source:
    if name not in TORCHVISION:
        raise DataError(
            f"no data set {name!r} in ./data/{name}, ./data or {cache / name}: pass --data DIR with {LAYOUTS}"
        )
    from torchvision import datasets  # here, since its import takes longer than loading from the cache

    try:
        with published(cache / name) as temporary:
            getattr(datasets, TORCHVISION[name][0])(temporary, download=True)
        source = layout(cache / name, name)
    except (OSError, RuntimeError) as problem:
        reason = (str(problem).splitlines() or [type(problem).__name__])[0]
        raise DataError(
            f"torchvision's download of {name} failed ({reason}): pass --data DIR with {LAYOUTS}"
        ) from problem
    if source is None:
        raise DataError(f"{cache / name} holds no images: remove it, or pass --data DIR with {LAYOUTS}")
    return source
