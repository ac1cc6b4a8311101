"""How fast a study goes, and how long it will take still."""

import time
from statistics import mean

from ablations._status import WAITS, RunStatus, StudyStatus

LEAST = 5
"""Runs that must have ended in the last hour, before they say how many end in one."""


def per_hour(study: StudyStatus) -> float | None:
    """Runs that end in an hour, by those that did in the last; None before there are enough."""
    now = time.time()
    ended = [run.ended for run in study.runs if run.ended is not None and run.ended > now - 3600]
    return 3600 * (len(ended) - 1) / max(now - min(ended), 1.0) if len(ended) >= LEAST else None


def run_seconds_left(run: RunStatus) -> float | None:
    """Until its training ends, if that goes on as it did; None at its begin, or after a resumption."""
    if run.attempt is None or run.attempt.number > 1 or not run.share:
        return None
    return (run.attempt.last_seen - run.attempt.started) * (1 - run.share) / run.share


def study_seconds_left(study: StudyStatus) -> float | None:
    """Until all is done, by the rate of the last hour, else if so many go on side by side as now; None: unknown."""
    running = [run for run in study.runs if run.word == "running"]
    waiting = sum(run.word in ("queued", "to do", WAITS, "stopped", "lost") for run in study.runs)
    if not running:
        return None
    runs = waiting + sum(1 - run.share for run in running)
    if (rate := per_hour(study)) is not None:
        return 3600 * runs / rate
    guessed = [left / (1 - run.share) for run in running if (left := run_seconds_left(run))]
    seconds = study.seconds or (mean(guessed) if guessed else None)
    return None if seconds is None else seconds * runs / len(running)
