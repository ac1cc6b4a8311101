"""`study.run(...)`: the command in a process of its own, from a notebook or a script.

Of its own, since workers import a study from its file: nothing of a notebook's state gets into a run, the file is read
as it is now, and no script is imported by the children that it asked for.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from ablations._command import DONE, FAILED, WRONG_USE, Parser
from ablations._find import STUDIES, StudyError, load_study
from ablations._options import options_parser
from ablations._siblings import HOME
from ablations._source import import_path
from ablations._study import Study
from results.nearest import nearest_or_all
from slurm.environment import environment_with


class _Words(Parser):
    """The command's parser; what is wrong is raised."""

    def error(self, message: str) -> NoReturn:
        raise ValueError(f"study.run: {message.removeprefix('argument --')}")


def run_study(study: Study, words: Mapping[str, Any]) -> bool:
    """Run the study by the command with these options; whether all that was asked for is done.

    Raises ValueError or TypeError for wrong use.
    """
    typed, named = command_line(words), file_or_name(study)
    with environment_with(import_path(HOME)), tempfile.TemporaryFile("w+") as said:
        code = _follow([sys.executable, "-u", "-m", "ablations.run", named, *typed], said)
        said.seek(0)
        problem = said.read().strip()
    if code == WRONG_USE:
        raise ValueError(problem.removeprefix("run: "))
    if problem:
        print(problem, file=sys.stderr)
    if code not in (DONE, FAILED):
        raise RuntimeError(f"python -m ablations.run {named} ended with exit code {code}")
    return code == DONE


def command_line(words: Mapping[str, Any]) -> list[str]:
    """The options as one would type them: {"seeds": 5, "wait": True} is --seeds=5 --wait."""
    parser = options_parser("", _Words)
    known = {name: given for name, given in vars(parser.parse_args([])).items() if name != "study"}
    typed: list[str] = []
    for name, given in words.items():
        if name not in known:
            raise TypeError(f"study.run has no option {name!r}{nearest_or_all(name, [*known], 'it has')}")
        if given is not None:
            typed += _typed(name, given, is_flag=known[name] is False)
    parser.parse_args(typed)
    return typed


def _typed(name: str, given: Any, is_flag: bool) -> list[str]:
    option = f"--{name.replace('_', '-')}"
    if is_flag:
        if not isinstance(given, bool):
            raise TypeError(f"study.run: {name} takes True or False, not {given!r}")
        return [option] * given
    if isinstance(given, Mapping):
        written = repr if name == "set" else str  # --set takes Python
        return [f"{option}={setting}={written(part)}" for setting, part in given.items()]
    return [f"{option}={given}"]


def file_or_name(study: Study) -> str:
    """What the command knows the study by. Raises StudyError where no file holds it."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    if spec and spec.name.startswith("ablations."):
        raise StudyError("the study runs while its file is imported: put that under if __name__ == '__main__':")
    if not study.name:
        return _defining(study)
    named = study.files[0] if study.files else study.name
    if _written(replace(load_study(named), files=study.files)) != _written(study):
        raise StudyError(
            f"{named} holds another study than this one: a study runs from its file, so write there what you changed, "
            "or say it as run(set={...}), and load it again"
        )
    return named


def _defining(study: Study) -> str:
    """The module whose STUDY this is, be it the script that runs now: by its file, or by the name of one we ship."""
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if file and getattr(module, "STUDY", None) is study:
            path = Path(file).resolve()
            return path.stem if path.parent == STUDIES else str(path)
    raise StudyError(
        "a study runs from a file that defines STUDY = Study(...), which workers can import: save it (in a notebook by "
        "%%writefile my_study.py), and load_study('my_study.py').run(...)"
    )


def _written(study: Study) -> str:
    """The study as text, without the addresses of functions."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(study))


def _follow(command: Sequence[str], said: Any) -> int:
    """The exit code of a command whose lines come as they are printed: into a notebook, or straight to the terminal."""
    pipe = None if sys.stdout.isatty() else subprocess.PIPE
    with subprocess.Popen(command, text=True, stdout=pipe, stderr=said) as process:
        try:
            for line in process.stdout or ():
                print(line, end="", flush=True)
            return process.wait()
        except KeyboardInterrupt:  # which reaches the command, too: it saves what it has
            print(process.communicate()[0] or "", end="")
            raise
