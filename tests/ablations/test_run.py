"""python -m ablations.run: what it does with what is typed, and how it ends."""

import io
import json
import shutil
import signal
import sys
from collections.abc import Iterable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from command_line import TINY, Command, Process, end
from PIL import Image

from ablations._command import run_command
from results.records import last_end, publish, read

SMOKE = ("--scale", "smoke", "--cluster", "debug")

WRONG: dict[str, tuple[tuple[str, ...], str]] = {
    "unknown study": (("tny",), "there is no study 'tny'"),
    "misspelt study": (("projection_hed",), "did you mean projection_head?"),
    "study without .py": (("tiny",), "there is no study 'tiny': did you mean tiny.py?"),
    "missing file": (("absent.py",), "there is no file absent.py"),
    "file without a study": (("empty.py",), "empty.py defines no STUDY = Study(...)"),
    "syntax error": (("syntax.py",), "syntax.py, line 2: expected ':': if True"),
    "misspelt setting in the grid": (("grid.py",), "Experiment has no setting 'epoch': did you mean 'epochs'?"),
    "wrong value in the grid": (("value.py",), "Experiment.epochs takes a whole number, not 'ten'"),
    "figure that hides a setting": (
        ("figure.py",),
        "head.batch_norm varies inside one cell of the figure, which shows epochs",
    ),
    "misspelt setting in the figure": (("hue.py",), "figure, Bars: no setting 'epoch': did you mean 'epochs'?"),
    "misspelt setting in --set": (("tiny.py", "--set", "epoch=3"), "no setting 'epoch': did you mean 'epochs'?"),
    "wrong type in --set": (("tiny.py", "--set", "batch_size=many"), "batch_size takes a whole number, not 'many'"),
    "wrong part in --set": (("tiny.py", "--set", "loss=NTXnt()"), "core has no NTXnt: did you mean 'NTXent'?"),
    "a class instead of a part": (
        ("tiny.py", "--set", "augment=Compose((Crop, Flip))"),
        "parts.0 takes a value, not <class 'core.geometry.Crop'>: write () after the name",
    ),
    "no value in --set": (("tiny.py", "--set", "epochs"), "--set: takes SETTING=VALUE, not 'epochs'"),
    "--set of what the grid varies": (("tiny.py", "--set", "epochs=3"), "varies epochs itself, so it cannot be set"),
    "misspelt setting in --only": (("tiny.py", "--only", "haed=MLP"), "--only haed: no such setting: did you mean"),
    "unknown value in --only": (("tiny.py", "--only", "head=MPL"), "its values here are NoHead, MLP"),
    "a setting twice in --only": (
        ("tiny.py", "--only", "head=MLP", "--only", "head=NoHead"),
        "--only: head is given twice, and takes one value",
    ),
    "a setting twice in --set": (("tiny.py", "--set", "images=64", "--set", "images=65"), "images is given twice"),
    "no figure": (("nofigure.py",), "Study.figure takes a figure of results.plots, such as Bars(x=...), not None"),
    "a probe instead of several": (
        ("probe.py",),
        "Study.probes takes a tuple of probes, such as (LinearProbe(),), not",
    ),
    "a word as a probe": (("word.py",), "Study.probes takes a tuple of probes"),
    "a word as a claim": (("claim.py",), "Study.claims takes difference(...) and the like, not ['it wins']"),
    "a mapping as a grid": (("mapping.py",), "Study.grid takes vary(...), not {'epochs': [1]}"),
    "a mapping as a base": (("base.py",), "Study.base takes an experiment, or a function of the scale's, not {}"),
    "a misspelt setting in a grid's function": (
        ("function.py",),
        "function.py, line 7: AttributeError: 'Experiment' object has no attribute 'epoch'",
    ),
    "the name of a study that is shipped": (("loss.py",), "loss.py: a study that is shipped has this name"),
    "that name in a folder called studies": (
        ("studies/loss.py",),
        "studies/loss.py: a study that is shipped has this name",
    ),
    "a worker's option here": (("tiny.py", "--gpus", "8"), "--gpus goes with --cluster slurm, and this is --cluster"),
    "an option of this machine there": (("tiny.py", "--cluster", "slurm", "--jobs", "2"), "--jobs is of this machine"),
    "no jobs": (("tiny.py", "--jobs", "0"), "--jobs: takes a whole number from 1 on, not '0'"),
    "no seeds": (("tiny.py", "--seeds", "0.5"), "--seeds: takes a whole number from 1 on, not '0.5'"),
    "an empty name, as of a variable that is not set": (("",), "there is no study '': there are augmentation_grid,"),
    "unknown scale": (("tiny.py", "--scale", "laptp"), "choose from 'smoke', 'laptop'"),
    "unknown option": (("tiny.py", "--epochs", "3"), "unrecognized arguments: --epochs 3"),
    "batch larger than the subset": (
        ("tiny.py", "--set", "batch_size=513"),
        "at most the 512 training images, not 513",
    ),
    "batch larger than the images": (
        ("tiny.py", "--set", "batch_size=5000", "--set", "images=None"),
        "batch_size takes at most the 2700 training images, not 5000",
    ),
    "more images than there are": (("tiny.py", "--set", "images=99999"), "2700 training images of shapes; images=None"),
    "no images": (("tiny.py", "--set", "dataset=pets", "--data", "no_pets"), "no_pets holds no images: give a folder"),
    "no folder": (("tiny.py", "--set", "dataset=pets", "--data", "nowhere"), "nowhere is no folder"),
    "a file as --results": (("tiny.py", "--results", "empty.py"), "--results: takes a folder, and empty.py is a file"),
    "unreadable image": (("tiny.py", "--set", "dataset=pets", "--data", "pets"), "cat/broken.png: not a PNG"),
}


