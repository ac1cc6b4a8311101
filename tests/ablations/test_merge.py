"""merge: a colleague's records come in by id, as they are, and nothing here is overwritten, mislabelled or run."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_line import Command, Outcome

from results.archive import fold
from results.records import publish, read
from results.tables import about, fill, read_rows, take_over, write_plan
from slurm.attempts import claim

TABLE = Path("tables") / "tiny.smoke.parquet"


@pytest.fixture
def other(tiny: Path, tmp_path: Path) -> Path:
    """A colleague's results folder: four runs and their table."""
    shutil.copytree(tiny / "results", tmp_path / "other")
    return tmp_path / "other"


@pytest.fixture
def results(other: Path, tmp_path: Path) -> Path:
    """Our results folder: the same plan, nothing done."""
    write_plan(tmp_path / "results" / TABLE, planned(other / TABLE), about(other / TABLE))
    return tmp_path / "results"


@pytest.fixture
def merge(command: Command) -> Callable[..., Outcome]:
    """`merge()`: python -m ablations.merge other."""
    return lambda *words: command("other", *words, name="merge")


def planned(table: Path) -> list[dict[str, Any]]:
    """The table's rows as they were before anything was measured."""
    names = {"run", "arm", "seed", "probes", *about(table)["base"]}
    return [{name: row[name] for name in row if name.partition(".")[0] in names} for row in read_rows(table)]


def counted(told: Outcome) -> dict[str, list[int]]:
    """How many of each kind were taken, known, left, refused."""
    rows = [line.rsplit(maxsplit=4) for line in told.out.splitlines()[1:4]]
    return {row[0].strip(): [int(cell) for cell in row[1:]] for row in rows}


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def change(path: Path, **changed: Any) -> None:
    """Publish another record in the place of this one."""
    record = read(path)
    assert record is not None
    path.unlink()
    publish({**record, **changed}, path)


def test_records_come_in_as_they_are_and_once(
    results: Path, other: Path, merge: Callable[..., Outcome], command: Command
) -> None:
    told = merge()
    assert (told.code, told.err) == (0, "")
    assert counted(told) == {"records": [4, 0, 0, 0], "probes' records": [4, 0, 0, 0], "shipped rows": [0, 0, 0, 0]}
    assert told.out.splitlines()[4:] == ["python -m ablations.report draws what is here now"]
    theirs = {name: text for name, text in content(other / "runs").items() if name.endswith(".json")}
    assert content(results / "runs") == {name: text for name, text in theirs.items() if "attempts" not in name}
    assert counted(merge()) == {"records": [0, 4, 0, 0], "probes' records": [0, 4, 0, 0], "shipped rows": [0, 0, 0, 0]}
    filled = fill(results / TABLE, results / "runs")
    assert set(filled["status"]) == {"done"} and not filled.attrs["damaged"]


def test_a_dry_run_says_the_same_and_does_nothing(results: Path, merge: Callable[..., Outcome]) -> None:
    before = content(results)
    told = merge("--dry-run")
    assert counted(told)["records"] == [4, 0, 0, 0]
    assert told.out.endswith("nothing was taken: this was a dry run\n")
    assert content(results) == before


def test_an_archive_is_taken_in_like_folders(results: Path, other: Path, merge: Callable[..., Outcome]) -> None:
    records = [*other.glob("runs/*/record.json"), *other.glob("runs/*/probes/*.json")]
    kept = {str(path.relative_to(other)): path.read_bytes() for path in records}
    fold(other / "runs", records)
    for folder in {path.parent for path in records if path.name == "record.json"}:
        shutil.rmtree(folder)
    assert counted(merge())["records"] == [4, 0, 0, 0]
    assert content(results / "runs") == {name.removeprefix("runs/"): text for name, text in kept.items()}


