"""What a dry run says of the price: how long, how much memory, which runs will not fit, and what nobody knows."""

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console

from ablations._options import Options
from ablations._plan import Run
from ablations._price import Price, wall
from ablations._tune import TUNING
from slurm.resources import Resources

NAMED = 5
"""So many runs that do not fit are named."""


def print_prices(prices: Sequence[Price], at_a_time: int, limits: Mapping[str, int]) -> None:
    """A few lines on these runs, so many at a time, each with so many bytes of "memory" and "GPU memory"."""
    for line in (*_time(prices, at_a_time), *_memory(prices, limits)):
        Console().print(line, markup=False, highlight=False, soft_wrap=True)


def print_stages(todo: Sequence[Run], later: Sequence[Run]) -> None:
    """While runs wait for tuning: what is next, and what then."""
    if later:
        tuning = sum(run.arm == TUNING for run in todo)
        print(f"next: tuning, {tuning} runs to do; then {len(later)} at what it chooses, priced as first candidates")


def print_how_to_time(options: Options, asked: Resources) -> None:
    """On a cluster, where nothing is timed from outside: the command that times a few steps in a job."""
    given: dict[str, str | int | None] = {"partition": asked.partition, "account": asked.account, "qos": asked.qos}
    given |= {
        "constraint": asked.constraint,
        "gpus-per-node": asked.gpus and asked.gpus // (asked.nodes or 1),
        "cpus-per-task": asked.cpus,
        "mem": asked.memory,
    }
    there = " ".join(["srun", *(f"--{name}={value}" for name, value in given.items() if value is not None)])
    images = f" --data {shlex.quote(options.data)}" if options.data else ""
    place = f" --results {shlex.quote(str(options.results))}" if options.results != Path("results") else ""
    command = f"python -m ablations.run {options.study} --scale {options.scale}{images}{place} --dry-run"
    print(f"to time a few steps there once, and keep it: {there} {command}")


def _time(prices: Sequence[Price], at_a_time: int) -> Iterator[str]:
    known = [(price.seconds + (price.probes or 0.0), price.reason) for price in prices if price.seconds is not None]
    is_left_out = any(price.seconds is not None and price.probes is None for price in prices)
    if any(seconds for seconds, _ in known) or (len(known) == len(prices) and not is_left_out):
        told = ", ".join(f"{number} {reason}" for reason, number in Counter(reason for _, reason in known).items())
        total = wall([seconds for seconds, _ in known], at_a_time)
        word = "at least" if is_left_out else "about"
        yield f"time: {word} {_clock(total)}, {at_a_time} at a time ({told})"
    if is_left_out:
        yield "time of the probes: unknown where no record tells, and left out"
    for reason, number in Counter(price.reason for price in prices if price.seconds is None).items():
        yield f"time unknown for {number}: {reason}"


def _memory(prices: Sequence[Price], limits: Mapping[str, int]) -> Iterator[str]:
    kinds = sorted({kind for price in prices for kind in price.memory}, reverse=True)
    for kind in kinds:
        limit = limits.get(kind)
        room = f"each may use {_size(limit)}" if limit else "what each may use is unknown"
        yield f"{kind}: up to {_size(max(price.memory.get(kind, 0) for price in prices))} a run; {room}"
        misfits = [price.run for price in prices if limit and price.memory.get(kind, 0) >= limit]
        named = ", ".join(f"{run.id} ({run.arm})" for run in misfits[:NAMED])
        if misfits:
            yield f"{len(misfits)} will not fit: {named}{', ...' if len(misfits) > NAMED else ''}"
    if not kinds:
        yield "memory: unknown"


def _size(number: int) -> str:
    return f"{number / 2**30:.1f} GB"


def _clock(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} hours"
