"""Which runs of a study others have too: those that are shipped, as they plan here, and any that has a table."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ablations._find import load_study, study_names
from ablations._images import fingerprint
from ablations._plan import Run, plan
from results.table_files import table_path, table_paths
from results.tables import read_rows


def shared(study: str, runs: Sequence[Run], scale: str, folder: str | None, results: Path) -> set[str]:
    """The ids of these runs of `study` that another study plans at this scale, or has in a table at any."""
    known = {_images(run.experiment): run.experiment for run in runs}
    fingerprints = {images: fingerprint(experiment, folder) for images, experiment in known.items()}
    others = [load_study(name) for name in study_names() if name != study]
    # Images that these runs do not have are not looked for: no run of theirs is one of these.
    planned = [run for other in others for run in plan(other, scale, lambda one: fingerprints.get(_images(one), ""))]
    rows = [
        row
        for path in table_paths(results)
        if path != table_path(results, study, scale)
        for row in read_rows(path, ("run",))
    ]
    return {run.id for run in runs} & {*(run.id for run in planned), *(row["run"] for row in rows)}


def _images(experiment: Any) -> tuple[Any, Any]:
    return getattr(experiment, "dataset", None), getattr(experiment, "image_size", None)
