"""Ends a study's workers, and nobody else's."""

import getpass

from slurm.commands import ask
from slurm.queue import Worker, workers


def cancel(name: str) -> tuple[Worker, ...]:
    """Cancel this user's workers with the name that `submit` gave them; those that were queued or running.

    Running ones save and end within the cluster's KillWait; SLURM does not bring them back. Raises SlurmError.
    """
    mine = tuple(worker for worker in workers([name]) if worker.user == getpass.getuser())
    arrays = sorted({worker.id.partition("_")[0] for worker in mine})
    if arrays:
        ask("scancel", *arrays)
    return mine
