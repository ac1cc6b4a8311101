"""Items for the tests: each way that an item may go, and a pool to be started with `python -m example_items`."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from slurm.attempts import Attempt, Stopped
from slurm.job import Job
from slurm.local import run_local


def record(item: str, attempt: Attempt, context: Any) -> None:
    """Note the call in calls.txt, publish the record."""
    print(f"training {item}")
    os.write(2, b"from native code\n")
    note(context["root"], item)
    attempt.guard()
    (Path(context["root"]) / item / "record").write_text(f"attempt {attempt.number}")


def crash(item: str, attempt: Attempt, context: Any) -> None:
    """End as the item's name says."""
    if item == "exit":
        os._exit(7)
    if item == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if item == "memory":
        raise RuntimeError("CUDA out of memory. Tried to allocate 20 GiB")
    if item == "nan":
        raise FloatingPointError("the loss is nan in step 3")
    if item == "error":
        raise ValueError("no such color")
    if item == "nothing":
        return
    record(item, attempt, context)


def steps(item: str, attempt: Attempt, context: Any) -> None:
    """Count to context["steps"], one file a step, so that it goes on where it was; note each step in calls.txt."""
    folder = Path(context["root"]) / item
    for step in range(context["steps"]):
        if (folder / f"step{step}").exists():
            continue
        if attempt.stopping():
            raise Stopped(f"before step {step}")
        time.sleep(0.02)
        attempt.guard()
        (folder / f"step{step}").touch()
        note(context["root"], f"{item} {step}")
        attempt.progress(f"step {step}")
    (folder / "record").touch()


def deaf(item: str, attempt: Attempt, context: Any) -> None:
    """Never look at the stop flag."""
    note(context["root"], item)
    while True:
        time.sleep(0.1)


def once_paused(item: str, attempt: Attempt, context: Any) -> None:
    """In the first attempt: wait until a second one has finished, then try to write."""
    if attempt.number == 1:
        note(context["root"], "paused")
        while not (Path(context["root"]) / item / "record").exists():
            time.sleep(0.02)
    record(item, attempt, context)


def fail_once(item: str, attempt: Attempt, context: Any) -> None:
    """Fail in the first attempt."""
    if attempt.number == 1:
        raise ValueError("the first time")
    record(item, attempt, context)


def kill_once(item: str, attempt: Attempt, context: Any) -> None:
    """Be killed in the first attempt at item a."""
    if item == "a" and attempt.number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    record(item, attempt, context)


def together(item: str, attempt: Attempt, context: Any) -> None:
    """One of several processes: the first records the item once all are there.

    In the first attempt at "kill", "exit" or "nan" process 1 ends so, and the first one waits for it for ever.
    """
    root, rank, number = Path(context["root"]), int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    note(root, f"{item} {rank} of {number} on {os.environ.get('CUDA_VISIBLE_DEVICES', 'no GPU')}")
    (attempt.folder / f"here.{rank}").touch()
    if item in ("kill", "exit", "nan") and attempt.number == 1:
        crash(item, attempt, context) if rank == 1 else time.sleep(600)
    while item == "hang" or len(list(attempt.folder.glob("here.*"))) < number:
        if attempt.stopping():
            raise Stopped("asked to")
        time.sleep(0.02)
    if rank == 0:
        attempt.guard()
        (root / item / "record").touch()


def environment(item: str, attempt: Attempt, context: Any) -> None:
    """Note what the child sees of its environment."""
    time.sleep(0.2)
    note(context["root"], f"{os.environ['CUDA_VISIBLE_DEVICES']} {os.environ['EXAMPLE']}")
    (Path(context["root"]) / item / "record").touch()


def note(root: str | Path, line: str) -> None:
    """Append a line to calls.txt, whole, whoever else appends."""
    descriptor = os.open(Path(root) / "calls.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(descriptor, f"{line}\n".encode())
    os.close(descriptor)


def calls(root: Path) -> list[str]:
    """The lines of calls.txt, sorted."""
    path = root / "calls.txt"
    return sorted(path.read_text().splitlines()) if path.exists() else []


def has_record(root: Path, item: str) -> bool:
    """Whether the item has its record."""
    return (root / item / "record").exists()


def wait_for(condition: Callable[[], Any], seconds: float = 30.0) -> None:
    """Wait until the condition holds; fail after `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def job(root: Path, items: Any, function: Any, **changes: Any) -> Job:
    """A job whose records are files named `record`, with a lease of 2 seconds."""
    steps = changes.pop("steps", 10)
    return Job(
        root=root,
        items=tuple(items),
        function=function,
        finished=partial(has_record, root),
        context={"root": str(root), "steps": steps},
        **({"lease": 2.0} | changes),
    )


def main() -> None:
    """Run a pool: root, function, items, jobs, steps, as a JSON list."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have started us with it ignored
    root, function, items, jobs, number = json.loads(sys.argv[1])
    summary = run_local(job(Path(root), items, globals()[function], steps=number), jobs)
    print(json.dumps(summary.__dict__))


if __name__ == "__main__":
    main()