def test_a_record_with_other_numbers_is_named_and_left_with_its_probes(
    results: Path, other: Path, merge: Callable[..., Outcome]
) -> None:
    merge()
    run = next(path for path in (other / "runs").iterdir() if list(path.glob("checkpoint*"))).name
    change(other / "runs" / run / "record.json", metrics={"train_loss": 0.5})
    before = content(results)
    told = merge()
    assert told.code == 1
    assert counted(told)["records"] == [0, 3, 1, 0] and counted(told)["probes' records"] == [0, 3, 1, 0]
    assert f"left: run {run} has other numbers there: " in told.out and "train_loss" in told.out
    assert content(results) == before


def test_a_record_of_other_settings_than_the_id_has_here_is_named_and_left(
    results: Path, other: Path, merge: Callable[..., Outcome]
) -> None:
    path = next(iter(sorted(other.glob("runs/*/record.json"))))
    (other / TABLE).unlink()
    settings = read(path)["settings"]  # type: ignore[index]
    change(path, settings={**settings, "learning_rate": 9.0})
    told = merge()
    assert told.code == 1 and counted(told)["records"] == [3, 0, 1, 0]
    assert f"left: run {path.parent.name} has other settings there than this id has here: learning_rate" in told.out
    assert not (results / "runs" / path.parent.name).exists()


def test_a_probe_with_other_numbers_is_named_and_left(
    results: Path, other: Path, merge: Callable[..., Outcome]
) -> None:
    merge()
    probe = next(iter(sorted(other.glob("runs/*/probes/*.json"))))
    change(probe, metrics={"knn_top1": 99.0})
    told = merge()
    assert counted(told)["probes' records"] == [0, 3, 1, 0]
    assert f"{probe.relative_to(other)} has other numbers there: knn_valid_top1, knn_top1" in told.out


def test_a_damaged_record_is_refused_by_name_and_its_probes_stay_there(
    results: Path, other: Path, merge: Callable[..., Outcome]
) -> None:
    path = next(iter(sorted(other.glob("runs/*/record.json"))))
    path.write_bytes(path.read_bytes()[:-30])
    (other / TABLE).unlink()
    told = merge()
    assert told.code == 1
    assert counted(told) == {"records": [3, 0, 0, 1], "probes' records": [3, 0, 1, 0], "shipped rows": [0, 0, 0, 0]}
    assert f"refused: other/{path.relative_to(other)} is damaged" in told.out
    assert not (results / "runs" / path.parent.name).exists()


def test_our_damaged_record_is_not_overwritten(results: Path, merge: Callable[..., Outcome]) -> None:
    merge()
    path = next(iter(sorted(results.glob("runs/*/record.json"))))
    path.write_bytes(b"half a record")
    assert "is damaged: " in merge().out
    assert path.read_bytes() == b"half a record"


def test_a_run_that_is_being_trained_here_is_left(results: Path, other: Path, merge: Callable[..., Outcome]) -> None:
    run = next((other / "runs").iterdir()).name
    assert claim(results / "runs" / run) is not None
    told = merge()
    assert f"left: run {run} is being trained here" in told.out
    assert not (results / "runs" / run / "record.json").exists()


def test_probes_here_whose_encoder_is_gone_get_no_other_encoders_record(
    results: Path, merge: Callable[..., Outcome]
) -> None:
    merge()
    path = next(iter(sorted(results.glob("runs/*/record.json"))))
    path.unlink()
    assert f"left: run {path.parent.name} has probes here, of an encoder whose record is gone" in merge().out


