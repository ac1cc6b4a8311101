"""explain: what a run is, where its files lie, why it would run again, and in what two runs differ."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import TINY, Command, Outcome
from PIL import Image

from ablations import load_study
from ablations._context import Context
from ablations._explain import said_settings
from ablations._known import rows_of_run
from ablations._source import digest
from ablations._tables import write_study_plan
from results.records import publish, read
from results.table_files import table_path
from results.tables import read_rows
from slurm.attempts import claim

Explain = Callable[..., Outcome]


@pytest.fixture
def results(tiny: Path, tmp_path: Path) -> Path:
    """A copy of the results of the tiny study, beside the study."""
    shutil.copytree(tiny / "results", tmp_path / "results")
    shutil.copy(tiny / "tiny.py", tmp_path)
    return tmp_path / "results"


@pytest.fixture
def explain(command: Command) -> Explain:
    """`explain(run)`: python -m ablations.explain with the tiny study's file."""
    return lambda *words: command(*words, "--study", "tiny.py", name="explain")


def run_of(results: Path, **where: Any) -> str:
    rows = read_rows(results / "tables" / "tiny.smoke.parquet")
    return str(next(row["run"] for row in rows if all(row[name] == cell for name, cell in where.items())))


def lines(told: Outcome, name: str) -> list[str]:
    """What is said after this name."""
    assert (told.code, told.err) == (0, "")
    rows = [line[2:].split(maxsplit=1) for line in told.out.splitlines()[1:]]
    return [row[1] for row in rows if row[0] == name]


def test_a_run_is_explained_by_its_settings_its_files_and_its_state(results: Path, explain: Explain) -> None:
    run = run_of(results, arm="cell", head="MLP")
    told = explain(run)
    (probe,) = (results / "runs" / run / "probes").iterdir()
    assert told.out.startswith(f"run {run}\n")
    assert lines(told, "planned") == ["by   tiny at scale smoke: cell, seed 0"]
    assert lines(told, "settings") == ["epochs=1 (what differs from the baseline of scale smoke)"]
    assert lines(told, "record")[0].startswith(f"results/runs/{run}/record.json: trained 20")
    assert lines(told, "probe")[0].startswith(f"{probe.relative_to(results.parent)}: NearestNeighbors neighbors=200")
    assert lines(told, "attempt")[0].startswith("1    done after ")
    assert lines(told, "checkpoint") == [f"results/runs/{run}/checkpoint.0001.pt"]
    assert lines(told, "state") == ["done, by its records here"]
    assert lines(told, "again") == ["tiny at scale smoke: it would not run again"]


def test_what_a_derived_study_sets_is_told_too(results: Path) -> None:
    (place,) = rows_of_run(results, run_of(results, arm="cell", head="MLP"))
    derived = replace(place, about={**place.about, "base": {**place.about["base"], "epochs": 1}})
    assert said_settings(place.facts, [derived]) == "epochs=1 (what differs from the baseline of scale smoke)"


def test_a_prefix_is_enough_and_a_misspelt_id_is_one_line_with_the_nearest(results: Path, explain: Explain) -> None:
    run = run_of(results, arm="supervised")
    assert explain(run[:8]).out == explain(run).out
    wrong = "".join("0123456789abcdef"[15 - int(run[-1], 16)] if place == 11 else one for place, one in enumerate(run))
    said = explain(wrong)
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert f"knows no run {wrong!r}, by a record or a table: did you mean {run!r}?" in said.err
    assert "knows no run ''" in explain("").err
    assert explain("zzz").err.endswith("python -m ablations.run STUDY --dry-run prints a study's ids\n")
    shutil.copytree(results / "runs" / run, results / "runs" / f"{run}0")
    assert f"'{run[:8]}' is the beginning of 2 runs: {run}, {run}0" in explain(run[:8]).err


def test_a_study_of_ones_own_is_imported_only_by_name(results: Path, command: Command) -> None:
    (results.parent / "tiny.py").write_text("raise SystemExit('imported')")
    told = command(run_of(results, arm="supervised"), name="explain")
    assert lines(told, "again") == [
        "tiny at scale smoke: unknown: 'tiny' is not a shipped study: name its file (inspect RUN FILE.py; "
        "explain and audit: --study FILE.py)"
    ]


