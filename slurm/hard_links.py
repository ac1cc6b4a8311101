"""Whether a folder has hard links: of two that link to one name, one is the first."""

import errno
import os
import socket
from contextlib import suppress
from pathlib import Path

NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS)
"""What the system says to a hard link that the file system cannot make."""


def check_links(folder: Path) -> None:
    """Raise OSError where the file system has no hard links, by which the first record or end is told from a second.

    Said here, since a run would train to its end first. What else is wrong with the folder is met where it matters.
    """
    file, link = (folder / f".{kind}-{socket.gethostname()}-{os.getpid()}" for kind in ("file", "link"))
    try:
        file.touch()
        link.hardlink_to(file)
    except OSError as problem:
        if problem.errno in NO_LINKS:
            raise OSError(f"{folder} is on a file system without hard links: --results DIR elsewhere") from problem
    finally:
        for path in (link, file):
            with suppress(OSError):
                path.unlink()
