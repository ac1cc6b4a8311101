"""The tasks of a SLURM job that work on an item together: the first tells the others when to start a process, and stop.

A link that breaks says that its task is gone.
"""

import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from multiprocessing import connection
from multiprocessing.connection import Connection
from typing import Any, cast

from slurm.attempts import Attempt
from slurm.child import Child, start
from slurm.job import Job

GONE = 256
"""In the place of an exit code, which is smaller: the task of the process is gone."""


class Task:
    """Another task, as the first one at `host` sees it; `gone` once it was found so."""

    def __init__(self, link: Connection, host: str) -> None:
        self.link, self.host, self.gone = link, host, False

    def start(self, item: str, attempt: Attempt, environment: Mapping[str, str]) -> "Elsewhere":
        """Have a process started there."""
        self.say((item, attempt, dict(environment)))
        return Elsewhere(self)

    def say(self, order: Any) -> None:
        try:
            self.link.send(order)
        except OSError:
            self.gone = True

    def answer(self, timeout: float = 0.0) -> int | None:
        """The exit code of the process there, once it has ended."""
        try:
            if not self.gone and self.link.poll(timeout):
                return int(self.link.recv())
        except (EOFError, OSError):
            self.gone = True
        return GONE if self.gone else None


class Elsewhere:
    """A process in another task."""

    def __init__(self, task: Task) -> None:
        self._task, self._code = task, cast(int | None, None)

    @property
    def exitcode(self) -> int | None:
        self.join(0.0)
        return self._code

    @property
    def sentinel(self) -> Connection:
        return self._task.link

    def terminate(self) -> None:
        self._task.say("stop")

    def kill(self) -> None:
        self._task.say("kill")

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end; a minute at most, after which it counts as gone."""
        if self._code is None:
            self._code = self._task.answer(60.0 if timeout is None else timeout)
        if self._code is None and timeout is None:
            self._task.gone, self._code = True, GONE


def follow(link: Connection, job: Job, devices: tuple[str, ...]) -> None:
    """Start a process on each item that the first task names over the link, until that task ends."""
    child: Child | None = None
    with suppress(EOFError, OSError):
        while True:
            process = [child.process.sentinel] if child else []
            if link in connection.wait([link, *process]):
                child = _obey(link.recv(), job, devices, child)
            elif child:
                ended, child = child, None
                link.send(_let_go(ended))
    if child:
        _let_go(child)


def start_all(job: Job, item: str, attempt: Attempt, devices: tuple[str, ...], tasks: Sequence[Task]) -> Child:
    """Start all processes of an item: one in each of these tasks, the others here."""
    places = _places(job.processes, tasks[0].host if tasks else "127.0.0.1")
    here = len(places) - len(tasks)
    child = start(job, item, attempt, *(place | _seen(devices, rank) for rank, place in enumerate(places[:here])))
    there = [task.start(item, attempt, place) for task, place in zip(tasks, places[here:], strict=True)]
    return replace(child, others=(*child.others, *there))


def _places(number: int, host: str) -> list[dict[str, str]]:
    """What tells each of the processes of an item which one it is, and where to meet the others: on a free port."""
    if number == 1:
        return [{}]
    with socket.create_server(("", 0)) as free:
        meeting = {"WORLD_SIZE": str(number), "MASTER_ADDR": host, "MASTER_PORT": str(free.getsockname()[1])}
    return [{"RANK": str(rank), **meeting} for rank in range(number)]


def _seen(devices: tuple[str, ...], number: int) -> dict[str, str]:
    """The GPU that a process sees, where there are any: one each, in turns."""
    return {"CUDA_VISIBLE_DEVICES": devices[number % len(devices)]} if devices else {}


def _obey(order: Any, job: Job, devices: tuple[str, ...], child: Child | None) -> Child | None:
    if isinstance(order, tuple):
        item, attempt, place = order
        return start(job, item, attempt, place | _seen(devices, 0))
    if child:
        child.process.kill() if order == "kill" else child.process.terminate()
    return child


def _let_go(child: Child) -> int:
    """Its exit code; one that still runs is asked to stop first, and has little time: see child."""
    child.leash.close()
    child.process.join()
    code = child.process.exitcode or 0
    child.process.close()
    return code