def test_shipped_rows_are_taken_where_the_row_is_still_to_do(
    results: Path, other: Path, merge: Callable[..., Outcome]
) -> None:
    shutil.rmtree(other / "runs")
    told = merge()
    assert (told.code, counted(told)["shipped rows"]) == (0, [4, 0, 0, 0])
    ours, theirs = (read_rows(folder / TABLE) for folder in (results, other))
    for mine, row in zip(ours, theirs, strict=True):
        assert set(row) >= set(mine)
        assert {name: str(cell) for name, cell in mine.items()} == {name: str(row[name]) for name in mine}
    assert about(results / TABLE) == about(other / TABLE)
    assert counted(merge())["shipped rows"] == [0, 4, 0, 0]
    take_over(other / TABLE, {ours[0]["run"]: {"knn_top1": 99.0}})
    told = merge()
    assert counted(told)["shipped rows"] == [0, 3, 1, 0]
    assert f"left: tiny.smoke.parquet, run {ours[0]['run']}: it has other numbers there: knn_top1" in told.out


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "settings": ({"epochs": 7}, "its settings are not those of this id here: epochs"),
    "a history that is none": ({"history": "{"}, "its history is not what a run tells"),
    "a history of something else": ({"history": '{"epoch": 1}'}, "its 'history' is not what a run measures"),
    "a metric in words": ({"knn_top1": "high"}, "its 'knn_top1' is not what a run measures"),
    "seconds in words": ({"seconds": "3 s"}, "its settings, seconds or provenance are no plain values"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_shipped_row_that_cannot_be_ones_is_refused(
    results: Path, other: Path, merge: Callable[..., Outcome], wrong: str
) -> None:
    shutil.rmtree(other / "runs")
    changed, said = WRONG[wrong]
    rows = read_rows(other / TABLE)
    take_over(other / TABLE, {row["run"]: changed for row in rows})
    before = content(results)
    told = merge()
    assert counted(told)["shipped rows"] == [0, 0, 0, 4]
    assert said in told.out
    assert content(results) == before


def test_what_lies_about_its_settings_cannot_change_ours(
    results: Path, other: Path, merge: Callable[..., Outcome]
) -> None:
    shutil.rmtree(other / "runs")
    rows = [row | {"batch_size": 7} for row in read_rows(other / TABLE)]
    told = {**about(other / TABLE), "base": {}}
    (other / TABLE).unlink()
    write_plan(other / TABLE, rows, told)
    take_over(other / TABLE, {row["run"]: {"status": "done"} for row in rows})
    assert counted(merge())["shipped rows"][0] == 0
    assert {row["batch_size"] for row in read_rows(results / TABLE)} == {64}


def test_rows_of_a_study_that_is_not_planned_here_are_left(
    results: Path, other: Path, merge: Callable[..., Outcome]
) -> None:
    shutil.rmtree(other / "runs")
    (other / TABLE).rename(other / "tables" / "more.smoke.parquet")
    told = merge()
    assert counted(told)["shipped rows"] == [0, 0, 4, 0]
    assert "4 rows of more.smoke.parquet: no table of that study and scale is here" in told.out


def test_a_linked_or_damaged_table_is_refused(results: Path, other: Path, merge: Callable[..., Outcome]) -> None:
    shutil.rmtree(other / "runs")
    (other / TABLE).rename(other / "elsewhere")
    (other / TABLE).symlink_to(other / "elsewhere")
    (other / "tables" / "bad.smoke.parquet").write_bytes(b"PAR1")
    told = merge()
    assert counted(told)["shipped rows"] == [0, 0, 0, 2]
    assert "tiny.smoke.parquet: a symbolic link, which is not followed" in told.out


def test_other_source_versions_and_images_are_said(results: Path, other: Path, merge: Callable[..., Outcome]) -> None:
    fill(results / TABLE, other / "runs")  # what was shipped here, by the same code
    for path in other.glob("runs/*/record.json"):
        record = read(path)
        assert record is not None
        change(path, provenance={**record["provenance"], "source": "0" * 16, "cpu": "AVX2"})
    told_of = {**about(other / TABLE), "data": ["f" * 16]}
    rows = planned(other / TABLE)
    (other / TABLE).unlink()
    write_plan(other / TABLE, rows, told_of)
    lines = merge().out.splitlines()
    assert any(line.startswith(f"source: {'0' * 16} there, ") for line in lines)
    assert any(line.startswith("cpu: AVX2 there, ") for line in lines)
    (images,) = [line for line in lines if line.startswith("images of tiny at scale smoke: ffffffffffffffff there, ")]
    assert images.endswith("so its runs have other ids")


def test_wrong_use_is_one_line(tmp_path: Path, command: Command, other: Path) -> None:
    assert command("nowhere", name="merge").err == (
        "merge: nowhere is no results folder: it has neither runs/ nor tables/\n"
    )
    assert command("other", "--results", "other", name="merge").code == 2
