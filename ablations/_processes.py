"""How many processes share each run of a command, and whether its runs can be shared out so."""

from collections.abc import Sequence

from ablations._options import Options
from ablations._plan import Run
from ablations._site import load_site, resources
from ablations._study import Study
from core.pretrain import pretrain
from core.ranks import check_divides


def processes_of(options: Options, study: Study) -> int:
    """What --processes says; without it, one for each GPU of a worker on SLURM, if it has those for one run.

    Raises ValueError where the study or the place of the command takes one process alone.
    """
    asked: int = options.processes or 1
    if asked > 1 and study.train is not pretrain:
        raise ValueError(f"--processes takes 1 for {study.name}, which trains by a method of its own, not {asked}")
    if asked > 1 and options.cluster == "debug":
        raise ValueError(f"--processes takes 1 with --cluster debug, which trains in this process, not {asked}")
    if asked > 1 and options.pack > 1:
        raise ValueError("--processes goes with --pack 1: either a run has several processes, or a worker several runs")
    if options.processes or options.cluster != "slurm" or study.train is not pretrain or options.pack > 1:
        return asked
    return resources(options).over(load_site(options.site).defaults).gpus or 1


def check_shared_out(runs: Sequence[Run], processes: int) -> None:
    """Raise ValueError for a run whose batches so many processes cannot share out equally."""
    for run in runs if processes > 1 else ():
        check_divides(run.experiment.batch_size, run.experiment.bn_batch, processes)
