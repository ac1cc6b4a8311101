"""What the harness itself costs: its commands over 10 000 finished runs, each in a fresh process.

    python -m tests.benchmarks.harness

A few runs are trained for real; the records of the others are copies of the first one's, under their own ids and
settings, so that they are as large and as many as real ones.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from results.records import CHECKSUM, checksum, read

ROOT = Path(__file__).parent.parent.parent
SCALE = ("--scale", "smoke")
PLAN = "import sys; from ablations import _run, run; _run._report = lambda *given: 0; sys.exit(run.main(sys.argv[1:]))"
"""`ablations.run` up to where it would start something, or report."""
REPEATS, LEFT = 3, 3

EXPERIMENTS = '''"""Do temperature and weight decay interact?"""

from ablations import Study, vary
from results.plots import Heatmap

temperatures = {"loss.temperature": [step / 20 for step in range(1, 21)]}

STUDY = Study(
    question=__doc__,
    fixed={"epochs": 1},
    grid=vary(weight_decay=[step / 1e6 for step in range(20)], **temperatures, seed=range(25)),
    figure=Heatmap(rows="loss.temperature", columns="weight_decay"),
)
'''
WALKS = '''"""How far does a walk get?"""

from dataclasses import dataclass

from ablations import Study, vary
from results.plots import Heatmap


@dataclass(frozen=True)
class Walk:
    stride: float = 1.0
    steps: int = 4
    seed: int = 0


def walk(experiment, data, journal, device):
    return {"distance": experiment.stride * experiment.steps}


STUDY = Study(
    question=__doc__,
    base=Walk,
    train=walk,
    probes=(),
    grid=vary(stride=[step / 2 for step in range(20)], steps=range(20), seed=range(25)),
    figure=Heatmap(rows="stride", columns="steps", value="distance"),
)
'''
STUDIES = {
    "experiments": (EXPERIMENTS, ("loss.temperature=0.05", "weight_decay=0.0", "seed=0")),
    "walks": (WALKS, ("stride=0.0", "steps=0", "seed=0")),
}


def measure() -> list[dict[str, Any]]:
    """Rows of {"name", "ours": seconds, "unit": "s", "goal": seconds, "held"}."""
    torch = _fastest(ROOT, "-c", "import torch")
    rows = _answers()
    for name, (text, first) in STUDIES.items():
        with tempfile.TemporaryDirectory() as folder:
            rows += _over_finished_runs(Path(folder), name, text, first, torch)
    return rows


def _answers() -> list[dict[str, Any]]:
    """What a person who types must not wait for."""
    commands = (("run", "--help"), ("run", "projecton_head"), ("status",))
    return [_row(" ".join(words), _fastest(ROOT, "-m", f"ablations.{words[0]}", *words[1:]), 0.5) for words in commands]


def _over_finished_runs(
    folder: Path, name: str, text: str, first: tuple[str, ...], torch: float
) -> list[dict[str, Any]]:
    """The commands where all runs of one study are finished, and what a run costs that has so many beside it."""
    (folder / f"{name}.py").write_text(text)
    train = ("-m", "ablations.run", f"{name}.py", *SCALE, "--jobs", "1")
    _seconds(folder, *train, *(word for setting in first for word in ("--only", setting)))
    trained = _finish(folder / "results", name)
    _seconds(folder, *train)
    planning = _fastest(folder, "-c", PLAN, f"{name}.py", *SCALE)
    status, report = (_fastest(folder, "-m", f"ablations.{command}") for command in ("status", "report"))
    of = f"{len(list((folder / 'results' / 'runs').iterdir()))} {name}"
    return [
        _row(f"planning of {of}, beyond torch", planning - torch, 2.0),
        _row(f"status of {of}", status, 2.0),
        _row(f"report of {of}", report, 10.0),
        _row(f"one of {of}, outside training and probing", statistics.median(map(_outside, trained)), 1.0),
    ]


def _finish(results: Path, name: str) -> list[Path]:
    """Give all runs of the table records like those of the one that has them, but for a few; the folders of these."""
    table = pq.read_table(results / "tables" / f"{name}.smoke.parquet", columns=["run"])
    (like,) = (results / "runs").iterdir()
    others = [results / "runs" / run for run in table["run"].to_pylist() if run != like.name]
    records = {path.relative_to(like): read(path) or {} for path in (like / "record.json", *like.glob("probes/*.json"))}
    attempt = {path.relative_to(like): path.read_bytes() for path in like.glob("attempts/*/*")}
    middle = len(others) // 2  # a child looks for its run from the first one on
    left, others = others[middle:][:LEFT], others[:middle] + others[middle + LEFT :]
    for number, run in enumerate(others):
        for folder in ("attempts/0001", *({"probes"} if len(records) > 1 else ())):
            (run / folder).mkdir(parents=True)
        for place, content in attempt.items():
            (run / place).write_bytes(content)
        for place, record in records.items():
            (run / place).write_text(_record(record, run.name, number))
    return left


def _record(like: dict[str, Any], run: str, number: int) -> str:
    """A record as `publish` writes it, with predictions that are not those of the run before."""
    turned = {
        name: classes[number % 97 :] + classes[: number % 97] for name, classes in like.get("predictions", {}).items()
    }
    body = like | {"run": run} | ({"predictions": turned} if turned else {})
    return json.dumps({**body, CHECKSUM: checksum(body)})


def _outside(run: Path) -> float:
    """Seconds of a run's attempt, from its claim to its end, that went neither into training nor into its probes."""
    record = read(run / "record.json")
    assert record is not None
    probes = [read(path) or {} for path in run.glob("probes/*.json")]
    attempt = json.loads((run / "attempts" / "0001" / "end.json").read_text())
    return float(attempt["seconds"] - record["provenance"]["seconds"] - sum(probe["seconds"] for probe in probes))


def _fastest(folder: Path, *words: str) -> float:
    return min(_seconds(folder, *words) for _ in range(REPEATS))


def _seconds(folder: Path, *words: str) -> float:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "ABLATIONS_CACHE": str(folder / "cache")}
    began = time.perf_counter()
    ended = subprocess.run([sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    if ended.returncode not in (0, 2) or "Traceback" in ended.stderr:
        raise RuntimeError(f"{' '.join(words)}: {ended.stderr}")
    return seconds


def _row(name: str, ours: float, goal: float) -> dict[str, Any]:
    return {"name": name, "ours": ours, "unit": "s", "goal": goal, "held": ours < goal}


if __name__ == "__main__":
    for row in measure():
        print(f"{row['ours']:7.2f} s of {row['goal']:4.1f} s  {'held' if row['held'] else 'NOT held'}  {row['name']}")
