"""The images that runs and probes are of, each loaded once in a process; a probe's id holds those it loads itself."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from ablations._identity import run_id
from ablations._memory import memory
from ablations._plan import Run
from ablations._study import Study
from core.data import DataError, DataSet, load
from core.experiment import Experiment
from core.value import check


def load_images(name: str, folder: str | None, side: int | None) -> DataSet:
    """The data set at `side` pixels, streamed where it does not fit.

    Raises what core.data.load raises, and DataError where another name gave the same images: a folder that is one data
    set is found by any name.
    """
    data = _loaded(name, folder, side, memory())
    other = _NAMES.setdefault((data.fingerprint, folder, side), name)
    if other != name:
        raise DataError(f"{name} and {other} would be the same images: --data takes a folder with {name}/ and {other}/")
    return data


_NAMES: dict[tuple[str, str | None, int | None], str] = {}
"""By which name the images of a fingerprint were loaded, from which folder and at which size."""


@cache
def _loaded(name: str, folder: str | None, side: int | None, memory: int) -> DataSet:
    return load(name, Path(folder) if folder else None, side=side, memory=memory)


def data_of(experiment: Any, folder: str | None) -> DataSet | None:
    """The experiment's images; None for an experiment without a data set."""
    if not hasattr(experiment, "dataset"):
        return None
    return load_images(experiment.dataset, folder, getattr(experiment, "image_size", None))


def data_of_all(runs: Sequence[Run], folder: str | None) -> list[DataSet]:
    """The data sets of these runs, each once."""
    found = (data_of(run.experiment, folder) for run in runs)
    return list({id(data): data for data in found if data}.values())


def fingerprint(experiment: Any, folder: str | None) -> str:
    """The fingerprint of the experiment's images. Raises ValueError if it cannot be trained on them."""
    data = data_of(experiment, folder)
    if isinstance(experiment, Experiment) and data:
        _check_sizes(experiment, data)
    return data.fingerprint if data else ""


def _check_sizes(experiment: Experiment, data: DataSet) -> None:
    asked, number, epochs = experiment.images, len(data.train), experiment.epochs
    many = f"images={asked} is more than the {number} training images of {data.name}; images=None takes them all"
    check(asked is None or asked <= number, many)
    if epochs == 0:
        return
    fits = experiment.batch_size <= (asked or number)
    check(fits, f"batch_size takes at most the {asked or number} training images, not {experiment.batch_size}")
    check(
        experiment.warmup_epochs < epochs, f"warmup_epochs={experiment.warmup_epochs:g} takes less than epochs={epochs}"
    )


def probe_data(probe: Any, study: Study, scale: str, folder: str | None) -> DataSet | None:
    """The images that the probe loads beside the run's own, as Transfer's `dataset` names them; None for others."""
    if not isinstance(name := getattr(probe, "dataset", None), str):
        return None
    return load_images(name, folder, getattr(study.base_at(scale), "image_size", None))


def probe_ids(study: Study, scale: str, folder: str | None) -> list[str]:
    """The id of each of the study's probes: a hash of its settings and, where it loads images, their fingerprint.

    Raises DataError where there are no such images: before anything is trained.
    """
    probes = study.probes_at(scale)
    loaded = [probe_data(probe, study, scale, folder) for probe in probes]
    fingerprints = [[data.fingerprint] if data else [] for data in loaded]
    return [run_id(probe, *images) for probe, images in zip(probes, fingerprints, strict=True)]
