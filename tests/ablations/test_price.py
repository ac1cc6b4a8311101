"""The price of a study: from records first, then from a few steps timed once, and in words where nobody knows."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from command_line import TINY, Command, Process, end
from hypothesis import given
from hypothesis import strategies as st

from ablations import Study, _measure, vary
from ablations._context import Context
from ablations._destination import is_like
from ablations._identity import settings
from ablations._plan import Run
from ablations._price import Cost, Price, Recorded, encoder_kind, kind, mean_seconds, price, recorded, wall
from ablations._quote import print_prices
from ablations._scale import SMOKE as BASE
from core.encoders import SmallResNet
from core.experiment import Experiment
from core.heads import NoHead
from core.losses import NTXent
from results.plots import Bars
from results.records import publish

MACHINE = {"device": "cpu", "threads": 1, "partition": None, "versions": {"torch": "2"}, "host": "a"}
DRY = ("--scale", "smoke", "--dry-run")
COST = Cost(0.5, {"memory": 2**30})
KNOWN_OF_NOTHING = Recorded({}, {})


def run_of(experiment: Experiment, run: str = "0123", arm: str = "cell") -> Run:
    return Run(run, arm, experiment, settings(experiment))


def record(
    results: Path, name: str, experiment: Experiment, seconds: float, probes: float | None = None, **machine: Any
) -> None:
    where = {**MACHINE, **machine, "seconds": seconds}
    folder = results / "runs" / name
    publish({"run": name, "settings": settings(experiment), "provenance": where}, folder / "record.json")
    if probes is not None:
        publish({"run": name, "seconds": probes}, folder / "probes" / "knn.json")


def like_a(machine: Mapping[str, Any]) -> bool:
    return is_like({**MACHINE, "processor": "fast"}, machine)


@given(st.lists(st.floats(0, 1e6), min_size=1), st.integers(1, 40))
def test_runs_side_by_side_take_neither_less_than_their_share_nor_more_than_a_run_beyond_it(
    seconds: list[float], at_a_time: int
) -> None:
    share, longest = sum(seconds) / at_a_time, max(seconds)
    assert max(share, longest) * (1 - 1e-9) <= wall(seconds, at_a_time) <= (share + longest) * (1 + 1e-9)


def test_each_place_takes_the_next_run_in_order() -> None:
    assert [wall([3.0, 1.0, 1.0, 4.0], places) for places in (1, 2, 3, 4)] == [9.0, 6.0, 5.0, 4.0]


def test_records_of_the_same_kind_on_a_like_machine_tell_the_seconds_of_an_epoch(tmp_path: Path) -> None:
    record(tmp_path, "one", replace(BASE, epochs=5), 10.0)
    record(tmp_path, "two", replace(BASE, epochs=5, seed=7, learning_rate=0.1, loss=NTXent(temperature=0.1)), 20.0)
    record(tmp_path, "other kind", replace(BASE, batch_size=32), 500.0)
    record(tmp_path, "other images", replace(BASE, images=256), 500.0)
    record(tmp_path, "other machine", BASE, 500.0, host="b")
    record(tmp_path, "untrained", replace(BASE, epochs=0), 500.0)
    damaged = tmp_path / "runs" / "damaged" / "record.json"
    damaged.parent.mkdir()
    damaged.write_text("{")
    known = recorded(tmp_path, like_a)
    assert price(run_of(replace(BASE, epochs=10)), 80, known, COST).seconds == 30.0
    assert price(run_of(replace(BASE, epochs=0)), 0, known, COST).seconds == 0.0
    assert price(run_of(replace(BASE, views=3, loss=mean_of_all)), 80, known, COST).seconds == 40.0


def mean_of_all(*views: Any) -> Any:
    return sum(view.mean() for view in views)


def test_probes_take_what_they_took_on_the_same_encoder(tmp_path: Path) -> None:
    record(tmp_path, "one", BASE, 1.0, probes=3.0)
    record(tmp_path, "two", replace(BASE, head=NoHead()), 1.0, probes=5.0)
    record(tmp_path, "unprobed", replace(BASE, batch_size=32), 1.0)
    known = recorded(tmp_path, like_a, ["knn"])
    assert price(run_of(replace(BASE, batch_size=16)), 8, known, COST).probes == 4.0
    assert price(run_of(replace(BASE, encoder=SmallResNet(width=16))), 8, known, COST).probes is None


def test_a_record_beats_a_timing_and_a_timing_beats_nothing() -> None:
    run = run_of(replace(BASE, epochs=2))
    known = Recorded({(kind(run.settings), 512): 1.5}, {encoder_kind(run.settings): 0.25})
    assert price(run, 16, known, COST) == Price(run, 3.0, 0.25, "by records", COST.memory)
    assert price(run, 16, KNOWN_OF_NOTHING, COST) == Price(run, 8.0, None, "by timing a few steps", COST.memory)
    assert price(run, 16, KNOWN_OF_NOTHING, "too slow") == Price(run, None, None, "too slow", {})
    too_large = Cost(None, {"memory": 8})
    assert price(run, 16, KNOWN_OF_NOTHING, too_large) == Price(run, None, None, "it runs out of memory", {"memory": 8})


def test_workers_are_priced_by_records_of_their_partition(tmp_path: Path) -> None:
    runs = [run_of(replace(BASE, epochs=10)), run_of(replace(BASE, epochs=20)), run_of(replace(BASE, batch_size=16))]
    record(tmp_path, "one", replace(BASE, epochs=5), 10.0, partition="gpu")
    record(tmp_path, "laptop", replace(BASE, epochs=5), 1000.0)
    assert mean_seconds(tmp_path, runs, "gpu") == 30.0
    assert mean_seconds(tmp_path, runs, None) == 30.0  # wherever SLURM sends them
    assert mean_seconds(tmp_path, runs, "debug") is None


def test_machines_are_like_by_their_processor_or_where_a_record_tells_none_by_their_host() -> None:
    mine = {**MACHINE, "processor": "fast"}
    assert is_like(mine, MACHINE)
    assert is_like(mine, {**mine, "host": "b"})
    assert not is_like(mine, {**MACHINE, "host": "b"})
    assert not is_like(mine, {**mine, "processor": "slow"})
    for name, other in (("device", "a GPU"), ("threads", 2), ("partition", "gpu"), ("versions", {"torch": "3"})):
        assert not is_like(mine, {**mine, name: other})


def test_what_will_not_fit_is_named_and_what_is_unknown_said(capsys: pytest.CaptureFixture[str]) -> None:
    prices = [
        Price(run_of(BASE, "small"), 3600.0, 1800.0, "by records", {"memory": 2**30}),
        Price(run_of(BASE, "large"), 9000.0, None, "by timing a few steps", {"memory": 6 * 2**30}),
        Price(run_of(BASE, "huge", "supervised"), None, None, "it runs out of memory", {"memory": 8 * 2**30}),
    ]
    print_prices(prices, 2, {"memory": 4 * 2**30})
    assert capsys.readouterr().out.splitlines() == [
        "time: at least 2.5 hours, 2 at a time (1 by records, 1 by timing a few steps)",
        "time of the probes: unknown where no record tells, and left out",
        "time unknown for 1: it runs out of memory",
        "memory: up to 8.0 GB a run; each may use 4.0 GB",
        "2 will not fit: large (cell), huge (supervised)",
    ]


def test_probes_that_nobody_knows_do_not_take_0_s(capsys: pytest.CaptureFixture[str]) -> None:
    print_prices([Price(run_of(BASE), 0.0, None, "without training", {})], 2, {})
    assert capsys.readouterr().out.splitlines() == [
        "time of the probes: unknown where no record tells, and left out",
        "memory: unknown",
    ]


@pytest.fixture
def timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The runs that are timed, without timing them; tiny.py is there."""
    asked: list[str] = []

    def measure(where: Any, run: str, memory: int, beside: int) -> Cost:
        asked.append(run)
        return COST

    monkeypatch.setattr("ablations._timing.measure", measure)
    (tmp_path / "tiny.py").write_text(TINY)
    return asked


