"""The benchmark's rows and its table; nothing here is measured."""

from dataclasses import asdict
from pathlib import Path

import pytest
from rich.console import Console

from tests.benchmarks._row import Row, compare, row
from tests.benchmarks._table import read, render, write

ROWS = [
    compare("losses", "s", [2.0, 1.0, 4.0], "a peer", [6.0, 5.0, 8.0], times=3, less=True),
    compare("training", "images/s", [30.0, 10.0], "another", [10.0, 10.0], times=2.5),
    Row("no GPU measured", None, "images/s"),
]


def test_ratios_say_how_many_times_better_ours_is_and_are_taken_within_each_round() -> None:
    less, more = ROWS[:2]
    assert (less.ours, less.peer, less.ratio, less.held) == (2.0, 6.0, 3.0, True)  # 3, 5 and 2 times
    assert (more.ours, more.peer, more.ratio, more.held) == (20.0, 10.0, 2.0, False)


def test_without_a_goal_nothing_is_held_or_missed() -> None:
    made = compare("losses", "s", [1.0], "a peer", [9.0])
    assert (made.goal, made.held) == ("", None)


@pytest.mark.parametrize("made", ROWS)
def test_rows_survive_as_dictionaries(made: Row) -> None:
    assert row(made) == row(asdict(made)) == made


def test_a_goal_may_be_a_number_in_the_unit_of_its_row() -> None:
    made = row({"name": "status", "ours": 0.2, "unit": "s", "goal": 0.5, "held": True})
    assert made == Row("status", 0.2, "s", goal="0.5 s", held=True)


def test_the_rows_of_a_benchmark_take_the_place_of_its_former_ones_alone(tmp_path: Path) -> None:
    table = tmp_path / "tables" / "benchmark.parquet"
    write(table, "losses", ROWS[:1])
    write(table, "gpu", ROWS[2:])
    write(table, "losses", ROWS[1:2])
    lines = read(table)
    assert [line["benchmark"] for line in lines] == ["gpu", "losses"]
    assert [Row(**{name: line[name] for name in asdict(ROWS[0])}) for line in lines] == [ROWS[2], ROWS[1]]
    assert all(line["cores"] >= 1 and "torch" in line["versions"] for line in lines)
    assert [path.name for path in table.parent.iterdir()] == [table.name]


def test_the_terminal_shows_what_was_measured_missed_and_not_measured() -> None:
    console = Console(width=200, force_terminal=False)
    with console.capture() as shown:
        console.print(render(ROWS))
    losses, training, gpu = (line for line in shown.get().splitlines() if any(made.name in line for made in ROWS))
    assert "2 s" in losses and "6 s (a peer)" in losses and "at least 3 times" in losses and "yes" in losses
    assert "no" in training.split() and "2.00" in training
    assert "not measured" in gpu
