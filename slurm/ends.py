"""How a child ended, written down where it could not do so itself."""

import signal
import time
from collections.abc import Sequence

from slurm.attempts import Attempt
from slurm.child import CANNOT_WRITE, WITNESS, Child
from slurm.failures import Unwritable, killed
from slurm.history import AttemptState, history
from slurm.job import Job
from slurm.tasks import GONE

_PAUSE = 0.5  # seconds in which a job that is killed as a whole takes its worker too


def is_over(child: Child) -> bool:
    """Whether its first process has ended, or another one has and not well: it will not get further then."""
    return child.process.exitcode is not None or any(other.exitcode for other in child.others)


def finish(job: Job, child: Child, signals: Sequence[int]) -> AttemptState:
    """Write down how a child that is over ended, where it could not do so itself, and let it go.

    Of several processes one that died ends the attempt: the others cannot go on, and may wait for it for ever.
    """
    died = [(rank, other.exitcode) for rank, other in enumerate(child.others, 1) if other.exitcode]
    if died and not signals:
        _tell(job, child, *died[0])
    elif child.others:
        child.process.join(2 * WITNESS)  # the others may have been quicker to stop
    for process in (child.process, *child.others):
        if process.exitcode is None:
            process.kill()
        process.join()
    child.leash.close()
    _end(job, child, signals)
    child.process.close()
    state = _state(job, child)
    if state is None:
        raise Unwritable(job.root, f"{child.attempt.folder} is gone")
    return state


def end_returned(job: Job, item: str, attempt: Attempt) -> None:
    """End the attempt of a function that returned: done if there is a record to show for it."""
    if job.finished(item):
        attempt.end("done")
    else:
        attempt.end("failed", "unfinished", f"the function returned, but finished({item!r}) is False")


def _end(job: Job, child: Child, signals: Sequence[int]) -> None:
    """The end that the exit code of the first process tells, unless one is written."""
    code = child.process.exitcode or 0
    if code == 0:
        end_returned(job, child.item, child.attempt)
    elif code == CANNOT_WRITE:
        child.attempt.end("stopped", message="it could not write what it had to")
        state = _state(job, child)
        raise Unwritable(job.root, state.message if state else f"{child.attempt.folder} is gone")
    elif code > 0:  # unless the child has written why
        child.attempt.end("failed", "exit", f"exited with code {code} before it could say why")
    elif signals:
        limit = "time limit" if signal.SIGXCPU in signals else None
        child.attempt.end("stopped", limit, f"killed by signal {-code} before it had saved")
    elif -code == signal.SIGXCPU:
        child.attempt.end("failed", "time limit", killed(-code))
    else:
        _lose(job, child, f"process 0 of {job.processes} was {killed(-code)}" if child.others else killed(-code))


def _tell(job: Job, child: Child, rank: int, code: int) -> None:
    """The end that another process has brought about, unless one is written: it failed, and could say so."""
    name = f"process {rank} of {job.processes}"
    if code == GONE:
        _lose(job, child, f"{name} is gone with its task")
    elif code > 0:
        child.attempt.end("failed", "exit", f"{name} exited with code {code} before it could say why")
    else:
        _lose(job, child, f"{name} was {killed(-code)}")


def _lose(job: Job, child: Child, message: str) -> None:
    time.sleep(_PAUSE)
    child.attempt.renew()
    child.attempt.lose("killed", message, job.max_attempts)


def _state(job: Job, child: Child) -> AttemptState | None:
    states = history(child.attempt.folder.parent.parent, job.lease)
    return next((state for state in states if state.number == child.attempt.number), None)
