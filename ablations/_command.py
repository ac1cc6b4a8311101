"""What the commands share: one-line errors, exit codes, and where results lie."""

import argparse
import io
import os
import select
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from ablations._siblings import ROOMS, stranger

DONE, FAILED, WRONG_USE = 0, 1, 2
UNREAD = 128 + 13
"""As a shell has it for a program that ends by SIGPIPE."""


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG_USE, f"{self.prog}: {message}\n")


def parser(name: str, description: str, kind: type[Parser] = Parser) -> Parser:
    """A parser for `python -m ablations.<name>`, with the options that all commands have."""
    made = kind(prog=f"python -m ablations.{name}", description=description)
    made.add_argument("--results", type=_folder, default=Path("results"), metavar="DIR", help="default: ./results")
    return made


def positive(text: str) -> int:
    """A whole number from 1 on, for argparse."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"takes a whole number from 1 on, not {text!r}")
    return int(text)


def _folder(text: str) -> Path:
    path = Path(text)
    for place in (path, *path.parents):
        if place.exists() and not place.is_dir():
            raise argparse.ArgumentTypeError(f"takes a folder, and {place} is a file")
    return path


def run_command(name: str, main: Callable[[Sequence[str]], int]) -> NoReturn:
    """Call `main` with the command line; a mistake (ValueError, TypeError) is one line and exit code 2.

    Where nobody reads on, as after `| head`, it ends as quietly as other programs do.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a bar that an ASCII terminal cannot show is no reason to end
    try:
        _check_system()
        _check_siblings()
        code = main(sys.argv[1:])
        sys.stdout.flush()
        sys.exit(code)
    except (ValueError, TypeError, OSError) as problem:
        sys.exit(UNREAD if _is_unread(problem) else _say(name, problem))
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from here", file=sys.stderr)
        sys.exit(130)


def _is_unread(problem: Exception) -> bool:
    """Whether it is standard output that broke, and not a pipe to a run."""
    if not isinstance(problem, BrokenPipeError):
        return False
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    if not poll.poll(0):
        return False
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more when it ends
    return True


def _say(name: str, problem: Exception) -> int:
    said = str(problem)
    if isinstance(problem, OSError) and problem.filename and problem.strerror:
        said = f"{problem.filename}: {problem.strerror}"
    print(f"{name}: {' '.join(said.split())}", file=sys.stderr)
    return WRONG_USE


def _check_system() -> None:
    if sys.platform != "linux":
        raise ValueError(f"this runs on Linux (on Windows in WSL 2, on a Mac in a container), not on {sys.platform}")


def _check_siblings() -> None:
    for room in ROOMS:
        if place := stranger(room):
            raise ValueError(f"the package {room!r} that Python finds is not ours ({place}); run from another folder")
