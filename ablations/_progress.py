"""What a person sees while a study trains: one bar, the time left, and the last metrics of what runs."""

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ablations._plan import Run
from slurm.job import Event, Job


class Display:
    """A live display in a terminal; elsewhere a line for each run that ended."""

    def __init__(self, job: Job, runs: Mapping[str, Run], jobs: int) -> None:
        self._job, self._runs, self._jobs = job, runs, jobs
        self._running: dict[str, float] = {}
        self._took: list[float] = []
        self._ended = 0
        self._console = Console()
        self._live = Live(get_renderable=self._draw, console=self._console, refresh_per_second=2, transient=True)

    def __enter__(self) -> "Display":
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def on_event(self, event: Event) -> None:
        """Take note of a worker's event."""
        if event.what == "started":
            self._running[event.item] = time.monotonic()
        elif event.what == "ended" and event.state is not None:
            seconds = time.monotonic() - self._running.pop(event.item)
            self._ended += event.state.state != "lost"  # it is claimed again
            if event.state.state == "done":
                self._took.append(seconds)
            failure = f" ({event.state.kind}: {event.state.message})" if event.state.kind else ""
            self._console.print(
                f"{self._ended}/{len(self._runs)} {event.item} {event.state.state}{failure} in {seconds:.0f} s",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )

    def _draw(self) -> RenderableType:
        total = len(self._runs)
        head = Table.grid(padding=(0, 1))
        bar = ProgressBar(total=total, completed=self._ended, width=40)
        head.add_row(bar, f"{self._ended} of {total} runs, {self._time_left()}")
        return Group(head, *(Text(self._line(item), overflow="ellipsis", no_wrap=True) for item in list(self._running)))

    def _time_left(self) -> str:
        if not self._took:
            return "time left unknown until the first is done"
        mean = sum(self._took) / len(self._took)
        begun = sum(min(time.monotonic() - start, mean) for start in self._running.values())
        seconds = max(mean * (len(self._runs) - self._ended) - begun, 0) / self._jobs
        return f"about {seconds / 60:.0f} min left" if seconds > 90 else f"about {seconds:.0f} s left"

    def _line(self, item: str) -> str:
        row: dict[str, float] = {}
        with suppress(OSError, ValueError, IndexError):
            newest = max((self._job.root / item / "attempts").iterdir(), key=lambda attempt: attempt.name)
            row = json.loads((newest / "progress").read_text())
        run = self._runs[item]
        epochs = getattr(run.experiment, "epochs", None)
        place = f"epoch {row.pop('epoch', 0):.0f}" + (f"/{epochs}" if epochs is not None else "")
        return f"  {item} {run.arm}: {place} " + " ".join(f"{name} {metric:.4g}" for name, metric in row.items())
