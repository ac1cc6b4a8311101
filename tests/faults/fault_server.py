"""Commands on demand: a process that has loaded torch forks one for each line of JSON that it reads.

A line {"words", "folder", "output", "environment", "hook"} starts a command and is answered by its process id; a line
{"wait": id} is answered by its exit code, negative for a signal, or null while it is under way.
"""

import errno
import json
import os
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from ablations._command import run_command

PRELOADED = ("ablations.run", "ablations.report", "ablations._launch", "ablations._verdicts", "results.plots")
WRITES = ("mkdir", "fsync", "link", "replace", "rename", "unlink")
"""What the harness calls of `os` where it writes; just before each is a moment for a fault."""


def main() -> None:
    """Read lines until there are no more."""
    torch.set_num_threads(1)
    for name in PRELOADED:
        import_module(name)
    for line in sys.stdin:
        asked = json.loads(line)
        answer = _ended(asked["wait"]) if "wait" in asked else _start(asked)
        print(json.dumps(answer), flush=True)


def _start(asked: dict[str, Any]) -> int:
    if (pid := os.fork()) > 0:
        return pid
    os.setsid()
    os.chdir(asked["folder"])
    for stream, file in enumerate((os.devnull, asked["output"] + ".out", asked["output"] + ".err")):
        os.dup2(os.open(file, os.O_RDWR | os.O_CREAT), stream)
    os.environ.update(asked["environment"])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    _hook(asked["hook"])
    name, *words = asked["words"]
    sys.argv = [name, *words]
    try:
        run_command(name, import_module(f"ablations.{name}").main)
    except SystemExit as left:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(left.code if isinstance(left.code, int) else 1)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
        os._exit(70)


def _ended(pid: int) -> int | None:
    done, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if done else None


def _hook(hook: dict[str, Any] | None) -> None:
    """Do a fault just before the write number `at` of this process; count the writes in the file `count`."""
    if hook is None:
        return
    seen = 0

    def before(call: Callable[..., Any]) -> Callable[..., Any]:
        def hooked(*given: Any, **named: Any) -> Any:
            nonlocal seen
            seen += 1
            if "count" in hook:
                Path(hook["count"]).write_text(str(seen))
            if seen == hook.get("at") and hook["fault"] == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            if seen == hook.get("at"):
                raise OSError(errno.ENOSPC, "No space left on device")
            return call(*given, **named)

        return hooked

    for name in WRITES:
        setattr(os, name, before(getattr(os, name)))


if __name__ == "__main__":
    main()
