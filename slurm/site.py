"""What a place is like: a value that is kept beside one's studies."""

import re
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from slurm.resources import Resources, plain

_WITH_VARIABLES = re.compile(r"(?:[\w./:=,@+~-]|\$[A-Za-z_]\w*|\$\{[A-Za-z_]\w*\})+", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Site:
    """How jobs are set up at a place.

    `setup` are lines of shell that each job runs first, as they are; `python` the command that starts Python there, a
    container's perhaps (None: this very Python); `scratch` a folder of the node for temporary files; `group` the Unix
    group that shares the results; `defaults` the resources where a submission says nothing. `python` and `scratch` may
    name variables, such as $HOME.
    """

    setup: Sequence[str] = ()
    python: str | None = None
    scratch: str | None = None
    group: str | None = None
    defaults: Resources = field(default_factory=Resources)

    def __post_init__(self) -> None:
        if isinstance(self.setup, str):
            raise ValueError(f"setup takes a list of lines, not {self.setup!r}")
        object.__setattr__(self, "setup", tuple(self.setup))
        self.command()
        if self.scratch is not None:
            word(self.scratch)

    def command(self) -> str:
        """Python's command, quoted for the shell."""
        words = [sys.executable] if self.python is None else shlex.split(self.python)
        if not words:
            raise ValueError(f"python takes a command, not {self.python!r}")
        return " ".join(word(text) for text in words)


def word(text: str) -> str:
    """One word of shell, in which nothing but variables is expanded."""
    if "$" not in text:
        return shlex.quote(plain("a word of a command", text))
    if not _WITH_VARIABLES.fullmatch(text):
        raise ValueError(
            f"a word with variables takes letters, digits and ./:=,@+~- beside $NAME or ${{NAME}}, not {text!r}"
        )
    return f'"{text}"'
