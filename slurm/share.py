"""Folders of a group stay the group's."""

import grp
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def share(folder: Path, group: str | None) -> None:
    """Let what is made in `folder` from now on belong to the Unix group, which may write there; None changes nothing.

    Raises ValueError for a group that this user is not in; a folder of another user stays as it is.
    """
    if group is None:
        return
    mine: dict[str, int] = {}
    for number in {os.getgid(), *os.getgroups()}:
        with suppress(KeyError):  # a group without a name, as some file systems and containers add
            mine[grp.getgrgid(number).gr_name] = number
    if group not in mine:
        raise ValueError(f"group takes one of this user's groups, {', '.join(sorted(mine))}, not {group!r}")
    if folder.stat().st_uid == os.getuid():
        os.chown(folder, -1, mine[group])
        folder.chmod(stat.S_IMODE(folder.stat().st_mode) | stat.S_ISGID | stat.S_IRWXG)


@contextmanager
def sharing(group: str | None) -> Iterator[None]:
    """What is made in this block may be written by the Unix group, if there is one."""
    before = os.umask(0)
    os.umask(before & 0o707 if group else before)
    try:
        yield
    finally:
        os.umask(before)