def _study(words: str) -> str:
    return f"""from ablations import Study, vary
from core.probe import NearestNeighbors
from results.plots import Bars


def grid(base):
    return vary(epochs=[base.epoch])


STUDY = Study(question="?", {words})
"""


@pytest.fixture
def files(tmp_path: Path) -> None:
    texts = {
        "tiny.py": TINY,
        "empty.py": "",
        "syntax.py": "\nif True\n",
        "grid.py": TINY.replace("epochs=", "epoch="),
        "value.py": TINY.replace("epochs=[1]", "epochs=['ten']"),
        "hue.py": TINY.replace('x="head"', 'x="head", hue="epoch"'),
        "loss.py": TINY,
        "nofigure.py": _study("grid=vary(epochs=[1]), figure=None"),
        "probe.py": _study("grid=vary(epochs=[1]), figure=Bars(x='epochs'), probes=NearestNeighbors()"),
        "word.py": _study("grid=vary(epochs=[1]), figure=Bars(x='epochs'), probes=['linear']"),
        "claim.py": _study("grid=vary(epochs=[1]), figure=Bars(x='epochs'), claims=['it wins']"),
        "mapping.py": _study("grid={'epochs': [1]}, figure=Bars(x='epochs')"),
        "base.py": _study("grid=vary(epochs=[1]), figure=Bars(x='epochs'), base={}"),
        "function.py": _study("grid=grid, figure=Bars(x='epochs')"),
        "figure.py": TINY.replace('x="head"', 'x="epochs"'),
    }
    (tmp_path / "studies").mkdir()
    for name, text in (*texts.items(), ("studies/loss.py", TINY)):
        (tmp_path / name).write_text(text)
    (tmp_path / "no_pets").mkdir()


def pets(folder: Path, names: Iterable[str] = ("cat", "dog")) -> None:
    for name in names:
        (folder / "train" / name).mkdir(parents=True)
        for number in range(4):
            Image.new("RGB", (8, 8), (60 * number, len(name), 0)).save(folder / "train" / name / f"{number}.png")


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_use_is_one_line_and_exit_code_2(tmp_path: Path, command: Command, wrong: str) -> None:
    words, said = WRONG[wrong]
    if wrong == "unreadable image":
        pets(tmp_path / "pets")
        (tmp_path / "pets" / "train" / "cat" / "broken.png").write_text("no image")
    ended = command(*SMOKE, *words)
    assert ended.code == 2
    assert said in ended.err
    assert ended.err.count("\n") == 1
    assert not (tmp_path / "results").exists()


def test_what_the_system_refuses_is_one_line_too(tmp_path: Path, command: Command) -> None:
    (tmp_path / "tiny.py").write_text(TINY)
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "tables").touch()
    ended = command(*SMOKE, "tiny.py")
    assert (ended.code, ended.err) == (2, "run: results/tables: File exists\n")


