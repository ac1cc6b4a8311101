"""The scenarios run side by side on a throw-away cluster (lab.sh), and never on a real one."""

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import cluster_items
import pytest

SLURM = Path(cluster_items.__file__).parents[3] / "slurm"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slurm: needs the throw-away cluster that `make test-slurm` starts")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if shutil.which("sbatch") is None:
        reason = "sbatch was not found: `make test-slurm` installs SLURM and starts a throw-away cluster"
    elif "SLURM_LAB_DIR" not in os.environ:
        reason = "not on a cluster that people use: `make test-slurm` starts a throw-away one"
    else:
        return
    for item in items:
        if item.get_closest_marker("slurm"):
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def outcomes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[None]]]:
    """The scenarios of the selected tests, all running at once."""
    chosen = [item.callspec.params["scenario"] for item in request.session.items if "outcomes" in item.fixturenames]
    with ThreadPoolExecutor(len(chosen)) as pool:
        yield {run.__name__: pool.submit(run, _world(tmp_path_factory, run.__name__)) for run in chosen}


def _world(factory: pytest.TempPathFactory, name: str) -> Path:
    """A folder with a copy of the code, as workers import it."""
    folder = factory.mktemp(name)
    shutil.copytree(SLURM, folder / "code" / "slurm", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(cluster_items.__file__, folder / "code")
    return folder
