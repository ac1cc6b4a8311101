"""python -m ablations.clean: say what could be dropped from results/, and with --yes drop it; never a record.

Checkpoints of finished runs, logs of superseded attempts, what submitit pickled for workers that are gone. With
--compact, the records of finished runs are folded into runs/records.parquet and their folders go.
"""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from ablations._command import DONE, parser, run_command
from ablations._status import StudyStatus, study_statuses
from results.archive import archived, fold
from slurm.commands import SlurmError
from slurm.queue import workers


def main(arguments: Sequence[str]) -> int:
    """The command; returns its exit code."""
    made = parser("clean", __doc__.splitlines()[0])
    made.add_argument("--compact", action="store_true", help="fold finished records into one parquet file")
    made.add_argument("--yes", action="store_true", help="do it")
    options = made.parse_args(arguments)
    studies, runs = list(study_statuses(options.results)), options.results / "runs"
    finished = _finished(studies, runs)
    if options.compact and options.yes:
        fold(runs, [record for folder in finished for record in _records(folder)])
        finished = [folder for folder in finished if _is_folded(folder)]
    dropped = [*_leftovers(finished), *_gone(options.results), *(finished if options.compact else [])]
    for path in dropped:
        print(f"{'dropped' if options.yes else 'would drop'} {path}")
        if options.yes:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    print(f"{len(dropped)} files or folders; records are kept" + ("" if options.yes else "; --yes does it"))
    return DONE


def _finished(studies: Sequence[StudyStatus], runs: Path) -> list[Path]:
    """The folders of the runs that every study with them has done."""
    words: dict[str, set[str]] = {}
    for study in studies:
        for run in study.runs:
            words.setdefault(run.run, set()).add(run.word)
    folders = [runs / run for run, found in sorted(words.items()) if found == {"done"}]
    return [folder for folder in folders if (folder / "record.json").exists()]


def _records(folder: Path) -> list[Path]:
    return [folder / "record.json", *sorted((folder / "probes").glob("*.json"))]


def _is_folded(folder: Path) -> bool:
    """Whether all of its records are in the archive: not one that came since, nor where another command folds too."""
    return all(archived(record) == record.read_bytes() for record in _records(folder))


def _leftovers(finished: Sequence[Path]) -> Iterator[Path]:
    for folder in finished:
        yield from folder.glob("checkpoint.*")
        yield from (folder / "probes").glob("*.pt")
        attempts = sorted((folder / "attempts").glob("[0-9]*"))
        yield from (attempt / "log.txt" for attempt in attempts[:-1] if (attempt / "log.txt").exists())


def _gone(results: Path) -> list[Path]:
    """The folders of submissions of which no worker is left, as squeue says now; none where it cannot be asked."""
    homes = sorted((results / "slurm").glob("*/"))
    try:
        alive = {worker.name for worker in workers(home.name for home in homes)}
    except SlurmError:
        return []
    return [home for home in homes if home.name not in alive]


if __name__ == "__main__":
    run_command("clean", main)
