"""status --watch: what it tells of runs that go on and that failed, and how one leaves it."""

import io
import json
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from command_line import wait_for
from rich.console import Console

from ablations import status as command
from ablations._forecast import per_hour, study_seconds_left
from ablations._status import StudyStatus, study_statuses
from ablations._status_picture import clock, picture, that_fits
from results.tables import write_plan

ROOT = Path(__file__).parent.parent.parent


def plan(results: Path, runs: int, **settings: Any) -> list[str]:
    """A table of so many runs, all to do; their ids."""
    rows = [
        {"run": f"{place:012x}", "arm": "cell", "seed": place % 2, "probes": [], "epochs": 10, "loss.knob": place // 2}
        for place in range(runs)
    ]
    write_plan(results / "tables" / "knobs.smoke.parquet", rows, {"study": "knobs", "varied": ["loss.knob", "epochs"]})
    return [str(row["run"]) for row in rows]


def attempt(results: Path, run: str, ago: float, end: dict[str, str] | None = None, **files: str) -> None:
    """The run's attempt, begun so many seconds ago; still running unless it has an end."""
    folder = results / "runs" / run / "attempts" / "0001"
    folder.mkdir(parents=True)
    written = {"claim.json": json.dumps({"host": "node7", "pid": 1, "job": ""}), "heartbeat": "", **files}
    for name, text in (written | ({"end.json": json.dumps(end)} if end else {})).items():
        (folder / name).write_text(text)
    os.utime(folder / "claim.json", (time.time() - ago,) * 2)


def record(results: Path, run: str, ago: float) -> None:
    """A record that was written so many seconds ago."""
    path = results / "runs" / run / "record.json"
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    os.utime(path, (time.time() - ago,) * 2)


def shown(results: Path, failures: int | None = None, width: int = 110) -> str:
    console = Console(width=width, file=io.StringIO())
    console.print(picture(list(study_statuses(results)), results, failures))
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def test_what_failed_is_seen_in_a_small_window_however_many_run(tmp_path: Path) -> None:
    runs = plan(tmp_path, 40)
    for run in runs[:39]:
        attempt(tmp_path, run, 300)
    attempt(tmp_path, runs[39], 300, {"outcome": "failed", "kind": "error", "message": "it broke"})
    for height, told in ((24, ["and 29 more runs"]), (100, [])):
        console = Console(width=110, height=height)
        lines = console.render_lines(that_fits(console, [status(tmp_path)], tmp_path, 3))
        words = ["".join(part.text for part in line).strip() for line in lines]
        assert len(words) <= height and any("it broke" in line for line in words)
        assert [line for line in words if " more " in line] == told


def status(results: Path) -> StudyStatus:
    (study,) = study_statuses(results)
    return study


def test_a_running_run_tells_its_cell_epoch_loss_and_times(tmp_path: Path) -> None:
    runs = plan(tmp_path, 4)
    attempt(tmp_path, runs[2], 300, progress=json.dumps({"epoch": 5, "train_loss": 1.23456, "top1": 7}))
    words = shown(tmp_path).splitlines()
    assert words[1].split()[:2] == ["knobs", "smoke"] and words[1].count("\u2592") == 6
    (line,) = (line for line in words if runs[2] in line)
    assert " ".join(line.split()) == f"{runs[2]} knob 1, seed 0 5/10 loss 1.235 5 min 5 min node7"


def test_time_left_is_by_those_that_ended_else_by_those_that_run(tmp_path: Path) -> None:
    runs = plan(tmp_path, 12)
    attempt(tmp_path, runs[0], 300, progress=json.dumps({"epoch": 5}))
    assert per_hour(status(tmp_path)) is None
    left = study_seconds_left(status(tmp_path))
    assert left == pytest.approx(11.5 * 600, rel=0.05)
    for place in range(1, 6):
        record(tmp_path, runs[place], 360.0 * place)
    record(tmp_path, runs[6], 7200)  # longer ago than what counts
    assert per_hour(status(tmp_path)) == pytest.approx(4 / 0.5, rel=0.05)
    assert study_seconds_left(status(tmp_path)) == pytest.approx(5.5 / 8 * 3600, rel=0.05)


def test_a_narrow_terminal_cuts_the_bar_and_no_word(tmp_path: Path) -> None:
    runs = [f"{place:012x}" for place in range(4)]
    rows = [{"run": run, "arm": "cell", "seed": 0, "probes": [], "epochs": 10} for run in runs]
    write_plan(
        tmp_path / "tables" / "learning_rate_scaling.overnight.parquet", rows, {"study": "learning_rate_scaling"}
    )
    attempt(tmp_path, runs[0], 300, progress=json.dumps({"epoch": 5}))
    attempt(tmp_path, runs[1], 60, {"outcome": "failed"})
    heading, line, *_ = shown(tmp_path, width=80).splitlines()
    assert heading.split() == ["study", "scale", "running", "to", "do", "failed", "an", "hour", "left"]
    assert line.split()[:2] == ["learning_rate_scaling", "overnight"] and line.split()[3:6] == ["1", "2", "1"]
    assert {"\u2592", "x"} <= set(line) and "\u2026" not in heading + line


def test_nothing_runs_so_nothing_is_foretold(tmp_path: Path) -> None:
    plan(tmp_path, 2)
    assert study_seconds_left(status(tmp_path)) is None


def test_the_last_failures_are_shown_with_their_logs_and_without_their_colors(tmp_path: Path) -> None:
    runs = plan(tmp_path, 6)
    for place, run in enumerate(runs[:4]):
        end = {"outcome": "failed", "kind": "out of memory", "message": f"too large \x1b[31m{place}"}
        attempt(tmp_path, run, 60, end, **{"log.txt": "first\n[bold]second[/]\nthird\nfourth \x1b[2J\n"})
        os.utime(tmp_path / "runs" / run / "attempts" / "0001" / "heartbeat", (time.time() - 50 + place,) * 2)
    text = shown(tmp_path, failures=2)
    assert "the last 2 of 4 that failed or were lost:" in text and "\x1b" not in text
    assert f"failed (out of memory) {runs[3]}, knob 1, seed 1: too large  [31m3" in text
    assert runs[1] not in text and text.index(runs[2]) < text.index(runs[3])
    assert f"runs/{runs[3]}/attempts/0001/log.txt" in text.replace("\n", "")
    assert "| [bold]second[/]" in text and "| first" not in text
    assert all(run in shown(tmp_path) for run in runs[:4])


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(None, ""), (0.4, "0 s"), (89, "89 s"), (150, "2 min"), (3599, "1 h 00 min"), (7500, "2 h 05 min")],
)
def test_times_are_said_in_the_unit_that_fits(seconds: float | None, said: str) -> None:
    assert clock(seconds) == said