def remove(folder: Path) -> None:
    (folder / "record.json").unlink()


def damage(folder: Path) -> None:
    path = folder / "record.json"
    path.write_bytes(path.read_bytes()[:-9])


def remove_probe(folder: Path) -> None:
    shutil.rmtree(folder / "probes")


def age_probe(folder: Path) -> None:
    (probe,) = (folder / "probes").iterdir()
    probe.rename(probe.with_name("0123456789ab.json"))


def fail(folder: Path) -> None:
    remove(folder)
    shutil.rmtree(folder / "attempts")
    attempt = claim(folder)
    assert attempt is not None
    attempt.end("failed", "nan", "the loss is NaN")


REASONS: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "no record": (remove, "it would run again: it has no record", "to do"),
    "a damaged record": (damage, "record.json is damaged", "to do"),
    "no probe": (remove_probe, "of its probe NearestNeighbors is missing", "to do"),
    "an older probe": (age_probe, "is missing (there is 0123456789ab, of another version or other settings)", "to do"),
    "failed": (fail, "it would not run again by itself: it failed (nan), and --retry-failed tries once more", "failed"),
}


@pytest.mark.parametrize("reason", REASONS)
def test_why_a_run_would_run_again_is_said(results: Path, explain: Explain, reason: str) -> None:
    spoil, said, state = REASONS[reason]
    run = run_of(results, arm="cell", head="MLP")
    plan = Context("tiny.py", "smoke", str(results))
    (table := table_path(results, "tiny", "smoke")).unlink()
    write_study_plan(table, load_study("tiny.py"), plan)  # as it was before any report
    spoil(results / "runs" / run)
    told = explain(run)
    (again,) = lines(told, "again")
    assert said in again
    assert lines(told, "state") == [state]
    if state == "failed":
        assert lines(told, "attempt")[0].startswith("1    failed (nan) after 0 s on ")
        assert "the loss is NaN" in lines(told, "attempt")[0]


def test_a_shipped_row_needs_no_record(results: Path, explain: Explain) -> None:
    run = run_of(results, arm="cell", head="MLP")
    shutil.rmtree(results / "runs")
    told = explain(run)
    assert lines(told, "state") == ["done, by the row of a table: its records are not all here"]
    assert lines(told, "record") == [f"none; it would be results/runs/{run}/record.json"]
    assert lines(told, "again") == ["tiny at scale smoke: it would not run again"]


def test_a_damaged_table_is_named_and_blocks_nothing(results: Path, explain: Explain) -> None:
    (results / "tables" / "other.smoke.parquet").write_bytes(b"PAR1")
    told = explain(run_of(results, arm="supervised"))
    assert told.code == 0 and "other.smoke.parquet is damaged and left out" in told.err


def test_a_changed_setting_is_named_by_the_nearest_run(results: Path, explain: Explain) -> None:
    run = run_of(results, arm="cell", head="MLP")
    (results.parent / "tiny.py").write_text(TINY.replace("width=16", "width=24"))
    (again,) = lines(explain(run), "again")
    assert again.startswith(
        "tiny at scale smoke: the code here does not plan it; the nearest run of tiny at scale smoke"
    )
    assert again.endswith(", with head.width 24 instead of 16")


OWN = '''"""Does my loss?"""

from ablations import Study, vary
from results.plots import Bars


def my_loss(first, second):
    return (first - second).square().mean()


STUDY = Study(question=__doc__, grid=vary(loss=[my_loss]), probes=(), figure=Bars(x="loss", value="train_loss"))
'''


def planned(results: Path, name: str, data: Path | None = None) -> list[str]:
    """Write the plan of a study; the ids of its cells."""
    path = table_path(results, Path(name).stem, "smoke")
    write_study_plan(path, load_study(name), Context(name, "smoke", str(results), str(data) if data else None))
    return [row["run"] for row in read_rows(path) if row["arm"] == "cell"]