def test_each_kind_is_timed_once_and_kept(timed: list[str], tmp_path: Path, command: Command) -> None:
    first = command("tiny.py", *DRY, "--seeds", "2", "--jobs", "2")
    assert len(timed) == 3  # two heads and the supervised arm; the random encoder has no step
    assert "time: at least 12 s, 2 at a time (6 by timing a few steps, 2 without training)" in first.out
    assert "memory: up to 1.0 GB a run" in first.out
    again = command("tiny.py", *DRY, "--seeds", "2", "--jobs", "2")
    assert (len(timed), again.out.splitlines()[:-1]) == (3, first.out.splitlines()[:-1])
    with (tmp_path / "results" / ".timings.jsonl").open("a") as kept:
        kept.write('{"kind": "cut sho')
    assert command("tiny.py", *DRY).code == 0
    command("tiny.py", *DRY, "--set", "batch_size=32")
    assert len(timed) == 6


def test_an_edited_part_of_ones_own_is_timed_anew(timed: list[str], tmp_path: Path, command: Command) -> None:
    text = TINY.replace("STUDY", "def my_loss(first, second):\n    return (first * second).mean()\n\n\nSTUDY", 1)
    text = text.replace("epochs=[1]", "loss=[my_loss]").replace("NoHead(), ", "")
    edited = text.replace("(first * second)", "(first - second).abs()")
    for version, count in ((text, 1), (text, 1), (edited, 2)):
        (tmp_path / "mine.py").write_text(version)
        command("mine.py", *DRY, "--only", "loss=my_loss")
        assert len(timed) == count


