"""export: a study's runs as CSV, and as TensorBoard and Weights & Biases read them, from the results alone."""

import json
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from command_line import Command

from results.tables import read_rows


@pytest.fixture
def results(tiny: Path, tmp_path: Path) -> Path:
    """A results folder with the table alone, one of whose four runs is still to do."""
    from results.tables import about, write_plan

    (tmp_path / "results" / "tables").mkdir(parents=True)
    path, table = tmp_path / "results" / "tables" / "tiny.smoke.parquet", tiny / "results" / "tables"
    path.write_bytes((table / "tiny.smoke.parquet").read_bytes())
    plan = [{**row, "probes": json.loads(row["probes"])} for row in read_rows(path, ("run", "arm", "seed", "probes"))]
    write_plan(path, [*plan, {**plan[0], "run": "not-yet", "seed": 7}], about(path))
    return tmp_path / "results"


def done(results: Path) -> list[dict[str, Any]]:
    rows = read_rows(results / "tables" / "tiny.smoke.parquet")
    return [row for row in rows if row["status"] == "done"]


def test_csv_has_a_row_a_run_and_a_row_an_epoch(results: Path, command: Command) -> None:
    ended = command("tiny", "--to", "csv", name="export")
    folder = Path("results/export/tiny.smoke/csv")
    assert (ended.code, ended.out.split()) == (0, [str(folder / "runs.csv"), str(folder / "curves.csv")])
    runs, curves = (pd.read_csv(folder / name) for name in ("runs.csv", "curves.csv"))
    assert runs["status"].tolist() == ["done"] * 4 + ["to do"]
    assert runs["knn_valid_top1"].tolist()[:4] == [row["knn_valid_top1"] for row in done(results)]
    assert not [name for name in runs if name.startswith(("predictions.", "history"))]
    losses = [epoch["train_loss"] for row in done(results) for epoch in json.loads(row["history"])]
    assert curves["train_loss"].tolist() == losses and set(curves["run"]) <= set(runs["run"])


def test_tensorboard_reads_curves_settings_and_metrics(results: Path, command: Command) -> None:
    pytest.importorskip("tensorboard", reason="tensorboard is not installed: its export is not tested")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    for _ in range(2):  # what an earlier export left does not stay
        ended = command("tiny", "--to", "tensorboard", name="export")
        assert (ended.code, ended.out) == (
            *(0, "4 finished runs: tensorboard --logdir results/export/tiny.smoke/tensorboard\n"),
        )
    for row in done(results):
        read = EventAccumulator(f"results/export/tiny.smoke/tensorboard/{row['run']}")
        read.Reload()
        curve = (
            [(event.step, event.value) for event in read.Scalars("train_loss")] if json.loads(row["history"]) else []
        )
        told = [(epoch["epoch"], epoch["train_loss"]) for epoch in json.loads(row["history"])]
        assert curve == [(step, pytest.approx(loss, rel=1e-6)) for step, loss in told]
        assert read.Scalars("final/knn_valid_top1")[0].value == pytest.approx(row["knn_valid_top1"], rel=1e-6)
        assert {"_hparams_/session_start_info"} <= set(read.summary_metadata)


def test_wandb_writes_offline_runs_that_can_be_synced(results: Path, command: Command) -> None:
    pytest.importorskip("wandb", reason="wandb is not installed: its export is not tested")
    ended = command("tiny", "--to", "wandb", name="export")
    assert (ended.code, ended.out) == (
        *(0, "4 finished runs, offline: wandb sync results/export/tiny.smoke/wandb/wandb/offline-run-*\n"),
    )
    files = sorted(Path("results/export/tiny.smoke/wandb/wandb").glob("offline-run-*/*.wandb"))
    read = {run.pop("name"): run for run in map(of_wandb, files)}
    assert set(read) == {row["run"] for row in done(results)}
    for row in done(results):
        one = read[row["run"]]
        assert one["about"] == ("tiny", "smoke", row["arm"], "")
        assert one["config"]["head"] == row["head"] and one["config"]["epochs"] == row["epochs"]
        assert one["summary"]["knn_valid_top1"] == row["knn_valid_top1"]
        assert one["losses"] == [epoch["train_loss"] for epoch in json.loads(row["history"])]


def of_wandb(path: Path) -> dict[str, Any]:
    """What the file of an offline run tells."""
    from wandb.proto import wandb_internal_pb2

    found: dict[str, Any] = {"losses": [], "summary": {}}
    for content in blocks(path.read_bytes()):
        record = wandb_internal_pb2.Record()
        record.ParseFromString(content)
        if record.WhichOneof("record_type") == "run":
            run = record.run
            config = {item.key or ".".join(item.nested_key): json.loads(item.value_json) for item in run.config.update}
            found |= {"name": run.display_name, "about": (run.project, run.run_group, run.job_type, run.host)}
            found["config"] = found.get("config", {}) | config
        cells = {item.key or ".".join(item.nested_key): item.value_json for item in record.history.item}
        found["losses"] += [json.loads(cells["train_loss"])] if "train_loss" in cells else []
        found["summary"] |= {item.key: json.loads(item.value_json) for item in record.summary.update}
    return found


def blocks(content: bytes, size: int = 32_768) -> Iterator[bytes]:
    """The records of a LevelDB log behind wandb's seven bytes: blocks of (checksum, length, kind) and a part of one."""
    place, parts = 7, b""
    while place + 7 <= len(content):
        if size - place % size < 7:
            place += size - place % size
            continue
        _, length, kind = struct.unpack("<IHB", content[place : place + 7])
        parts += content[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in (1, 4):  # whole, or the last part
            yield parts
            parts = b""


@pytest.mark.parametrize(("to", "module"), [("wandb", "wandb"), ("tensorboard", "torch.utils.tensorboard")])
def test_a_missing_package_is_one_line_that_says_what_to_install(
    to: str, module: str, results: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, f"ablations._to_{to}", raising=False)
    monkeypatch.setitem(sys.modules, module, None)
    ended = command("tiny", "--to", to, name="export")
    said = f"export: --to {to} takes the package {to}, which is missing: pip install {to}\n"
    assert (ended.code, ended.out, ended.err) == (2, "", said)
    assert not (results / "export").exists()


def test_an_unknown_study_is_named(results: Path, command: Command) -> None:
    ended = command("tinny", "--to", "csv", name="export")
    assert (ended.code, ended.err) == (2, "export: results/tables has no table of 'tinny'; it has tiny\n")
