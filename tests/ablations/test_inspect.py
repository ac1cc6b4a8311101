"""inspect: the views that training really makes, and a run with the encoder that it really has."""

import json
import shutil
from argparse import Namespace
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pytest
import torch
from command_line import Command
from matplotlib.figure import Figure
from PIL import Image

import core.augmentations
from ablations import _views, load_study
from ablations._views import OPERATIONS, draw_views
from core import pretrain
from core.data import load
from core.step import make_views
from results.records import read

VIEWS = '''"""Which flip?"""

from ablations import Study, vary
from core.augmentations import Compose, Crop, Flip, Identity, Pair, Rotate
from results.plots import Bars, Heatmap

STUDY = Study(question=__doc__, grid=GRID, figure=FIGURE)
'''
FLIPS = "vary(augment=[Compose((Crop(), Flip(p))) for p in (0.0, 1.0)], seed=range(2))", 'Bars("augment.parts.1.p")'
PAIRS = (
    "vary(augment=[Pair(a, b) for a in (Crop(), Flip()) for b in (Crop(), Flip())], augment_other=[Identity()])",
    'Heatmap("augment.first", "augment.second", labels=(("Crop", "crop"),))',
)
HEADS = "vary(epochs=[1, 2])", 'Bars("epochs")'


def options(**given: Any) -> Namespace:
    return Namespace(**{"study": None, "scale": "smoke", "data": None, "images": None, "epoch": 0, "set": None} | given)


def study(folder: Path, grid: str, figure: str) -> str:
    (folder / "which.py").write_text(VIEWS.replace("GRID", grid).replace("FIGURE", figure))
    return str(folder / "which.py")


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def tiles(figure: Figure) -> list[Any]:
    return [np.asarray(image.get_array()) for image in figure.axes[0].images]


def test_the_views_drawn_are_those_of_the_training_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[int, list[torch.Tensor]] = {}

    def spy(experiment: Any, images: Any, batch: torch.Tensor, epoch: int) -> list[torch.Tensor]:
        views = make_views(experiment, images, batch, epoch)
        for place, index in enumerate(images.index[batch].tolist()):
            if epoch == 1:
                seen[index] = [view[place].permute(1, 2, 0) for view in views]
        return views

    file = study(tmp_path, *FLIPS)
    drawn = tiles(draw_views(options(study=file, images=3, epoch=1)))
    cell = _views._cells(load_study(file), load_study(file).base_at("smoke"))[1]
    images = _views._images(cell, options(images=3), 6)
    monkeypatch.setattr("core.step.make_views", spy)
    pretrain.pretrain(cell, load("shapes"))
    second = drawn[3 + 6 :]  # after the images and the first cell's views
    for place, index in enumerate(images.index.tolist()):
        for view in range(2):
            np.testing.assert_array_equal(second[2 * place + view], seen[index][view])


def test_columns_are_labeled_by_what_differs(tmp_path: Path) -> None:
    figure = draw_views(options(study=study(tmp_path, *FLIPS)))
    assert texts(figure)[:-1] == ["Which flip?", "image", "0.0", "1.0"], "in the figure's words"
    assert len(tiles(figure)) == 6 + 2 * 6 * 2
    figure = draw_views(options(study=study(tmp_path, FLIPS[0], 'Bars("loss.temperature")')))
    assert texts(figure)[:-1] == ["Which flip?", "image", "p 0.0", "p 1.0"], "else by the settings"


def test_pairs_are_a_matrix_below_the_view_that_all_share(tmp_path: Path) -> None:
    figure = draw_views(options(study=study(tmp_path, *PAIRS)))
    assert texts(figure)[:-1] == ["image", "view 2 of every cell", "crop", "Flip", "crop", "Flip"]
    drawn = tiles(figure)
    assert len(drawn) == 4 + 4 + 4 * 4
    for image, other in zip(drawn[:4], drawn[4:8], strict=True):
        np.testing.assert_array_equal(image, other)


def test_cells_that_view_alike_are_shown_in_several_epochs(tmp_path: Path) -> None:
    figure = draw_views(options(study=study(tmp_path, *HEADS), images=2))
    assert texts(figure)[:3] == ["Which flip?", "image", "epoch 0"]
    assert "whose cells all make the same views" in texts(figure)[-1].replace("\n", " ")


def test_without_a_study_every_operation_of_core_is_drawn(command: Command) -> None:
    public = set(core.augmentations.__all__)
    others = {"Augmentation", "Compose", "FIG5_OPERATORS", "Identity", "Pair", "RandomApply"}
    assert {type(one).__name__ for one in OPERATIONS} == public - others
    ended = command("views", "--scale", "smoke", "--images", "2", name="inspect")
    assert (ended.code, ended.out) == (0, "results/inspect/views.smoke.png\n")
    height, width, _ = matplotlib.image.imread("results/inspect/views.smoke.png").shape
    assert width > 2000 and height > 400


def test_ones_own_images_are_shown_by_their_name_and_size(tmp_path: Path, command: Command) -> None:
    draw = np.random.default_rng(0)
    for kind in ("cats", "dogs"):
        (tmp_path / "pets" / kind).mkdir(parents=True)
        for number in range(20):
            Image.fromarray(draw.integers(0, 255, (20 + number, 30, 3), np.uint8)).save(
                tmp_path / "pets" / kind / f"{number}.png"
            )
    words = ("views", "--data", "pets", "--scale", "smoke", "--set", "dataset=pets", "--set", "images=None")
    assert "set image_size" in command(*words, name="inspect").err
    assert command(*words, "--set", "image_size=16", name="inspect").code == 0


