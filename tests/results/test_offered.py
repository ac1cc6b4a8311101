"""What another results folder offers: only whole records of their run, by their names, and nothing through a link."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as given_settings
from hypothesis import strategies as st

from results.archive import NAME, fold
from results.offered import offers
from results.records import CHECKSUM, checksum, publish, read
from results.tables import fill, write_plan

RUN, PROBE = "0123456789ab", "ba9876543210"
RECORD: dict[str, Any] = {
    "run": RUN,
    "settings": {"epochs": 1},
    "metrics": {"train_loss": 3.5},
    "history": [{"epoch": 1, "train_loss": 3.5}],
    "provenance": {"source": "abc", "versions": {"torch": "2.6"}, "seconds": 1.0},
}
MEASURED: dict[str, Any] = {
    "run": RUN,
    "metrics": {"knn_top1": 40.0},
    "predictions": {"knn_top1": [1, 2]},
    "seconds": 2.0,
}


def folder(place: Path, record: Any = RECORD, probe: Any = MEASURED) -> Path:
    publish(record, place / "runs" / RUN / "record.json")
    publish(probe, place / "runs" / RUN / "probes" / f"{PROBE}.json")
    return place


def test_a_whole_run_is_offered_as_it_is_from_its_folder_and_from_the_archive(tmp_path: Path) -> None:
    other = folder(tmp_path)
    for _ in ("folder", "archive"):
        (offer,), refused = offers(other, ("epochs",))
        assert (offer.run, offer.training, offer.probes, refused) == (RUN, RECORD, {PROBE: MEASURED}, [])
        fold(other / "runs", [*other.glob("runs/*/record.json"), *other.glob("runs/*/probes/*.json")])
        shutil.rmtree(other / "runs" / RUN, ignore_errors=True)


STRANGE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "another run's": ({"run": "f" * 12}, {}),
    "a metric that is a column of the plan": ({"metrics": {"status": 1.0}}, {}),
    "a metric that is a setting": ({"metrics": {"epochs": 9}}, {}),
    "a metric that is a setting which it hides": ({"settings": {}, "metrics": {"epochs": 9}}, {}),
    "a metric that is a setting of a part": ({"metrics": {"epochs.first": 9}}, {}),
    "a metric that is provenance": ({"metrics": {"provenance.source": 1.0}}, {}),
    "a metric in words": ({"metrics": {"train_loss": "low"}}, {}),
    "a number no table holds": ({"metrics": {"train_loss": 1 << 64}}, {}),
    "no metrics": ({"metrics": [1.0]}, {}),
    "no history": ({"history": {"epoch": 1}}, {}),
    "provenance of provenance": ({"provenance": {"source": {"a": 1}}}, {}),
    "versions that are none": ({"provenance": {"versions": 3}}, {}),
    "provenance that tells no seconds": ({"provenance": {"source": "abc"}}, {}),
    "seconds that are none": ({"provenance": {"seconds": "3"}}, {}),
    "settings of settings": ({"settings": {"head": {"width": 3}}}, {}),
    "no class": ({}, {"predictions": {"knn_top1": [-1]}}),
    "too many classes": ({}, {"predictions": {"knn_top1": [1 << 16]}}),
    "a truth value for a class": ({}, {"predictions": {"knn_top1": [True]}}),
}


@pytest.mark.parametrize("lacking", ["settings", "metrics", "history", "provenance"])
def test_a_record_that_lacks_what_all_have_is_refused(tmp_path: Path, lacking: str) -> None:
    less = {name: part for name, part in RECORD.items() if name != lacking}
    (offer,), refused = offers(folder(tmp_path, less), ("epochs",))
    assert (offer.training, list(offer.probes)) == (None, [PROBE])
    assert refused == [f"{tmp_path}/runs/{RUN}/record.json: it lacks {lacking}"]


@pytest.mark.parametrize("lacking", ["metrics", "seconds"])
def test_a_probes_record_that_lacks_what_all_have_is_refused(tmp_path: Path, lacking: str) -> None:
    less = {name: part for name, part in MEASURED.items() if name != lacking}
    (offer,), refused = offers(folder(tmp_path, probe=less), ("epochs",))
    assert (offer.training, offer.probes) == (RECORD, {})
    assert refused == [f"{tmp_path}/runs/{RUN}/probes/{PROBE}.json: it lacks {lacking}"]


@pytest.mark.parametrize("strange", STRANGE)
def test_a_record_that_would_spoil_a_table_is_refused_by_name(tmp_path: Path, strange: str) -> None:
    record, probe = STRANGE[strange]
    found, refused = offers(folder(tmp_path, {**RECORD, **record}, {**MEASURED, **probe}), ("epochs",))
    named = f"runs/{RUN}/record.json" if record else f"probes/{PROBE}.json"
    assert len(refused) == 1 and named in refused[0]
    assert [(offer.training is None, len(offer.probes)) for offer in found] == [(bool(record), 0 if probe else 1)]


def _swap(path: Path, elsewhere: Path) -> None:
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


@pytest.mark.parametrize("place", [f"runs/{RUN}/record.json", f"runs/{RUN}/probes", f"runs/{RUN}", "runs"])
def test_a_symbolic_link_is_named_and_not_followed(tmp_path: Path, place: str) -> None:
    other = folder(tmp_path / "other")
    _swap(other / place, tmp_path / "elsewhere")
    found, refused = offers(other, ("epochs",))
    assert refused == [f"{other / place}: a symbolic link, which is not followed"]
    kept = {"record.json": (0, 1), "probes": (1, 0)}.get(Path(place).name)
    assert [(int(offer.training is not None), len(offer.probes)) for offer in found] == ([kept] if kept else [])


def test_a_linked_archive_is_not_followed_either(tmp_path: Path) -> None:
    other = folder(tmp_path / "other")
    fold(other / "runs", other.glob("runs/*/record.json"))
    shutil.rmtree(other / "runs" / RUN)
    _swap(other / "runs" / NAME, tmp_path / "elsewhere")
    assert offers(other, ("epochs",)) == ([], [f"{other / 'runs' / NAME}: a symbolic link, which is not followed"])


def test_a_link_in_the_place_of_an_archived_record_is_not_followed(tmp_path: Path) -> None:
    other = folder(tmp_path / "other")
    fold(other / "runs", other.glob("runs/*/record.json"))
    _swap(other / "runs" / RUN / "record.json", tmp_path / "elsewhere")
    found, refused = offers(other, ("epochs",))
    assert [offer.training for offer in found] == [None]
    assert all("symbolic link, which is not followed" in why for why in refused)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"path": [f"{RUN}/record.json"], "record": [1]}, "it is no archive of records"),
        ({"path": [1], "record": pa.array([b""], pa.binary())}, "it is no archive of records"),
        ({"name": ["x"]}, "it is no archive of records"),
        (None, "is damaged"),
    ],
)
def test_an_archive_that_is_none_is_refused_and_the_folders_are_read(
    tmp_path: Path, columns: dict[str, Any] | None, said: str
) -> None:
    other = folder(tmp_path)
    if columns is None:
        (other / "runs" / NAME).write_bytes(b"PAR1 and no more")
    else:
        pq.write_table(pa.table(columns), other / "runs" / NAME)
    found, refused = offers(other, ("epochs",))
    assert [offer.training for offer in found] == [RECORD]
    assert len(refused) == 1 and said in refused[0]


@pytest.mark.parametrize(
    "name",
    ["../../evil.json", "/tmp/evil.json", f"{RUN}/../evil.json", f"{RUN}/probes/../../e.json", "evil/record.json"],
)
def test_a_name_in_the_archive_that_is_no_records_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "runs").mkdir()
    text = json.dumps({**RECORD, CHECKSUM: checksum(RECORD)}).encode()
    pq.write_table(pa.table({"path": [name], "record": pa.array([text], pa.binary())}), tmp_path / "runs" / NAME)
    found, refused = offers(tmp_path, ("epochs",))
    assert found == [] and len(refused) == 1 and "no record has such a name" in refused[0]


@pytest.mark.parametrize(
    "damage", [lambda text: text[:-20], lambda text: text.replace(b"3.5", b"4.5"), lambda text: b""]
)
def test_a_damaged_record_is_refused_by_name_and_blocks_no_other(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    other = folder(tmp_path)
    path = other / "runs" / RUN / "record.json"
    publish({**RECORD, "run": "f" * 12}, other / "runs" / ("f" * 12) / "record.json")
    path.write_bytes(damage(path.read_bytes()))
    found, refused = offers(other, ("epochs",))
    assert [offer.run for offer in found if offer.training] == ["f" * 12]
    assert len(refused) == 1 and str(path) in refused[0]


def test_files_that_are_no_records_are_left_alone(tmp_path: Path) -> None:
    other = folder(tmp_path)
    run = other / "runs" / RUN
    for name in (".record.json.123", "record.json.damaged-1", "checkpoint.pt", "probes/notes.json", "probes/.x.json"):
        (run / name).write_text("not JSON")
    (other / "runs" / "no-id").mkdir()
    found, refused = offers(other, ("epochs",))
    assert [offer.probes.keys() for offer in found] == [{PROBE}]
    assert refused == [f"{other / 'runs' / 'no-id'}: no run has such an id"]


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(
    ["train_loss", "knn_top1", "run", "status", "epochs", "history", "provenance.cpu", "seconds", ""]
)
PARTS = {
    part: st.dictionaries(NAMES, JSON, max_size=3) | JSON
    for part in ("settings", "metrics", "provenance", "predictions", "history", "probe", "seconds")
}


@given(st.fixed_dictionaries({}, optional=PARTS), st.fixed_dictionaries({}, optional=PARTS))
@example({}, {"settings": {"train_loss": None}})
@given_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_whatever_is_offered_can_be_put_into_a_table(
    tmp_path: Path, record: dict[str, Any], probe: dict[str, Any]
) -> None:
    shutil.rmtree(tmp_path / "runs", ignore_errors=True)
    found, _ = offers(folder(tmp_path, {**RECORD, **record}, {**MEASURED, **probe}), ("epochs",))
    mine = tmp_path / "mine"
    shutil.rmtree(mine, ignore_errors=True)
    for offer in found:
        if offer.training is not None:
            publish(offer.training, mine / "runs" / RUN / "record.json")
        for name, measured in offer.probes.items():
            publish(measured, mine / "runs" / RUN / "probes" / f"{name}.json")
    table = mine / "tables" / "study.smoke.parquet"
    write_plan(table, [{"run": RUN, "arm": "cell", "seed": 0, "probes": [PROBE], "epochs": 1}], {"study": "study"})
    filled = fill(table, mine / "runs")
    whole = [offer for offer in found if offer.training is not None and offer.probes]
    assert list(filled["run"]) == [RUN] and list(filled["epochs"]) == [1]
    assert (filled["status"][0] == "done") == bool(whole)
    assert not whole or read(mine / "runs" / RUN / "record.json") == whole[0].training
