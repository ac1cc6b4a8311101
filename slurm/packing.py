"""Runs side by side: the first is measured while it has its GPU, or its worker, to itself; as many as fit join it."""

from collections import Counter
from collections.abc import Callable, Generator, Mapping

from slurm.child import Child
from slurm.history import history
from slurm.memory import peaks_of

_HEAD_ROOM = 1.1  # times the peak so far: what a run may still come to need


def packing(slots: int, limits: Mapping[str, int], gpus: int = 1) -> Callable[[Mapping[int, Child]], int]:
    """A function of the runs under way by slot, which says how many may be: one a GPU until the first is measured.

    That is when it has made progress twice or is done; one that ends otherwise shows nothing, and the next is the
    first. `limits` are bytes of "memory" and of "GPU memory" (of each GPU); what cannot be measured limits nothing.
    """
    rooms = _rooms(slots, limits, gpus)
    next(rooms)
    return rooms.send


def _rooms(slots: int, limits: Mapping[str, int], gpus: int) -> Generator[int, Mapping[int, Child], None]:
    alone, peaks, first, reports = min(slots, gpus), Counter[str](), None, list[float]()
    running = yield alone
    while limits and len(reports) < 2 and not (first and running.get(0) is not first and _done(first)):
        if running.get(0) is not first:
            first, reports = running.get(0), []
        if first:
            is_new = _take_report(first, reports)
            peaks |= peaks_of(first.process.pid or 0, is_new and "GPU memory" in limits)
        running = yield alone
    room, refusal = fitting(slots, limits, peaks, gpus)
    if refusal:
        print(refusal, flush=True)
    company = 0  # how many ran at the first's last report, all past their start: two in a row are a fair interval
    while first and running.get(0) is first:
        if _take_report(first, reports):
            before, company = company, len(running) if all(_progress(child) for child in running.values()) else 0
            if alone < before == company:
                print(pace(alone, company, reports[1] - reports[0], reports[-1] - reports[-2]), flush=True)
                break
        running = yield room
    while True:
        yield room


def fitting(slots: int, limits: Mapping[str, int], peaks: Mapping[str, int], gpus: int = 1) -> tuple[int, str]:
    """How many runs of these peak bytes fit, and the refusal of more ("" if all `slots` do)."""
    room, refusal = slots, ""
    for kind, limit in limits.items():
        need, share = peaks.get(kind, 0), gpus if kind == "GPU memory" else 1
        if need and (fit := max(1, int(limit / (need * _HEAD_ROOM))) * share) < room:
            sizes = (
                f"the first run needs {need / 2**30:.1f} GB of {kind}, this worker has {limit * share / 2**30:.1f} GB"
            )
            room, refusal = fit, f"--pack {slots} does not fit: {sizes}; {fit} at a time"
    return room, refusal


def pace(alone: int, together: int, before: float, now: float) -> str:
    """What it means that the first run's reports are `now` seconds apart, and were `before` in less company."""
    longer = now / before
    work = together / alone / longer
    return f"{together} side by side: a run takes {longer:.1f} times as long, {work:.1f} times the work in all"


def _progress(child: Child) -> float | None:
    """When the child last made progress."""
    path = child.attempt.folder / "progress"
    return path.stat().st_mtime if path.exists() else None


def _take_report(child: Child, reports: list[float]) -> bool:
    """Add the time of the child's progress to the `reports` if it made some again; whether it did."""
    new = [when for when in (_progress(child),) if when and when not in reports[-1:]]
    reports += new
    return bool(new)


def _done(child: Child) -> bool:
    return history(child.attempt.folder.parent.parent)[-1].state == "done"
