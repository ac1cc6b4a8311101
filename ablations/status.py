"""python -m ablations.status [STUDY] [--watch]: what is done, running, failed, lost, and how long still."""

import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ablations._command import DONE, parser, run_command
from ablations._status import WORDS, RunStatus, StudyStatus, study_statuses

LOG_LINES = 3


def main(arguments: Sequence[str]) -> int:
    """The command; returns its exit code."""
    made = parser("status", __doc__)
    made.add_argument("study", nargs="?", metavar="STUDY", help="default: all that have a table")
    made.add_argument("--watch", action="store_true", help="stay, and look again every two seconds; Ctrl-C ends it")
    options = made.parse_args(arguments)
    studies = list(study_statuses(options.results, options.study))
    if not options.watch:
        Console().print(_picture(studies, options.results))
        return DONE
    with Live(_picture(studies, options.results), screen=True) as live:
        while True:
            time.sleep(2)
            live.update(_picture(list(study_statuses(options.results, options.study)), options.results))


def _picture(studies: Sequence[StudyStatus], results: Path) -> RenderableType:
    words = [word for word in WORDS if any(study.counts[word] for study in studies)]
    table = Table(box=None, header_style="bold")
    for name in ("study", "scale", *words, "time left"):
        table.add_column(name, no_wrap=True)
    for study in studies:
        counts = [str(study.counts[word] or "") for word in words]
        table.add_row(study.study, study.scale, *counts, _clock(study.seconds_left))
    return Group(table, *_workers(studies), *_running(studies), *_failed(studies, results))


def _workers(studies: Iterable[StudyStatus]) -> list[Text]:
    return [
        Text(f"worker {worker.id} of {study.study} {study.scale}: {worker}")
        for study in studies
        for worker in study.workers
    ]


def _running(studies: Iterable[StudyStatus]) -> list[Text]:
    runs = {run.run: run for study in studies for run in study.runs if run.word == "running"}
    return [Text(f"running {run.run} {_place(run)} {_metrics(run)}") for run in runs.values()]


def _failed(studies: Iterable[StudyStatus], results: Path) -> list[Text]:
    runs = {run.run: run for study in studies for run in study.runs if run.word in ("failed", "lost")}
    lines: list[Text] = []
    for run in runs.values():
        if run.attempt is not None:
            log = results / "runs" / run.run / "attempts" / f"{run.attempt.number:04d}" / "log.txt"
            kind = f" ({run.attempt.kind})" if run.attempt.kind != run.word else ""
            lines.append(Text(f"{run.word}{kind} {run.run}: {run.attempt.message}\n  {log}", style="red"))
            lines += [Text(f"  | {line}", style="dim") for line in _tail(log)]
    return lines


def _place(run: RunStatus) -> str:
    if run.attempt is None:
        return ""
    job = f"job {run.attempt.job} " if run.attempt.job else ""
    return f"{job}on {run.attempt.host} for {_clock(run.attempt.last_seen - run.attempt.started)}"


def _metrics(run: RunStatus) -> str:
    epoch = run.progress.get("epoch")
    place = f"epoch {epoch:.0f}/{run.row.get('epochs', '?')} " if epoch is not None else "epoch 0 "
    said = {name: metric for name, metric in run.progress.items() if name != "epoch"}
    return place + " ".join(f"{name} {metric:.4g}" for name, metric in said.items())


def _tail(log: Path) -> list[str]:
    try:
        return log.read_text(errors="replace").splitlines()[-LOG_LINES:]
    except OSError:
        return []


def _clock(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"


if __name__ == "__main__":
    run_command("status", main)