def test_images_of_one_class_are_said_to_be_so(tmp_path: Path, command: Command) -> None:
    (tmp_path / "tiny.py").write_text(TINY)
    pets(tmp_path / "pets", ["cat"])
    setting = "dataset=pets", "images=None", "batch_size=2", "image_size=8"
    words = [word for one in setting for word in ("--set", one)]
    ended = command(*SMOKE, "tiny.py", *words, "--data", "pets", "--dry-run")
    assert ended.code == 0 and "pets: all images are of one class, 'cat', so every accuracy will be 100%" in ended.out


@pytest.mark.usefixtures("files")
def test_a_folder_of_images_that_nothing_is_taken_from_is_said_to_be_so(command: Command) -> None:
    told = command(*SMOKE, "tiny.py", "--dry-run", "--data", "no_pets")
    assert told.out.startswith("built-in images: nothing of no_pets is used; --set dataset=NAME takes a data set from")
    assert "built-in images" not in command(*SMOKE, "tiny.py", "--dry-run").out


@pytest.mark.parametrize("words", [("absent.py",), ("syntax.py", "--scale", "smoke")])
@pytest.mark.usefixtures("files")
def test_a_process_of_its_own_answers_so_too(process: Process, words: tuple[str, ...]) -> None:
    ended = end(process(*words))
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)