def test_an_edited_function_is_named(tmp_path: Path, command: Command) -> None:
    (tmp_path / "own.py").write_text(OWN)
    (run,) = planned(tmp_path / "results", "own.py")
    (tmp_path / "own.py").write_text(OWN.replace("square()", "abs()"))
    sys.modules.pop("own")
    (again,) = lines(command(run, "--study", "own.py", name="explain"), "again")
    assert again.endswith(
        "with the same settings and the same images, but other code: the parts of your own are loss (own.my_loss)"
    )


IMAGES = OWN.replace(
    "vary(loss=[my_loss])", 'vary(loss=[my_loss], dataset=["pictures"], images=[None], batch_size=[4])'
)


def draw(folder: Path, seed: int) -> Path:
    random = np.random.default_rng(seed)
    for label in ("one", "two"):
        for split, number in (("train", 20), ("test", 4)):
            (folder / "pictures" / split / label).mkdir(parents=True)
            for place in range(number):
                pixels = random.integers(0, 256, (8, 8, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / "pictures" / split / label / f"{place}.png")
    return folder


def test_other_images_are_named(tmp_path: Path, command: Command) -> None:
    (tmp_path / "own.py").write_text(IMAGES)
    first, second = (draw(tmp_path / name, seed) for seed, name in enumerate(("first", "second")))
    (run,) = planned(tmp_path / "results", "own.py", first)
    told = [command(run, "--study", "own.py", "--data", str(data), name="explain") for data in (first, second)]
    (before,), (after,) = (lines(one, "again") for one in told)
    assert before == "own at scale smoke: it would run again: it has no record"
    assert "with the same settings on other images: " in after
    assert command(run, "--study", "own.py", "--data", "nowhere", name="explain").out.count(": unknown: ") == 1


def test_two_runs_differ_in_settings_and_numbers(results: Path, explain: Explain) -> None:
    told = explain(run_of(results, arm="cell", head="NoHead"), run_of(results, arm="cell", head="MLP"))
    assert lines(told, "settings")[:2] == ["head: NoHead | MLP", "head.width: absent | 16"]
    assert lines(told, "images")[0].startswith("the same (")
    assert lines(told, "source")[0].startswith("the same (")
    assert lines(told, "versions") == lines(told, "machine") == ["the same"]
    assert lines(told, "history") == ["1 of 1 differ"]
    assert len(lines(told, "train_loss")) == 1


def test_two_runs_of_other_source_and_another_machine_differ_in_named_files(results: Path, explain: Explain) -> None:
    runs = [run_of(results, arm="cell", head=head) for head in ("NoHead", "MLP")]
    for number, run in enumerate(runs):
        copy = results / "source" / f"{number:016x}"
        for name, text in (("core/losses.py", f"{number}"), ("core/heads.py", "same"), ("slurm/job.py", f"{number}")):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_text(text)
        source = digest({name: copy / name for name in ("core/losses.py", "core/heads.py")})
        folder = results / "runs" / run
        for path in (folder / "record.json", *folder.glob("probes/*.json")):
            record = read(path)
            assert record is not None
            path.unlink()
            publish({**record, "provenance": {**record["provenance"], "source": source, "threads": number + 1}}, path)
    told = explain(*runs)
    assert lines(told, "source")[0].endswith("; files that differ: core/losses.py")
    assert lines(told, "machine") == ["threads: 1 | 2"]
    shutil.rmtree(results / "source")
    assert "so which files differ is unknown" in lines(explain(*runs), "source")[0]


def test_a_run_and_itself_have_the_same_bits(results: Path, explain: Explain) -> None:
    run = run_of(results, arm="supervised")
    assert lines(explain(run, run), "measured") == ["the same bits: all metrics, history and predictions"]


def test_a_name_is_answered_before_torch_is_imported(results: Path) -> None:
    script = """import sys; from ablations.explain import main
try: main(["zzz"])
except ValueError: assert "torch" not in sys.modules"""
    root = Path(__file__).parent.parent.parent
    ended = subprocess.run([sys.executable, "-c", script], cwd=results.parent, env={"PYTHONPATH": str(root)})
    assert ended.returncode == 0