def test_elsewhere_nothing_is_timed(
    timed: list[str], tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = "time unknown for 3: no record and no timing of such a machine tells"
    ended = command("tiny.py", *DRY, "--cluster", "slurm")
    assert (ended.code, ended.out.splitlines()[-3:-1]) == (0, [unknown, "memory: unknown"])
    there = command("tiny.py", *DRY, "--cluster", "slurm", "--partition", "gpu", "--gpus", "1").out.splitlines()
    job = "srun --partition=gpu --gpus-per-node=1 python -m ablations.run tiny.py --scale smoke --dry-run"
    assert f"to time a few steps there once, and keep it: {job}" in there
    monkeypatch.setattr("ablations._destination.is_login_node", lambda: True)
    assert unknown in command("tiny.py", *DRY).out
    assert timed == []
    assert not (tmp_path / "results").exists()


def test_on_slurm_records_and_timings_of_the_partition_count(
    timed: list[str], tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLURM_JOB_PARTITION", "gpu")
    command("tiny.py", *DRY)
    monkeypatch.delenv("SLURM_JOB_PARTITION")
    slurm = ("tiny.py", *DRY, "--cluster", "slurm", "--memory", "1G", "--workers", "9", "--parallel", "1")
    ended = command(*slurm, "--partition", "gpu", "--pack", "2")
    assert "time: at least 8 s, 2 at a time (3 by timing a few steps, 1 without training)" in ended.out
    assert "memory: up to 1.0 GB a run; each may use 0.5 GB" in ended.out
    assert "3 will not fit: " in ended.out
    assert "time unknown for 3" in command(*slurm, "--partition", "cpu").out


def test_a_method_of_ones_own_has_no_known_price(timed: list[str], tmp_path: Path, command: Command) -> None:
    (tmp_path / "mine.py").write_text(
        TINY.replace("STUDY", "def my_run(experiment, data, journal, device):\n    return {}\n\n\nSTUDY", 1)
        .replace("probes=(NearestNeighbors(),)", "probes=(), train=my_run")
        .replace("knn_valid_top1", "top1")
    )
    assert "time unknown for 4: the study trains by a method of its own" in command("mine.py", *DRY).out
    assert timed == []


def test_a_dry_run_times_a_few_steps_of_each_kind_in_processes_of_their_own(process: Process, tmp_path: Path) -> None:
    (tmp_path / "tiny.py").write_text(TINY)
    ended = end(process("tiny.py", *DRY))
    assert (ended.code, ended.err) == (0, "")
    assert re.search(r"time: at least \d+ (s|min), \d+ at a time \(3 by timing a few steps, 1 without", ended.out)
    assert re.search(r"memory: up to 0\.[1-9] GB a run; each may use [1-9]\d*\.\d GB", ended.out)
    assert len((tmp_path / "results" / ".timings.jsonl").read_text().splitlines()) == 3


@pytest.mark.parametrize(
    ("problem", "answer"),
    [
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"), None),
        (ValueError("no such loss"), "a step of it fails here: ValueError: no such loss"),
    ],
)
def test_a_run_that_cannot_be_timed_says_why(
    problem: Exception, answer: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def train(*asked: Any) -> None:
        raise problem

    monkeypatch.setattr(_measure, "_train", train)
    monkeypatch.setattr(_measure.resource, "setrlimit", lambda *limits: None)
    monkeypatch.setattr(_measure.torch.cuda, "is_available", lambda: False)
    assert _measure._cost(Context("tiny.py", "smoke", "results"), "0123", 8) == (answer or Cost(None, {"memory": 8}))


def test_the_steps_that_warm_up_do_not_count() -> None:
    clock = _measure._Clock("cpu")
    clock.load()
    with pytest.raises(_measure._Enough):
        for _ in range(_measure.STEPS + 1):
            clock.due()
    assert len(clock.ended) == _measure.STEPS + 1  # and the start
    clock.ended = [0.0, 10.0, 11.0, 12.0, 14.0]
    assert clock.seconds() == 1.5
    clock.ended = [0.0, 10.0]
    assert clock.seconds() == 10.0


def test_time_in_which_others_had_the_core_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_measure.time, "perf_counter", lambda: 10.0)
    monkeypatch.setattr(_measure, "WAITED", tmp_path / "schedstat")
    assert _measure._now() == 10.0  # a system that does not count it
    _measure.WAITED.write_text("500000000 3000000000 46\n")
    assert _measure._now() == 7.0


def test_kinds_are_told_apart_by_what_decides_the_time_of_a_step() -> None:
    study = Study(question="", grid=vary(seed=[0]), figure=Bars(x="loss"))
    base = study.base_at("smoke")
    same = (replace(base, seed=3), replace(base, epochs=9, images=64), replace(base, loss=NTXent(temperature=0.9)))
    assert {kind(settings(one)) for one in same} == {kind(settings(base))}
    others = [
        replace(base, batch_size=32),
        replace(base, bn_batch=32),
        replace(base, image_size=16),
        replace(base, head=NoHead()),
        replace(base, encoder=SmallResNet(width=16)),
        replace(base, augment=base.augment.parts[0]),
        replace(base, precision="float32"),
    ]
    assert len({kind(settings(one)) for one in (base, *others)}) == 1 + len(others)
