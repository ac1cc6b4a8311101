"""A table keeps what was measured, shows what is missing, and never forgets a row."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from results.records import publish
from results.tables import about, fill, read_rows, read_table, take_over, write_plan

ABOUT = {"study": "synthetic", "scale": "smoke", "question": "?", "base": {"epochs": 1}}


def plan(*runs: str, probes: tuple[str, ...] = ("p1",), **settings: Any) -> list[dict[str, Any]]:
    return [{"run": run, "arm": "cell", "seed": 0, "probes": list(probes), "epochs": 1, **settings} for run in runs]


def do(folder: Path, run: str, probes: tuple[str, ...] = ("p1",), top1: float = 50.5) -> None:
    provenance = {"commit": "c", "dirty": False, "host": "secret", "path": "/secret", "versions": {"torch": "2"}}
    record = {"run": run, "settings": {"epochs": 1}, "metrics": {"final_loss": 4.5}, "history": [{"epoch": 1}]}
    publish({**record, "provenance": {**provenance, "seconds": 2.5}}, folder / run / "record.json")
    for index, probe in enumerate(probes):
        name = "linear" if index == 0 else f"knn{index}"
        part = {"run": run, "metrics": {f"{name}_top1": top1}, "predictions": {name: [3, 999, 0]}, "seconds": 1.0}
        publish(part, folder / run / "probes" / f"{probe}.json")


def end(folder: Path, run: str, **content: Any) -> None:
    (folder / run / "attempts" / "0001").mkdir(parents=True)
    (folder / run / "attempts" / "0001" / "end.json").write_text(json.dumps(content))


def row(table: pd.DataFrame, run: str) -> pd.Series:
    return table.set_index("run").loc[run]


def test_done_failed_and_to_do(tmp_path: Path) -> None:
    path, runs = tmp_path / "t.parquet", tmp_path / "runs"
    write_plan(path, plan("a", "b", "c", "d"), ABOUT)
    do(runs, "a")
    end(runs, "b", outcome="failed", kind="out of memory", message="/secret", traceback="...")
    end(runs, "c", outcome="stopped")
    do(runs, "d", probes=())
    table = fill(path, runs)
    assert table["status"].tolist() == ["done", "failed", "to do", "to do"]
    assert row(table, "b")["failure"] == "out of memory" and table["failure"].notna().sum() == 1
    done = row(table, "a")
    assert (done["linear_top1"], done["seconds"], done["provenance.versions.torch"]) == (50.5, 3.5, "2")
    assert json.loads(done["history"]) == [{"epoch": 1}] and list(done["predictions.linear"]) == [3, 999, 0]
    assert pd.isna(row(table, "b")["linear_top1"]) and table.attrs["study"] == ABOUT
    assert b"secret" not in b"".join(str(cells).encode() for cells in pq.read_table(path).to_pydict().items())


def test_a_row_names_what_was_another_where_its_probes_measured(tmp_path: Path) -> None:
    here = {"source": "abc", "cpu": "AVX512", "host": "a", "started": "now", "versions": {"torch": "2"}}
    there = {"p1": {**here, "host": "b"}, "p2": {**here, "cpu": "AVX2"}, "p3": {**here, "versions": {"torch": "3"}}}
    record = {"settings": {}, "metrics": {}, "history": [], "provenance": {**here, "seconds": 2.5}}
    for run, probes in (("a", ("p1",)), ("b", ("p1", "p2", "p3"))):
        publish({"run": run, **record}, tmp_path / run / "record.json")
        for name in probes:
            measured = {"run": run, "metrics": {f"{name}_top1": 1.0}, "seconds": 1.0, "provenance": there[name]}
            publish(measured, tmp_path / run / "probes" / f"{name}.json")
    write_plan(tmp_path / "t.parquet", [*plan("a"), *plan("b", probes=("p1", "p2", "p3"))], ABOUT)
    told = fill(tmp_path / "t.parquet", tmp_path).set_index("run")["provenance.probes"]
    assert pd.isna(told["a"]) and told["b"] == "cpu AVX2; versions.torch 3"


def test_a_slice_shares_what_the_study_is(tmp_path: Path) -> None:
    write_plan(tmp_path / "t.parquet", plan("a", "b"), ABOUT)
    table = read_table(tmp_path / "t.parquet")
    assert table[table["run"] == "a"].copy().attrs["study"] is table.attrs["study"]


def test_a_done_row_is_never_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    write_plan(path, plan("a", "b"), ABOUT)
    do(tmp_path / "runs", "a")
    filled = fill(path, tmp_path / "runs")
    elsewhere = tmp_path / "elsewhere"
    pd.testing.assert_frame_equal(fill(path, elsewhere), filled)
    end(elsewhere, "a", outcome="failed", kind="error")
    assert row(fill(path, elsewhere), "a")["status"] == "done"
    write_plan(path, plan("a", "c", batch_size=7), ABOUT)
    table = fill(path, elsewhere)
    assert table["run"].tolist() == ["a", "c"], "a row no longer in the plan is dropped unless it is done"
    assert table["status"].tolist() == ["done", "to do"] and row(table, "a")["linear_top1"] == 50.5
    assert table["batch_size"].tolist() == [7, 7]


def test_a_new_probe_makes_a_run_to_do_and_keeps_its_numbers(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    write_plan(path, plan("a"), ABOUT)
    do(tmp_path / "runs", "a")
    fill(path, tmp_path / "runs")
    write_plan(path, plan("a", probes=("p1", "p2")), ABOUT)
    table = fill(path, tmp_path / "elsewhere")
    assert row(table, "a")["status"] == "to do" and row(table, "a")["linear_top1"] == 50.5


@pytest.mark.parametrize("name", ["record.json", "probes/p1.json"])
def test_a_damaged_record_is_set_aside_and_named(tmp_path: Path, name: str) -> None:
    path, runs = tmp_path / "t.parquet", tmp_path / "runs"
    write_plan(path, plan("a", "b"), ABOUT)
    do(runs, "a")
    do(runs, "b")
    (runs / "a" / name).write_text("{")
    table = fill(path, runs)
    assert table["status"].tolist() == ["to do", "done"]
    assert table.attrs["damaged"] == [str(runs / "a" / name)]
    assert (runs / "a" / f"{name}.damaged-1").exists() and not (runs / "a" / name).exists()


def test_a_record_of_another_run_is_damaged(tmp_path: Path) -> None:
    path, runs = tmp_path / "t.parquet", tmp_path / "runs"
    write_plan(path, plan("a"), ABOUT)
    do(runs, "b")
    (runs / "b").rename(runs / "a")
    assert len(fill(path, runs).attrs["damaged"]) == 2


def test_one_metric_of_two_probes_is_refused(tmp_path: Path) -> None:
    path, runs = tmp_path / "t.parquet", tmp_path / "runs"
    write_plan(path, plan("a", probes=("p1", "p2")), ABOUT)
    do(runs, "a")
    publish({"run": "a", "metrics": {"linear_top1": 1.0}}, runs / "a" / "probes" / "p2.json")
    with pytest.raises(ValueError, match=r"run a: 'linear_top1' is reported twice"):
        fill(path, runs)


def test_column_types(tmp_path: Path) -> None:
    columns: dict[str, tuple[Any, Any, Any]] = {
        "whole": (2**60 + 1, None, 3),
        "number": (1, 0.5, None),
        "truth": (True, None, False),
        "mixed": ("sqrt", 0.5, None),
        "nothing": (None, None, None),
        "sequence": ((1, 2), None, [0.5]),
    }
    path = tmp_path / "t.parquet"
    rows = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    write_plan(path, [plan(str(index))[0] | cells for index, cells in enumerate(rows)], ABOUT)
    fill(path, tmp_path)
    table = read_table(path)
    types = {name: str(table[name].dtype) for name in columns}
    text = "str" if pd.__version__ >= "3" else "object"
    assert types == {"whole": "Int64", "number": "float64", "truth": "boolean"} | dict.fromkeys(
        ("mixed", "nothing", "sequence"), types["mixed"]
    )
    assert types["mixed"] == text
    assert table["whole"].tolist()[0] == 2**60 + 1 and table["mixed"].tolist()[:2] == ["sqrt", "0.5"]
    assert table["sequence"].dropna().tolist() == ["[1, 2]", "[0.5]"]


def test_the_same_table_has_the_same_bytes_and_leaves_no_temporary_file(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_plan(tmp_path / name, plan("x"), ABOUT)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert len(list(tmp_path.iterdir())) == 2


def test_a_plan_that_the_table_holds_is_not_written_again(tmp_path: Path) -> None:
    path, runs = tmp_path / "t.parquet", tmp_path / "runs"
    settings: dict[str, Any] = {"sequence": (1, 2), "head": "MLP", "head.width": 3}

    def is_written(*planned: Any) -> bool:
        before = path.stat()
        write_plan(path, *planned)
        return (path.stat().st_ino, path.stat().st_mtime_ns) != (before.st_ino, before.st_mtime_ns)

    write_plan(path, plan("a", "b", **settings), ABOUT)
    do(runs, "a")
    fill(path, runs)
    assert not is_written(plan("a", "b", **settings), ABOUT)
    assert is_written(plan("b", sequence=(1, 2)), ABOUT)
    assert not is_written(plan("b", sequence=(1, 2)), ABOUT), "a run no longer planned stays, and changes nothing"
    for changed in (plan("b", sequence=(1, 3)), plan("b", more=1), plan("b", probes=("p2",)), plan("b", "c")):
        assert is_written(changed, ABOUT)
    assert is_written(plan("b", "c"), {**ABOUT, "question": "!"})


def test_what_several_commands_change_at_once_is_all_kept(tmp_path: Path) -> None:
    path, runs = tmp_path / "t.parquet", [f"r{number}" for number in range(12)]
    write_plan(path, plan(*runs), ABOUT)
    with ThreadPoolExecutor(len(runs)) as pool:
        list(pool.map(lambda run: take_over(path, {run: {"status": "done", "linear_top1": 50.0}}), runs))
    assert {row["status"] for row in read_rows(path)} == {"done"}


def test_read_rows_takes_the_columns_that_there_are(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    write_plan(path, plan("a"), ABOUT)
    assert read_rows(path, ("epochs", "absent", "run")) == [{"run": "a", "epochs": 1}]
    assert about(path) == ABOUT
