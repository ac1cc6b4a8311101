"""A study of a data set that is streamed: the same commands, and what they say of it."""

import json
from pathlib import Path

import numpy as np
import pytest
from command_line import Command
from PIL import Image

from ablations._context import Context
from ablations._find import load_study
from ablations._measure import measure
from ablations._memory import MEMORY, memory
from ablations._price import Cost
from slurm.memory import capacity

STUDY = '''"""What does an epoch teach?"""

from ablations import Study, vary
from core.probe import NearestNeighbors
from results.plots import Bars

STUDY = Study(
    question=__doc__,
    grid=vary(dataset=["blobs"], images=[None], image_size=[16], epochs=[1], seed=[0]),
    probes=(NearestNeighbors(),),
    figure=Bars(x="epochs", value="knn_valid_top1"),
)
'''
SMOKE = ("--scale", "smoke", "--data", "images")


@pytest.fixture
def blobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study of 1 000 JPEG files, 0.8 MB of pixels, where up to 0.3 MB are held in memory."""
    random = np.random.default_rng(0)
    for number in range(1000):
        folder = tmp_path / "images" / "blobs" / ("daisy", "lily", "rose", "tulip")[number % 4]
        folder.mkdir(parents=True, exist_ok=True)
        width, height = random.integers(20, 40, 2).tolist()
        small = Image.fromarray(random.integers(0, 256, (4, 4, 3), np.uint8))
        small.resize((width, height), Image.Resampling.BICUBIC).save(folder / f"{number}.jpg")
    (tmp_path / "blobs.py").write_text(STUDY)
    monkeypatch.setenv(MEMORY, "1M")
    monkeypatch.setattr("ablations._timing.measure", lambda *_: "it is not timed here")
    return tmp_path


def ids(out: str) -> set[str]:
    return {line.split()[0] for line in out.splitlines() if "seed=" in line}


def images_of(results: Path) -> list[str]:
    records = [json.loads(path.read_text()) for path in results.glob("runs/*/record.json")]
    return [record["provenance"]["images"].split(" by ")[0] for record in records]


def test_it_trains_and_is_another_data_set_than_in_memory(
    blobs: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = command("blobs.py", *SMOKE, "--cluster", "debug")
    assert ended.code == 0
    assert "blobs: 1,000 images, streamed from files: 0.0 GB decoded, up to 0.0 GB are held in memory" in ended.out
    assert images_of(blobs / "results") == ["streamed"] * 3
    again = command("blobs.py", *SMOKE, "--dry-run")
    assert "3 runs: 3 done" in again.out
    monkeypatch.setenv(MEMORY, "3M")
    held = command("blobs.py", *SMOKE, "--dry-run")
    assert "blobs: 1,000 images in memory, 0.0 GB\n" in held.out and "3 runs: 0 done, 3 to do" in held.out
    assert not ids(held.out) & ids(again.out)


def test_its_workers_stream_it_too(blobs: Path, command: Command) -> None:
    ended = command("blobs.py", *SMOKE, "--jobs", "2")
    assert (ended.code, images_of(blobs / "results")) == (0, ["streamed"] * 3)


def test_a_few_steps_of_it_can_be_timed(blobs: Path) -> None:
    where = Context(str(blobs / "blobs.py"), "smoke", str(blobs / "results"), str(blobs / "images"))
    run = where.plan(load_study(where.study))[0]
    cost = measure(where, run.id, 0)
    assert isinstance(cost, Cost) and cost.seconds is not None and cost.memory["memory"] > 2**20


def test_a_broken_image_ends_its_runs_in_one_line(blobs: Path, command: Command) -> None:
    file = blobs / "images" / "blobs" / "rose" / "2.jpg"
    file.write_bytes(file.read_bytes()[:-60])
    assert command("blobs.py", *SMOKE, "--only", "epochs=1").code == 1
    ends = [json.loads(path.read_text()) for path in (blobs / "results").glob("runs/*/attempts/*/end.json")]
    assert ends and all("rose/2.jpg: image file is truncated" in end["message"] for end in ends)


def test_memory_is_what_the_variable_or_the_machine_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MEMORY, "16G")
    assert memory() == 16 * 2**30
    monkeypatch.delenv(MEMORY)
    assert 0 <= capacity() - memory() < 2**20
    monkeypatch.setenv(MEMORY, "much")
    with pytest.raises(ValueError, match="ABLATIONS_MEMORY: memory takes a number and a unit"):
        memory()
