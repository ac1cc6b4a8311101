"""python -m tests.benchmarks: how fast we are beside the field's libraries, measured side by side on this machine."""

import argparse
import importlib
import os
import sys
import time
from pathlib import Path

from rich.console import Console

from tests.benchmarks._row import Row, row
from tests.benchmarks._table import render, write

NAMES = ("pretraining", "augmentation", "losses", "batch", "probe", "images", "streaming", "harness", "jobs", "gpu")
TABLE = Path("results/tables/benchmark.parquet")


def main() -> None:
    """Run all benchmarks, or those named; each one's rows are written as soon as it ends."""
    options = _options()
    console = Console(width=None if sys.stdout.isatty() else 160)
    if (load := os.getloadavg()[0]) > 0.5:
        console.print(f"the load average is {load:.1f} before anything is measured: other work slows these numbers")
    rows: list[Row] = []
    for name in options.only or NAMES:
        start = time.perf_counter()
        measured = _measure(name, options.data)
        write(TABLE, name, measured)
        console.print(f"{name}: {time.perf_counter() - start:.0f} s")
        rows += measured
    console.print(render(rows))
    console.print(TABLE)


def _measure(name: str, data: Path | None) -> list[Row]:
    module = importlib.import_module(f"tests.benchmarks.{name}")
    return [row(line) for line in (module.measure(data) if name == "images" else module.measure())]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="where CIFAR-10 lies (default: as the commands find it)"
    )
    parser.add_argument("--only", nargs="+", choices=NAMES, metavar="NAME", help=f"of {', '.join(NAMES)}")
    return parser.parse_args()


if __name__ == "__main__":
    main()
