"""The tables that are shipped agree with each other: studies share runs, and a run has been trained by one code."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ablations._source import digest
from results.facts import of_row
from results.tables import about, read_rows

ROOT = Path(__file__).parents[2]
TABLES = sorted((ROOT / "results" / "tables").glob("*.*.parquet"))


@pytest.mark.skipif(not TABLES, reason="the wheel ships no results")
def test_a_run_of_one_version_of_the_source_measured_the_same_in_every_study_that_has_it() -> None:
    known: dict[tuple[str, str, str], tuple[Any, str]] = {}
    for path in TABLES:
        base = about(path)["base"]
        for row in read_rows(path):
            for name, value in of_row(row, base).measured.items():
                first, where = known.setdefault((row["run"], row["provenance.source"], name), (value, path.name))
                assert value == first, f"{name} of run {row['run']} differs between {where} and {path.name}"


BETWEEN = {"91c702a2f366319a"}
"""Of the 30 runs of encoder_size on a GPU: a copy of the tree between two commits, as the README says."""


def git(*words: str) -> str:
    return subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=True).stdout


def has_history() -> bool:
    try:
        return git("rev-parse", "--is-shallow-repository").strip() == "false"
    except (OSError, subprocess.CalledProcessError):
        return False


def committed(folder: Path) -> Iterator[str]:
    """The hash, as provenance has it, of core as each commit has it."""
    contents: dict[str, Path] = {}
    for trees in {git("ls-tree", "-r", commit, "core") for commit in git("rev-list", "HEAD", "--", "core").split()}:
        named = [line.split()[2:] for line in trees.splitlines() if line.endswith(".py")]
        for blob, _ in named:
            if blob not in contents:
                contents[blob] = folder / blob
                contents[blob].write_bytes(git("cat-file", "blob", blob).encode())
        yield digest({name: contents[blob] for blob, name in named})


@pytest.mark.skipif(not TABLES or not has_history(), reason="it takes a clone with all of its history")
def test_each_row_was_trained_by_a_source_that_the_history_has(tmp_path: Path) -> None:
    """Whether or not other files were committed then: `dirty` counts the commands and studies, too."""
    done = [row for path in TABLES for row in read_rows(path) if row["status"] == "done"]
    probed = [re.findall(r"\bsource (\w+)", row.get("provenance.probes") or "") for row in done]
    sources = {row["provenance.source"] for row in done}.union(*probed)
    assert sources - set(committed(tmp_path)) == BETWEEN
