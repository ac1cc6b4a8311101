"""The benchmark's table: on the terminal, and as parquet with what it was measured with and on."""

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from rich.table import Table

from ablations._source import processor
from tests.benchmarks._row import Row

PACKAGES = ("torch", "torchvision", "lightly", "kornia", "pytorch-metric-learning", "scikit-learn")
_NUMBERS, _TEXTS = ("ours", "peer", "ratio"), ("benchmark", "name", "unit", "peer_name", "goal")
_ABOUT = ("processor", "commit", "versions", "measured")
SCHEMA = pa.schema(
    [(name, pa.string()) for name in _TEXTS]
    + [(name, pa.float64()) for name in _NUMBERS]
    + [("held", pa.bool_()), *((name, pa.string()) for name in _ABOUT), ("cores", pa.int64()), ("dirty", pa.bool_())]
)


def render(rows: Sequence[Row]) -> Table:
    """The table for the terminal."""
    table = Table("", "ours", "peer", "times better", "goal", "held")
    for row in rows:
        table.add_row(
            row.name,
            "not measured" if row.ours is None else f"{_number(row.ours)} {row.unit}",
            "" if row.peer is None else f"{_number(row.peer)} {row.unit} ({row.peer_name})",
            "" if row.ratio is None else f"{row.ratio:.2f}",
            row.goal,
            {True: "yes", False: "[bold red]no[/]", None: ""}[row.held],
        )
    return table


def write(path: Path, benchmark: str, rows: Sequence[Row]) -> None:
    """Put the rows of `benchmark` into the table at `path`, instead of those that it had."""
    others = [line for line in read(path) if line["benchmark"] != benchmark]
    about = _about()
    lines = [{"benchmark": benchmark, **asdict(row), **about} for row in rows]
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}-{os.getpid()}")
    pq.write_table(pa.Table.from_pylist(others + lines, schema=SCHEMA), temporary)
    temporary.rename(path)


def read(path: Path) -> list[dict[str, Any]]:
    """The lines of the table at `path`; none where there is no table."""
    return pq.read_table(path, schema=SCHEMA).to_pylist() if path.exists() else []


def _about() -> dict[str, Any]:
    return {
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "versions": json.dumps({"python": platform.python_version(), **_versions()}),
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        **_commit(),
    }


def _versions() -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return found


def _commit() -> dict[str, Any]:
    def git(*words: str) -> str:
        here = Path(__file__).parent
        return subprocess.run(["git", *words], cwd=here, capture_output=True, text=True, check=True).stdout.strip()

    try:
        return {"commit": git("rev-parse", "HEAD"), "dirty": bool(git("status", "--porcelain", "--", ":/*.py"))}
    except (OSError, subprocess.CalledProcessError):
        return {"commit": None, "dirty": None}


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
