"""The page of one study at two scales, and a browser to look at it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import browser
from page_tables import ELSEWHERE, WAITING, write_heads

from results.judged import told
from results.page import write_page


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    studies = [told(write_heads(folder, scale), folder) for scale in ("smoke", "laptop")]
    return write_page(studies, folder / "report.html", WAITING, ELSEWHERE)


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with browser(tmp_path_factory.mktemp("profile")) as driver:
        yield driver
