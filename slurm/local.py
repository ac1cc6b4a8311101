"""A job on this machine: a bounded pool of children, or (`--cluster debug`) in this very process."""

from collections import Counter
from collections.abc import Callable

from slurm.attempts import retry
from slurm.child import attempt_item
from slurm.ends import end_returned
from slurm.heartbeat import heartbeat
from slurm.history import history
from slurm.job import Backlog, Event, Job, Summary
from slurm.worker import summary, work


def run_local(
    job: Job, jobs: int = 1, devices: tuple[str, ...] = (), on_event: Callable[[Event], None] | None = None
) -> Summary:
    """Run the job here, `jobs` items at a time; see `work`. Called again, it goes on where it stopped."""
    allow_retries(job)
    return work(job, jobs, devices, on_event)


def run_here(job: Job) -> Summary:
    """Run the job in this process, one item after the other; what an item raises is written down and raised again."""
    allow_retries(job)
    backlog, ended = Backlog(job, lambda event: None), Counter[str]()
    with heartbeat(job.lease) as beating:
        while (claimed := backlog.take()) is not None:
            item, attempt = claimed
            beating.add(attempt)
            error = attempt_item(str(job.function), item, attempt, job.context)
            if error is None:
                end_returned(job, item, attempt)
            beating.discard(attempt)
            ended[history(job.root / item, job.lease)[-1].state] += 1
            if error is not None:
                raise error
    return summary(job, ended, len(backlog.queue))


def allow_retries(job: Job) -> bool:
    """Give each failed item one more attempt, if the job says so: once, by whoever starts it, not by each worker.

    Returns whether there was one.
    """
    return job.retry_failed and sum(retry(job.root / item) for item in job.items) > 0
