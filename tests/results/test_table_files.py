"""Which tables are meant, by study and scale: the same in every command, and what is not there is said in one way."""

from pathlib import Path

import pytest

from results.table_files import only_table, table_names, table_path

NAMES = [("loss", "laptop"), ("loss", "smoke"), ("mine.two", "laptop")]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    (tmp_path / "tables").mkdir()
    for name in NAMES:
        table_path(tmp_path, *name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("studies", "scale", "found"),
    [
        ((), None, NAMES),
        ((), "laptop", [NAMES[0], NAMES[2]]),
        (("loss",), None, NAMES[:2]),
        (("somewhere/loss.py",), "smoke", [NAMES[1]]),
        (("mine.two", "loss"), "laptop", [NAMES[0], NAMES[2]]),
    ],
)
def test_tables_are_named_by_study_or_file_and_scale(
    results: Path, studies: tuple[str, ...], scale: str | None, found: list[tuple[str, str]]
) -> None:
    assert table_names(results, studies, scale) == found


@pytest.mark.parametrize(
    ("studies", "scale", "said"),
    [
        (("los",), None, "has no table of 'los'; it has loss, mine.two"),
        (("loss", "two"), "smoke", "has no table of 'two'; it has loss, mine.two"),
        ((), "gpu", "has no table at scale 'gpu'; there is laptop, smoke"),
        (("mine.two",), "smoke", "has no table at scale 'smoke'; there is laptop"),
    ],
)
def test_what_is_not_there_is_said(results: Path, studies: tuple[str, ...], scale: str | None, said: str) -> None:
    with pytest.raises(ValueError, match=rf"/tables {said}$"):
        table_names(results, studies, scale)


def test_one_table_alone_is_that_of_the_scale_or_the_only_one(results: Path) -> None:
    assert only_table(results, "loss", "smoke") == table_path(results, "loss", "smoke")
    assert only_table(results, "mine.two") == table_path(results, "mine.two", "laptop")
    with pytest.raises(ValueError, match=r"^loss has tables at the scales laptop, smoke: say which scale$"):
        only_table(results, "loss")
