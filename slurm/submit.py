"""Submits workers on a job as one SLURM array, and returns at once."""

import fcntl
import hashlib
import json
import os
import pickle
import stat
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from submitit.core.utils import FailedJobError, FailedSubmissionError

from slurm.commands import SlurmError, require
from slurm.job import Job
from slurm.limits import check
from slurm.local import allow_retries
from slurm.names import job_name
from slurm.queue import workers as queued
from slurm.resources import Resources
from slurm.script import Script
from slurm.serve import serve
from slurm.share import share, sharing
from slurm.site import Site

ENDING = {"completing", "cancelled", "completed", "failed", "timeout", "node_fail", "preempted", "out_of_memory"}


@dataclass(frozen=True)
class Submission:
    """What `submit` did: `added` workers as the SLURM job `id` ("": none), beside `present` ones on the same items.

    `name` is the name of the study's SLURM jobs; `folder` holds the script, the pickles and the logs of those added.
    """

    name: str
    id: str
    added: int
    present: int
    folder: Path | None


def submit(
    job: Job,
    workers: int,
    resources: Resources,
    site: Site,
    *,
    name: str,
    folder: Path,
    path: Path,
    parallel: int | None = None,
    slots: int = 1,
) -> Submission:
    """Have `workers` workers queued or running on the job, `parallel` of them at a time, each `slots` items at a time.

    `folder` is shared by all who submit to the same root, `path` holds the packages that the workers import. Workers of
    the same `name` and root that have all these items already, and call the same of them finished, are counted, and
    only those missing are submitted.
    Raises ValueError for resources that the cluster has not, SlurmError where there is no SLURM or it refuses.
    """
    require("sbatch")
    asked, full_name = resources.over(site.defaults), job_name(name, job.root)
    check(asked)
    pickled, home = _pickle(job), folder.resolve() / full_name
    with sharing(site.group):
        for shared in (job.root, home):
            shared.mkdir(parents=True, exist_ok=True)
            share(shared, site.group)
        with _locked(home):
            present, again = _present(home, full_name, job), allow_retries(job)
            # those that are there have crossed what failed off their lists, and will not take it again
            missing = min(workers, len(job.items)) - (0 if again else present)
            if missing < 1:
                return Submission(full_name, "", 0, present, None)
            made = Script(
                name=full_name,
                comment=uuid.uuid4().hex,
                folder=_private(home),
                path=path.resolve(),
                workers=missing,
                parallel=parallel or missing,
                resources=asked,
                site=site,
            )
            (home / f"{made.comment}.json").write_text(json.dumps({"items": job.items, "finished": _finished(job)}))
            return Submission(full_name, _sbatch(made, pickled, slots), missing, present, made.folder)


def _sbatch(script: Script, pickled: bytes, slots: int) -> str:
    """Submit the workers; the id of their SLURM job."""
    copies = [pickled] * script.workers
    try:
        jobs = script.executor().map_array(serve, copies, [slots] * script.workers)
    except (FailedJobError, FailedSubmissionError) as refusal:
        raise SlurmError(f"sbatch: {' '.join(str(refusal).split())}") from refusal
    return str(jobs[0].job_id).partition("_")[0]


def _present(home: Path, name: str, job: Job) -> int:
    """How many workers of this name are waiting or running that have all items of the job, and finish them as it does.

    Those who were submitted before the study had another probe leave that to others.
    """
    lists, found, finished = dict[str, set[str]](), queued([name]), _finished(job)
    for worker in found:
        if worker.comment not in lists:
            lists[worker.comment] = set()
            with suppress(OSError, ValueError, KeyError, TypeError):
                kept = json.loads((home / f"{worker.comment}.json").read_text())
                if kept["finished"] == finished:
                    lists[worker.comment] = set(kept["items"])
    return sum(worker.state not in ENDING and lists[worker.comment] >= set(job.items) for worker in found)


def _finished(job: Job) -> str:
    """Tells apart what jobs call finished."""
    return hashlib.sha256(pickle.dumps(job.finished)).hexdigest()


def _private(home: Path) -> Path:
    """A new folder that nobody else may read or write: workers run what is pickled there.

    Raises ValueError where the file system makes it another user's, or open to others.
    """
    folder = Path(tempfile.mkdtemp(prefix="jobs-", dir=home))  # mode 0700, where modes are kept
    status = folder.stat()
    if status.st_uid != os.getuid() or stat.S_IMODE(status.st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
        raise ValueError(
            f"{folder} holds what workers run and must be this user's alone (mode 0700), not of user {status.st_uid} "
            f"with mode {stat.S_IMODE(status.st_mode):04o}: put --results on a file system that keeps modes"
        )
    return folder


def _pickle(job: Job) -> bytes:
    try:
        pickled = pickle.dumps(replace(job, root=job.root.resolve()))
    except (pickle.PicklingError, AttributeError, TypeError) as refusal:
        raise ValueError(
            f"a worker elsewhere must find {job.finished!r}: a module-level function or a partial of one"
        ) from refusal
    if b"__main__" in pickled:
        raise ValueError(
            "a worker elsewhere cannot find what is defined in the program itself (__main__): put it into a module"
        )
    return pickled


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One submitter at a time; where the file system has no locks, two at once may add more workers than asked for."""
    with (folder / "lock").open("a") as file:
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
