"""What status shows: a bar a study, what runs with how far it is, and the last failures with their logs."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from ablations._forecast import per_hour, run_seconds_left, study_seconds_left
from ablations._status import WORDS, RunStatus, StudyStatus
from slurm.history import attempt_folder

LOG_LINES, BAR = 3, 24
MARKS = {"done": ("\u2588", "green"), "running": ("\u2592", "cyan"), "failed": ("x", "red"), "lost": ("x", "yellow")}
"""How a bar shows runs of a word, with or without colors; all others are dots."""


def picture(
    studies: Sequence[StudyStatus], results: Path, failures: int | None = None, lines: int | None = None
) -> RenderableType:
    """All of it; if given, of what failed or was lost only the last `failures`, of the rest so many `lines` a kind."""
    workers, running = _workers(studies), _of(studies, "running")
    parts: list[RenderableType] = [_studies(studies), *workers[:lines], *_more(workers, lines, "workers")]
    if running:
        parts += ["", _running(running[:lines]), *_more(running, lines, "runs")]
    return Group(*parts, *_failed(_of(studies, "failed", "lost"), results, failures))


def that_fits(console: Console, studies: Sequence[StudyStatus], results: Path, failures: int) -> RenderableType:
    """The picture with as many lines of workers and runs as leave room for the failures below them."""
    shown = picture(studies, results, failures)
    for lines in (20, 10, 5, 2):
        if len(console.render_lines(shown)) <= console.height:
            break
        shown = picture(studies, results, failures, lines)
    return shown


@dataclass(frozen=True)
class _Bar:
    """The runs of a study from left to right by what became of them; of each kind at least a little is seen.

    It is the part of its line that gives way where the terminal is narrow.
    """

    study: StudyStatus

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(len(MARKS), BAR)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        room, total = min(options.max_width, BAR), max(len(self.study.runs), 1)
        counts = {word: self.study.counts[word] for word in MARKS if self.study.counts[word]}
        widths = {word: max(1, room * count // total) for word, count in counts.items()}
        while sum(widths.values()) > room:
            widths[max(widths, key=widths.__getitem__)] -= 1
        bar = Text()
        for word, width in widths.items():
            bar.append(MARKS[word][0] * width, MARKS[word][1])
        yield bar.append("\u00b7" * (room - len(bar)), "dim")


def _studies(studies: Sequence[StudyStatus]) -> Table:
    words = [word for word in WORDS if any(study.counts[word] for study in studies)]
    table = Table(box=None, header_style="bold", padding=(0, 1, 0, 0))
    for name in ("study", "scale", "", *words, "an hour", "left"):
        table.add_column(name, no_wrap=bool(name), justify="right" if name in (*words, "an hour") else "left")
    for study in studies:
        counts = [str(study.counts[word] or "") for word in words]
        rate = per_hour(study)
        said = "" if rate is None else f"{rate:.3g}"
        table.add_row(study.study, study.scale, _Bar(study), *counts, said, clock(study_seconds_left(study)))
    return table


def _workers(studies: Sequence[StudyStatus]) -> list[Text]:
    return [
        Text(f"worker {worker.id} of {study.study} {study.scale}: {worker}")
        for study in studies
        for worker in study.workers
    ]


def _more(shown: Sequence[object], lines: int | None, things: str) -> list[Text]:
    left = 0 if lines is None else len(shown) - lines
    return [Text(f"and {left} more {things}", style="dim")] if left > 0 else []


def _of(studies: Sequence[StudyStatus], *words: str) -> list[RunStatus]:
    """The runs with one of these words, each once, whichever studies share it."""
    return list({run.run: run for study in studies for run in study.runs if run.word in words}.values())


def _running(runs: Sequence[RunStatus]) -> Table:
    table = Table(box=None, header_style="bold")
    for name in ("running", "cell", "epoch", "", "for", "left", "where"):
        table.add_column(name, no_wrap=True, overflow="ellipsis", justify="right" if name == "epoch" else "left")
    for run in runs:
        where, elapsed = "", None
        if run.attempt is not None:
            where = run.attempt.host + (f" job {run.attempt.job}" if run.attempt.job else "")
            elapsed = max(time.time() - run.attempt.started, 0)
        times = clock(elapsed), clock(run_seconds_left(run))
        table.add_row(run.run, _plain(run.cell), _epoch(run), _metrics(run), *times, where)
    return table


def _epoch(run: RunStatus) -> str:
    return f"{run.progress.get('epoch', 0):.0f}/{run.row.get('epochs', '?')}"


def _metrics(run: RunStatus) -> str:
    """The loss that the run said last, or whatever it said first of itself."""
    said = {name: metric for name, metric in run.progress.items() if name != "epoch"}
    return "".join(f"{name.removeprefix('train_')} {metric:.4g}" for name, metric in list(said.items())[:1])


def _failed(runs: Sequence[RunStatus], results: Path, at_most: int | None) -> list[Text]:
    """The latest last, as in a log."""
    known = sorted((run.attempt.last_seen, run.run, run) for run in runs if run.attempt is not None)
    shown = known if at_most is None else known[max(len(known) - at_most, 0) :]
    lines = [Text("")] * bool(shown)
    if len(shown) < len(known):
        lines.append(Text(f"the last {len(shown)} of {len(known)} that failed or were lost:", style="bold"))
    return lines + [line for _, _, run in shown for line in _failure(run, results)]


def _failure(run: RunStatus, results: Path) -> list[Text]:
    assert run.attempt is not None
    log = attempt_folder(results / "runs" / run.run, run.attempt.number) / "log.txt"
    kind = f" ({run.attempt.kind})" if run.attempt.kind not in (None, run.word) else ""
    said = _plain(f"{run.word}{kind} {run.run}, {run.cell}: {run.attempt.message}")
    return [Text(f"{said}\n  {log}", style="red"), *(Text(f"  | {_plain(line)}", style="dim") for line in _tail(log))]


def _tail(log: Path) -> list[str]:
    try:
        return log.read_text(errors="replace").splitlines()[-LOG_LINES:]
    except OSError:
        return []


def _plain(text: str) -> str:
    """A log's text without what would move the terminal's cursor or color it."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def clock(seconds: float | None) -> str:
    """ "45 s", "12 min", "3 h 05 min"; nothing where it is not known."""
    if seconds is None:
        return ""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"
