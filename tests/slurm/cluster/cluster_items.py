"""Items for the cluster: a checkpoint that grows step by step, and a record that tells whether any step went wrong."""

import hashlib
import json
import os
import sys
import time
from collections import Counter
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import slurm
from slurm.attempts import Attempt, Stopped
from slurm.job import Job
from slurm.local import run_local

EVERY = 5  # steps between checkpoints
HOLD = 7  # the step before which an item waits until the test has done its worst
GO = "go"


def train(item: str, attempt: Attempt, context: Any) -> None:
    """Take context["steps"] steps from the last checkpoint on, and publish the record."""
    folder = Path(context["root"]) / item
    (folder / "pid").write_text(str(os.getpid()))
    state = read(folder / "checkpoint.json") or {"step": 0, "value": ""}
    while state["step"] < context["steps"]:
        if attempt.stopping():
            _save(folder, attempt, state)
            raise Stopped(f"before step {state['step']}")
        time.sleep(context["seconds"])
        if state["step"] == HOLD and not (folder.parent / GO).exists():
            continue
        state = {"step": state["step"] + 1, "value": step(item, state)}
        _note(folder, f"{attempt.number} {state['step']}")
        if state["step"] % EVERY == 0:
            _save(folder, attempt, state)
    attempt.guard()
    written = folder / f".record-{attempt.number}"
    written.write_text(json.dumps(state))
    with suppress(FileExistsError):
        (folder / "record.json").hardlink_to(written)


def train_together(item: str, attempt: Attempt, context: Any) -> None:
    """`train` in the first process; the others say where they are, and wait until they are asked to stop."""
    folder, rank = Path(context["root"]) / item, os.environ["RANK"]
    seen = {name: os.environ.get(name) for name in ("WORLD_SIZE", "SLURMD_NODENAME", "CUDA_VISIBLE_DEVICES")}
    (folder / f"process.{rank}").write_text(json.dumps({"pid": os.getpid(), "attempt": attempt.number, **seen}))
    if rank == "0":
        train(item, attempt, context)
    while rank != "0":
        if attempt.stopping():
            raise Stopped("asked to")
        time.sleep(0.1)


def get_nowhere(item: str, attempt: Attempt, context: Any) -> None:
    """Neither get anywhere nor look whether to stop."""
    time.sleep(600)


def look_around(item: str, attempt: Attempt, context: Any) -> None:
    """Record what the item sees of its environment."""
    time.sleep(0.5)
    names = ("SET_UP", "PYTHON", "TMPDIR", "CUDA_VISIBLE_DEVICES")
    seen = {**{name: os.environ.get(name) for name in names}, "slurm": slurm.__file__}
    (Path(context["root"]) / item / "record.json").write_text(json.dumps(seen))


def main() -> None:
    """Help with a job on this machine: root, items, steps, seconds."""
    root, items, steps, seconds = sys.argv[1:]
    summary = run_local(job(Path(root), int(items), int(steps), float(seconds)))
    print(summary.done)


def is_finished(root: Path, item: str) -> bool:
    """Whether the item has its record."""
    return (root / item / "record.json").exists()


def job(root: Path, items: int, steps: int, seconds: float = 0.02, lease: float = 10.0, **changes: Any) -> Job:
    """A job of that many items, `steps` steps of `seconds` each."""
    return Job(
        root=root,
        items=tuple(f"{number:02d}" for number in range(items)),
        function=changes.pop("function", "cluster_items:train"),
        finished=partial(is_finished, root),
        context={"root": str(root), "steps": steps, "seconds": seconds},
        lease=lease,
        **changes,
    )


def expected(item: str, steps: int) -> dict[str, Any]:
    """The record of an item that nobody interrupted."""
    state: dict[str, Any] = {"step": 0, "value": ""}
    for _ in range(steps):
        state = {"step": state["step"] + 1, "value": step(item, state)}
    return state


def repeated(root: Path, item: str) -> int:
    """How many steps of the item were taken again."""
    steps = Counter(line.split()[1] for line in (root / item / "steps.txt").read_text().splitlines())
    return sum(count - 1 for count in steps.values())


def step(item: str, state: dict[str, Any]) -> str:
    """The value after a step: it depends on each one before."""
    return hashlib.sha256(f"{item} {state['step']} {state['value']}".encode()).hexdigest()


def read(path: Path) -> Any:
    """The content of a JSON file, None without it."""
    return json.loads(path.read_text()) if path.exists() else None


def _save(folder: Path, attempt: Attempt, state: dict[str, Any]) -> None:
    attempt.guard()
    temporary = folder / f".checkpoint-{attempt.number}"
    temporary.write_text(json.dumps(state))
    temporary.replace(folder / "checkpoint.json")
    attempt.progress(f"step {state['step']}")


def _note(folder: Path, line: str) -> None:
    descriptor = os.open(folder / "steps.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(descriptor, f"{line}\n".encode())
    os.close(descriptor)


if __name__ == "__main__":
    main()