def test_another_system_than_linux_is_told_so_in_one_line(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    ended = command("projection_head")
    assert (ended.code, ended.err.count("\n")) == (2, 1) and "this runs on Linux" in ended.err


@pytest.mark.usefixtures("files")
def test_it_ends_in_silence_where_nobody_reads_on(process: Process) -> None:
    unread = process("tiny.py", *SMOKE, "--dry-run")
    assert unread.stdout is not None
    unread.stdout.close()
    assert end(unread)[::2] == (128 + signal.SIGPIPE, "")


def test_a_word_that_the_terminal_cannot_show_is_no_reason_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def main(words: object) -> int:
        print("größer")
        return 0

    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", terminal)
    with pytest.raises(SystemExit, match=r"^0$"):
        run_command("run", main)
    assert terminal.buffer.getvalue() == b"gr??er\n"  # type: ignore[attr-defined]


def test_runs_train_once_and_the_table_has_a_row_each(tiny: Path) -> None:
    table = pq.read_table(tiny / "results" / "tables" / "tiny.smoke.parquet").to_pylist()
    assert [row["arm"] for row in table] == ["cell", "cell", "random encoder", "supervised"]
    assert [row["status"] for row in table] == ["done"] * 4
    assert all(0 < row["knn_valid_top1"] <= 100 for row in table)
    assert {path.name for path in (tiny / "results" / "runs").iterdir()} == {row["run"] for row in table}
    for row in table:
        record = read(tiny / "results" / "runs" / row["run"] / "record.json")
        assert record is not None
        assert record["settings"]["seed"] == 0
        assert len(record["history"]) == row["epochs"]


@pytest.fixture
def own(tiny: Path, tmp_path: Path) -> Path:
    """A copy of the finished study to work on."""
    shutil.copytree(tiny, tmp_path, dirs_exist_ok=True)
    return tmp_path


def contents(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(path): ((about := path.stat()).st_size, about.st_mtime_ns) for path in folder.rglob("*")}


def test_what_is_done_is_not_done_again(own: Path, command: Command) -> None:
    before = contents(own / "results" / "runs")
    ended = command("tiny.py", *SMOKE)
    assert ended.code == 0
    assert "tiny at scale smoke: 4 runs, 0 to do" in ended.out
    assert ended.out.splitlines()[1:] == [
        f"results/{place}"
        for place in (
            "tables/tiny.smoke.parquet",
            *(f"figures/tiny.smoke.{kind}" for kind in ("png", "svg", "pdf", "tex")),
            "README.md",
        )
    ]
    assert contents(own / "results" / "runs") == before


NEW_PROBE = TINY.replace("import NearestN", "import LinearProbe, NearestN").replace(
    "bors(),)", "bors(), LinearProbe())"
)


def test_a_new_probe_measures_the_encoder_of_the_record_or_none(own: Path, command: Command) -> None:
    (own / "tiny.py").write_text(NEW_PROBE)
    table = pq.read_table(own / "results" / "tables" / "tiny.smoke.parquet").to_pylist()
    same, other = ((own / "results" / "runs" / row["run"]) for row in table if row["arm"] == "cell")
    for run in (same, other):
        for checkpoint in run.glob("checkpoint.*"):
            checkpoint.unlink()
    record = read(other / "record.json")
    assert record is not None
    record["history"][0]["train_loss"] += 1.0  # as another machine or another torch might have it
    (other / "record.json").unlink()
    publish(record, other / "record.json")
    ended = command("tiny.py", "--scale", "smoke", "--jobs", "1")
    assert ended.code == 1
    assert len(list((same / "probes").iterdir())) == 2 and len(list((other / "probes").iterdir())) == 1
    assert last_end(same) is None or last_end(same)["outcome"] == "done"
    assert "belongs to another encoder: the checkpoint was lost" in (last_end(other) or {})["message"]


@pytest.fixture
def untimed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dry run that times no steps; see test_price."""
    monkeypatch.setattr("ablations._timing.measure", lambda *asked: "not timed here")


@pytest.mark.usefixtures("untimed")
def test_a_dry_run_refuses_the_claims_that_a_run_refuses(tmp_path: Path, command: Command) -> None:
    claims = "claims=[difference('typo', {'epoch': 1}, {'epochs': 1})]"
    text = _study(f"grid=vary(epochs=[1, 2]), figure=Bars(x='epochs'), {claims}")
    (tmp_path / "claimed.py").write_text(text.replace("Study, vary", "Study, difference, vary"))
    for words in (("--dry-run",), ()):
        ended = command("claimed.py", *SMOKE, *words)
        assert (ended.code, "claim typo: no setting 'epoch'" in ended.err) == (2, True), ended


def test_another_study_of_the_same_name_does_not_take_over_the_table(own: Path, command: Command) -> None:
    (own / "other").mkdir()
    text = _study("grid=vary(epochs=[1], batch_size=[32]), figure=Bars(x='epochs')")
    (own / "other" / "tiny.py").write_text(text)
    before = contents(own / "results")
    ended = command("other/tiny.py", *SMOKE)
    assert ended.code == 2 and "tiny.smoke.parquet is of another study of this name" in ended.err
    assert contents(own / "results") == before


@pytest.mark.usefixtures("untimed")
def test_dry_run_lists_the_runs_and_changes_nothing(own: Path, command: Command) -> None:
    before = contents(own)
    ended = command("tiny.py", *SMOKE, "--dry-run", "--seeds", "2")
    assert ended.code == 0
    lines = [" ".join(line.split()[1:]) for line in ended.out.splitlines()]
    assert lines[:8] == [
        "cell done head=NoHead seed=0",
        "cell done head=MLP seed=0",
        "random encoder done head=MLP seed=0",
        "supervised done head=NoHead seed=0",
        "cell to do head=NoHead seed=1",
        "cell to do head=MLP seed=1",
        "random encoder to do head=MLP seed=1",
        "supervised to do head=NoHead seed=1",
    ]
    assert ended.out.splitlines()[8] == "tiny: 8 runs: 4 done, 4 to do, 0 failed; 2 are shared with other studies"
    assert {name: about for name, about in contents(own).items() if "__pycache__" not in name} == before


@pytest.mark.usefixtures("untimed")
def test_dry_run_of_a_new_study_writes_nothing(tmp_path: Path, command: Command) -> None:
    (tmp_path / "fresh.py").write_text(TINY)
    assert command("fresh.py", *SMOKE, "--dry-run").code == 0
    assert {path.name for path in tmp_path.iterdir()} <= {"fresh.py", "__pycache__"}


@pytest.mark.usefixtures("untimed")
def test_runs_are_shared_between_studies(own: Path, command: Command) -> None:
    (own / "other.py").write_text(
        TINY.replace("NoHead(), MLP(width=16)", "MLP(width=16), MLP(width=24)").replace('x="head"', 'x="head.width"')
    )
    ended = command("other.py", *SMOKE, "--dry-run")
    assert "other: 4 runs: 3 done, 1 to do, 0 failed; 3 are shared with other studies" in ended.out
    assert [line.split()[-1] for line in ended.out.splitlines()[:2]] == ["head.width=16", "head.width=24"]


def test_a_shipped_row_is_done_without_its_records(own: Path, command: Command) -> None:
    shutil.rmtree(own / "results" / "runs")
    assert "4 runs, 0 to do" in command("tiny.py", *SMOKE).out


@pytest.mark.usefixtures("untimed")
def test_a_damaged_record_is_set_aside_and_its_run_done_again(own: Path, command: Command) -> None:
    (own / "results" / "tables" / "tiny.smoke.parquet").unlink()
    record = next((own / "results" / "runs").glob("*/record.json"))
    before = read(record)
    record.write_text(record.read_text().replace("seed", "sead"))
    assert "3 done, 1 to do" in command("tiny.py", *SMOKE, "--dry-run").out
    assert not list(record.parent.glob("*.damaged*"))
    assert "4 runs, 1 to do" in command("tiny.py", *SMOKE).out
    assert [path.name for path in record.parent.glob("*.damaged*")] == ["record.json.damaged-1"]
    assert numbers(read(record)) == numbers(before)


def numbers(record: dict[str, object] | None) -> str:
    assert record is not None
    return json.dumps({name: record[name] for name in ("run", "settings", "metrics", "history")})


def test_the_same_run_in_two_folders_gives_the_same_bits(own: Path, command: Command) -> None:
    assert command("tiny.py", *SMOKE, "--only", "head=MLP", "--results", "again").code == 0
    (folder,) = (own / "again" / "runs").iterdir()
    for path in (folder / "record.json", *(folder / "probes").iterdir()):
        first, second = read(own / "results" / "runs" / path.relative_to(own / "again" / "runs")), read(path)
        assert first is not None and second is not None
        for vanishing in ("provenance", "seconds"):
            first.pop(vanishing, None), second.pop(vanishing, None)
        assert json.dumps(first) == json.dumps(second)
        assert path.name == "record.json" or len(first["predictions"]["knn_top1"]) == 600


def test_more_seeds_once_asked_for_stay_in_the_table(own: Path, command: Command) -> None:
    def table() -> list[tuple[str, int, str]]:
        rows = pq.read_table(own / "results" / "tables" / "tiny.smoke.parquet").to_pylist()
        return [(row["arm"], row["seed"], row["status"]) for row in rows]

    assert "2 runs, 1 to do" in command("tiny.py", *SMOKE, "--seeds", "2", "--only", "head=NoHead").out
    assert [row for row in table() if row[0] == "cell"] == [
        ("cell", 0, "done"),
        ("cell", 0, "done"),
        ("cell", 1, "done"),
        ("cell", 1, "to do"),
    ]
    before = table()
    assert "2 runs, 0 to do" in command("tiny.py", *SMOKE, "--only", "epochs=1", "--seeds", "1").out
    assert table() == before


@pytest.mark.usefixtures("untimed")
def test_in_debug_a_failing_run_shows_its_traceback(own: Path, command: Command) -> None:
    text = TINY.replace("STUDY", "def my_loss(first, second):\n    raise ValueError('no loss')\n\n\nSTUDY", 1)
    (own / "failing.py").write_text(text.replace("epochs=[1]", "loss=[my_loss]"))
    with pytest.raises(RuntimeError, match="this run failed"):
        command("failing.py", *SMOKE)
    ended = command("failing.py", *SMOKE, "--dry-run")
    assert "1 failed; " in ended.out


def test_without_a_name_the_studies_are_listed(own: Path, command: Command) -> None:
    ended = command()
    assert ended.code == 0
    assert "projection_head" in ended.out and "none yet" in ended.out
    (line,) = [line for line in ended.out.splitlines() if "tiny" in line]
    assert line.endswith("smoke 4/4 ")


@pytest.mark.usefixtures("untimed")
def test_a_folder_of_images_is_a_data_set(tmp_path: Path, command: Command) -> None:
    pets(tmp_path / "pets")
    (tmp_path / "fresh.py").write_text(
        TINY.replace("epochs=[1]", "dataset=['pets'], images=[None], batch_size=[2], epochs=[1]")
    )
    ended = command("fresh.py", *SMOKE, "--data", "pets", "--dry-run")
    assert (ended.code, ended.err) == (0, "")
    assert command("fresh.py", *SMOKE, "--data", "absent", "--dry-run").code == 2
