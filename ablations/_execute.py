"""One run, from its id to its records: what a worker's child does."""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from ablations._context import THREADS, Context, find_experiment
from ablations._find import load_study
from ablations._identity import settings
from ablations._images import data_of, load_images, probe_ids
from ablations._journal import RunJournal, numbers
from ablations._source import processor, provenance
from core import ranks
from core.data import DataSet
from core.experiment import Experiment
from core.pretrain import Trained
from core.probe import Features
from results.damage import set_aside
from results.records import as_read, is_whole, publish, read, record_paths
from slurm.attempts import Attempt, Stopped


def execute(item: str, attempt: Attempt, context: Mapping[str, Any]) -> None:
    """Train the run `item`, or go on with it, measure it, and publish its records; as one of its processes."""
    where = Context(**context)
    torch.set_num_threads(THREADS)
    with ranks.joined(where.processes):
        _execute(item, attempt, where)


def _execute(item: str, attempt: Attempt, where: Context) -> None:
    study = load_study(where.study)
    experiment, probes = find_experiment(item, study, where), study.probes_at(where.scale)
    folder, data = Path(where.results) / "runs" / item, data_of(experiment, where.data)
    device, ids = "cuda" if torch.cuda.is_available() else "cpu", probe_ids(study, where.scale, where.data)
    if ranks.rank() == 0:
        _set_aside_damaged(folder, ids)
    origin = {**provenance(study), **_about(where, device)}
    started, journal = datetime.now(UTC).isoformat(timespec="seconds"), RunJournal(folder, attempt)
    outcome = study.train(experiment, data, journal, device)
    if probes and not isinstance(outcome, Trained):
        raise TypeError(
            "a probe measures what core.pretrain returns; a study whose `train` returns metrics has probes=()"
        )
    if ranks.rank() == 0:
        attempt.guard()
        training = {"started": started, "seconds": journal.seconds, "images": _came(data)}
        record = {"run": item, "settings": settings(experiment), **_trained(outcome)}
        if not publish({**record, "provenance": {**origin, **training}}, folder / "record.json"):
            _check_same(record, folder / "record.json")
    if probes:
        assert data is not None
        known = experiment if isinstance(experiment, Experiment) else None
        side = getattr(experiment, "image_size", None)
        features = Features(outcome.model, data, device, known, lambda name: load_images(name, where.data, side))
        if ranks.rank() == 0:
            about = {"run": item, "provenance": origin}
            _probe(dict(zip(ids, probes, strict=True)), folder, about, attempt, journal, features)
            features.end()
        else:
            features.help()


def _check_same(record: Mapping[str, Any], path: Path) -> None:
    """Raise ValueError where the record at `path` is of another encoder than the one to probe, whose record this is."""
    kept = read(path)
    if kept and kept["history"] != as_read(record["history"]):
        way = f"remove {path.parent}" if path.exists() else "give another --results: this one's are folded away"
        raise ValueError(
            f"{path} belongs to another encoder: the checkpoint was lost, and training again gave different numbers; "
            f"to measure the run anew, {way}"
        )


def _trained(outcome: Any) -> dict[str, Any]:
    """The training half of a record, from what a study's `train` returned."""
    if not isinstance(outcome, Trained):
        return {"metrics": numbers(outcome), "history": []}
    last = outcome.history[-1] if outcome.history else {}
    parameters = sum(parameter.numel() for parameter in outcome.model.encoder.parameters())
    metrics = {name: metric for name, metric in last.items() if name != "epoch"}
    return {"metrics": {**metrics, "encoder_parameters": parameters}, "history": outcome.history}


def _probe(
    probes: Mapping[str, Any],
    folder: Path,
    about: Mapping[str, Any],
    attempt: Attempt,
    journal: RunJournal,
    features: Features,
) -> None:
    for name, probe in probes.items():
        (path,) = record_paths(folder, [name])[1:]
        if not is_whole(path):
            if attempt.stopping():
                raise Stopped(f"before {type(probe).__name__}")
            features.journal = kept = journal.probe(name)
            measured = probe(features)
            attempt.guard()
            found = {"metrics": numbers(measured.metrics), "predictions": measured.predictions}
            by = {"probe": type(probe).__name__, **settings(probe)}
            publish({**about, "probe": by, **found, "seconds": kept.seconds}, path)
            kept.drop()
            journal.further()


def _set_aside_damaged(folder: Path, probes: Sequence[str]) -> None:
    for path in record_paths(folder, probes):
        if path.exists() and not is_whole(path):
            print(f"{path} is damaged; set aside as {set_aside(path)}")


def _came(data: DataSet | None) -> str | None:
    """How the images came; what decoded streamed ones, which no fingerprint of pixels tells."""
    if data is None or not data.streamed:
        return "in memory" if data else None
    return f"streamed by Pillow {version('pillow')} and simplejpeg {version('simplejpeg')}"


def _about(where: Context, device: str) -> dict[str, Any]:
    """What a run's numbers depend on beside its code.

    cpu: the processor and the vector instructions that torch uses. Processors that have the same by torch's words give
    other bits: an Intel Xeon with AMX and an AMD EPYC are both AVX512, and a supervised run had 63.83 and 64.31.
    """
    return {
        "threads": THREADS,
        **({"processes": where.processes} if where.processes > 1 else {}),
        "device": torch.cuda.get_device_name() if device == "cuda" else "cpu",
        "partition": os.environ.get("SLURM_JOB_PARTITION"),
        "cpu": f"{processor()}, {torch.backends.cpu.get_cpu_capability()}",
    }
