"""Faults that are really done. `pytest tests/faults --long` (make test-faults) does many more of each.

At its end the long form says, for each promise, how many faults were tried and how many were survived.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
for neighbor in ("ablations", "core", "slurm"):
    sys.path.append(str(HERE.parent / neighbor))

from fault_commands import Commands  # noqa: E402 -- its neighbors must be found first
from image_files import random_split, write_folders  # noqa: E402

TRIED, SURVIVED = Counter[str](), Counter[str]()
Fault = Callable[[str], AbstractContextManager[None]]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="as many faults as the README says, not a sample")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "long: only with --long (make test-faults)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--long", default=False):
        late = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=late)
        items[:] = [item for item in items if item not in late]


@pytest.fixture(scope="session")
def long(request: pytest.FixtureRequest) -> bool:
    """Whether all faults are asked for, not a sample of them."""
    return bool(request.config.getoption("--long", default=False))


@pytest.fixture(scope="session")
def fault() -> Fault:
    """`with fault("kill -9"): ...` counts a fault, and it as survived if the block ends well."""

    @contextmanager
    def one(promise: str) -> Iterator[None]:
        TRIED[promise] += 1
        yield
        SURVIVED[promise] += 1

    return one


@pytest.fixture(scope="session")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    """Commands in fresh processes that have torch loaded, with a cache of images of their own."""
    cache = tmp_path_factory.mktemp("cache")
    with Commands({"ABLATIONS_CACHE": str(cache), "OMP_NUM_THREADS": "1"}) as started:
        yield started


@pytest.fixture(scope="session")
def flowers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a few tiny images of two classes."""
    folder = tmp_path_factory.mktemp("images") / "flowers"
    write_folders(folder, random_split(40))
    return folder


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):  # one of several processes, which the first one counts together
        session.config.workeroutput["faults"] = dict(TRIED), dict(SURVIVED)


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_testnodedown(node: Any) -> None:
    tried, survived = getattr(node, "workeroutput", {}).get("faults", ({}, {}))
    TRIED.update(tried)
    SURVIVED.update(survived)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if not config.getoption("--long", default=False) or not TRIED:
        return
    terminalreporter.write_line("\n| promise | faults tried | survived |\n|---|---|---|")
    for promise in TRIED:
        terminalreporter.write_line(f"| {promise} | {TRIED[promise]} | {SURVIVED[promise]} |")
