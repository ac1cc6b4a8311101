"""Files that are there and cannot be trusted: named, set aside, made again."""

import itertools
import os
from pathlib import Path


class Damaged(ValueError):  # noqa: N818 -- it is a state of a file, and reads so
    """The file at `path` is not what was written there."""

    def __init__(self, path: Path, problem: object) -> None:
        super().__init__(f"{path} is damaged: {problem}")
        self.path = path


def set_aside(path: Path) -> Path | None:
    """Rename a damaged file, or what lies in its place, to `<name>.damaged-<n>`; None if it is gone."""
    for number in itertools.count(1):
        aside = path.with_name(f"{path.name}.damaged-{number}")
        try:
            if path.is_dir():
                aside.mkdir()  # a folder takes the place of an empty one, and of nothing else
                return path.rename(aside)
            os.link(path, aside)
        except FileExistsError:
            continue
        except FileNotFoundError:
            return None
        path.unlink(missing_ok=True)
        return aside
    raise AssertionError("count() does not end")