def test_a_setting_is_given_as_a_run_takes_it() -> None:
    figure = draw_views(options(set=[("augment", "Compose((Flip(p=1.0), Crop()))")]))
    said = texts(figure)[-1].replace("\n", " ")
    assert "at scale smoke with augment=Compose((Flip(p=1.0), Crop())) sees them" in said
    usual, given = tiles(draw_views(options()))[-12:], tiles(figure)[-12:]
    assert not any((one == other).all() for one, other in zip(usual, given, strict=True))
    flipped = tiles(draw_views(options(set=[("augment", "Flip(p=1.0)")])))
    images, made = flipped[:6], flipped[-12:]
    for place, image in enumerate(images):
        np.testing.assert_array_equal(made[2 * place], image[:, ::-1])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Cropp()", "--set Cropp(): core has no Cropp: did you mean 'Crop'?"),
        ("1/0", "--set 1/0: division by zero"),
        ("Flip(zzz=1)", "--set Flip(zzz=1): Flip.__init__() got an unexpected keyword argument 'zzz'"),
        ("Flip", "augment takes a value, not <class 'core.geometry.Flip'>: write () after the name"),
    ],
)
def test_a_setting_that_cannot_be_is_one_line(text: str, said: str, command: Command) -> None:
    ended = command("views", "--scale", "smoke", "--set", f"augment={text}", name="inspect")
    assert (ended.code, ended.out, ended.err) == (2, "", f"inspect: {said}\n")


def test_another_method_has_no_views_and_no_encoder(tmp_path: Path, command: Command) -> None:
    (tmp_path / "walk.py").write_text(
        '"""How far?"""\nfrom dataclasses import dataclass\nfrom ablations import Study, vary\n'
        "from results.plots import Bars\n\n\n@dataclass(frozen=True)\nclass Walk:\n    stride: float = 1.0\n\n\n"
        "def walk(experiment, data, journal, device):\n    return {'far': 1.0}\n\n\n"
        "STUDY = Study(question=__doc__, base=Walk, train=walk, probes=(), grid=vary(stride=[1]), "
        "figure=Bars('stride', value='far'))\n"
    )
    with pytest.raises(ValueError, match="walk trains Walk, which has no views of core"):
        draw_views(options(study=str(tmp_path / "walk.py")))
    assert command("walk.py", "--scale", "smoke", "--cluster", "debug").code == 0
    (run,) = (path.name for path in Path("results/runs").iterdir())
    ended = command(run, "walk.py", name="inspect")
    assert ended.err == f"inspect: run {run} has neither curves nor an encoder of core's training\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("views", "--train"), "--train goes with RUN, not views"),
        (("3a0eb4ae", "--scale", "smoke"), "--scale goes with views, not 3a0eb4ae"),
    ],
)
def test_an_option_of_the_other_picture_is_refused(words: tuple[str, ...], said: str, command: Command) -> None:
    assert command(*words, name="inspect").err == f"inspect: {said}\n"


def test_an_epoch_is_counted_from_0(command: Command) -> None:
    ended = command("views", "--epoch", "-1", name="inspect")
    assert (ended.code, ended.err) == (2, "inspect: --epoch takes 0, the first, or more, not -1\n")


@pytest.fixture
def run(tiny: Path, tmp_path: Path) -> str:
    """A trained run, in a copy of its results folder."""
    shutil.copytree(tiny, tmp_path, dirs_exist_ok=True)
    return next(path.parent.name for path in (tmp_path / "results" / "runs").glob("*/checkpoint.*.pt"))


def test_a_run_is_drawn_from_its_last_checkpoint(run: str, command: Command) -> None:
    ended = command(run[:8], "tiny.py", name="inspect")
    assert (ended.code, ended.out, ended.err) == (0, f"results/inspect/{run}.png\n", "")
    height, width, _ = matplotlib.image.imread(f"results/inspect/{run}.png").shape
    assert width == 6.75 * 200 and height > 1000


def test_the_encoder_drawn_is_the_one_that_was_measured(
    run: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Any] = []
    monkeypatch.setattr("ablations._look.draw_picture", lambda *parts: drawn.append(parts) or Figure())
    assert command(run, "tiny.py", name="inspect").code == 0
    for path in Path(f"results/runs/{run}").glob("checkpoint.*"):
        path.unlink()
    gone = command(run, "tiny.py", name="inspect")
    assert gone.code == 2 and f"run {run} left no encoder (clean drops them); --train trains it here" in gone.err
    assert command(run, "tiny.py", "--train", name="inspect") == (0, f"results/inspect/{run}.png\n", "")
    (history, plane, neighbors, said), again = drawn
    record = read(Path(f"results/runs/{run}/record.json"))
    assert record is not None and history == record["history"] == again[0]
    assert f"{run}: tiny at scale smoke" in said and said == again[3]
    np.testing.assert_array_equal(plane.points, again[1].points)
    np.testing.assert_array_equal(neighbors.similarity, again[2].similarity)
    assert (np.diff(neighbors.similarity, axis=1) <= 0).all() and neighbors.similarity.max() <= 1 + 1e-6
    assert neighbors.pictures.shape[:2] == neighbors.labels.shape and 0 < plane.share <= 1
    assert not list(Path(f"results/runs/{run}").glob("checkpoint.*")), "nothing is left behind"


def test_an_unfinished_run_says_how_far_it_came(run: str, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    came = {"state": {"progress": {"epoch": 0}}, "seconds": 1.0}
    monkeypatch.setattr("ablations._look.newest", lambda folder: came)
    assert f"run {run} left no encoder" in command(run, "tiny.py", name="inspect").err


def test_a_run_of_a_study_of_ones_own_asks_for_its_file(run: str, command: Command) -> None:
    ended = command(run, name="inspect")
    assert ended.code == 2 and "is not a shipped study" in ended.err
    assert json.loads(Path(f"results/runs/{run}/record.json").read_text())["run"] == run
