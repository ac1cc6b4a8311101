"""Several processes that are the ranks of one run, joined by gloo."""

import os
import pickle
import socket
import traceback
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from core import ranks

CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["core.pretrain", "core.probe", "torchvision.models.resnet"])


def on_ranks(number: int, function: Callable[..., Any], *arguments: Any) -> list[Any]:
    """What the module-level `function(*arguments)` returns on each of `number` ranks; none may fail."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    pipes = [CONTEXT.Pipe(duplex=False) for _ in range(number)]
    processes = [
        CONTEXT.Process(target=_run, args=(rank, number, port, pipe[1], function, arguments))
        for rank, pipe in enumerate(pipes)
    ]
    for process, (_, theirs) in zip(processes, pipes, strict=True):
        process.start()
        theirs.close()
    try:
        found = [pickle.loads(ours.recv_bytes()) for ours, _ in pipes]
    finally:
        for process in processes:
            process.kill()
            process.join()
    for problem in (one for one in found if isinstance(one, str)):
        raise AssertionError(problem)
    return [result for (result,) in found]


def _run(
    rank: int, number: int, port: int, answer: Connection, function: Callable[..., Any], arguments: tuple[Any, ...]
) -> None:
    os.environ.update(RANK=str(rank), WORLD_SIZE=str(number), MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    found: Any = ""
    try:
        with ranks.joined(number):
            found = (function(*arguments),)
    except BaseException:
        found = traceback.format_exc()
    answer.send_bytes(pickle.dumps(found))  # not send, by which torch would pass open files of this process