def test_one_leaves_by_control_c_and_the_last_picture_stays(tmp_path: Path) -> None:
    plan(tmp_path / "results", 3)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "ablations.status", "--watch"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "100", "LINES": "30"}
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, preexec_fn=controlled
    )
    text = bytearray()

    def read() -> bool:
        """Whether there was something to read."""
        there = bool(select.select([ours], [], [], 0.1)[0])
        text.extend(os.read(ours, 1 << 16) if there else b"")
        return there

    def is_over() -> bool:
        ended = process.poll() is not None  # asked first: what it wrote before is there to be read
        return not read() and ended

    wait_for(lambda: read() and b"knobs" in text)
    assert b"\x1b[?1049h" in text  # the terminal's other screen
    os.write(ours, b"\x03")
    wait_for(is_over)
    assert process.returncode == 0
    os.close(theirs)  # only now: with the last to hold it goes what nobody has read
    os.close(ours)
    _, left, after = bytes(text).rpartition(b"\x1b[?1049l")
    assert left and b"knobs" in after and b"interrupted" not in after and b"Traceback" not in after


def controlled() -> None:
    """Take the pseudo-terminal as one's own, so that its Ctrl-C is heard."""
    import fcntl
    import signal
    import termios

    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_control_c_while_the_first_picture_is_drawn_leaves_the_other_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Pressed:
        """A picture in whose first drawing Ctrl-C comes."""

        drawn = 0

        def __rich__(self) -> str:
            self.drawn += 1
            if self.drawn == 1:
                raise KeyboardInterrupt
            return "knobs"

    pressed, said = Pressed(), io.StringIO()
    plan(tmp_path / "results", 3)
    monkeypatch.setattr(command, "picture", lambda *_: pressed)
    monkeypatch.setattr(command, "that_fits", lambda *_: pressed)
    monkeypatch.setattr(command, "Console", lambda: Console(file=said, force_terminal=True))
    assert command.main(["--watch", "--results", str(tmp_path / "results")]) == 0
    assert said.getvalue().rpartition("\x1b[?1049l")[2].strip() == "knobs"
