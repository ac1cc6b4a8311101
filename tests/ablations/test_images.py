"""The images that a probe loads are in its id, and in the spread over test images of what it measures."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ablations import Study, _images, vary
from ablations._claims import claims_of
from ablations._identity import run_id
from ablations._images import load_images, probe_ids
from ablations._plan import plan
from ablations._tables import _check_data
from core import shapes
from core.data import DataError
from core.probe import LinearProbe, NearestNeighbors, Transfer, TransformationProbe
from results.labels import unpacked
from results.plots import Bars
from results.tables import write_plan

THERE = Transfer("shapes", LinearProbe(), name="there")


def study(*probes: Any) -> Study:
    return Study(question="", grid=vary(epochs=[1]), figure=Bars(x="epochs"), probes=probes)


def test_probes_of_the_runs_own_images_are_known_by_their_settings_alone() -> None:
    probes = (LinearProbe(layer="z"), NearestNeighbors(), run_id)
    assert probe_ids(study(*probes), "smoke", None) == [run_id(probe) for probe in probes]


def test_other_images_are_another_transfer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = probe_ids(study(LinearProbe(), THERE), "smoke", None)
    assert ours[1] != run_id(THERE)
    draw = shapes.draw
    monkeypatch.setattr(shapes, "draw", lambda side: draw(side)[::-1])  # train and test images change places
    monkeypatch.setenv("ABLATIONS_CACHE", str(tmp_path))
    monkeypatch.setattr(_images, "_loaded", _images._loaded.__wrapped__)  # which remembers nothing
    theirs = probe_ids(study(LinearProbe(), THERE), "smoke", None)
    assert theirs[0] == ours[0] and theirs[1] != ours[1]


def test_images_that_are_not_there_are_named_before_training(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere"):
        probe_ids(study(Transfer("nowhere", LinearProbe())), "smoke", str(tmp_path))


def test_one_folder_is_not_two_data_sets(tmp_path: Path) -> None:
    for place in range(10):
        folder = tmp_path / "train" / "ab"[place % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((4, 4, 3), 20 * place, np.uint8)).save(folder / f"{place}.png")
    assert load_images("here", str(tmp_path), None) is load_images("here", str(tmp_path), None)
    with pytest.raises(DataError, match=r"^there and here would be the same images"):
        load_images("there", str(tmp_path), None)


def test_a_table_grows_by_other_images_and_refuses_replaced_ones(tmp_path: Path) -> None:
    path = tmp_path / "mine.smoke.parquet"
    write_plan(path, [], {"study": "mine", "scale": "smoke", "data": ["aa"]})
    _check_data(path, ["aa", "bb"])
    with pytest.raises(ValueError, match="was made from other images"):
        _check_data(path, ["bb"])


def test_a_table_keeps_the_classes_of_the_images_of_each_transfer() -> None:
    one = study(LinearProbe(), THERE)
    labels = claims_of(one, "smoke", plan(one, "smoke", lambda experiment: ""), None)["labels"]
    assert set(labels) == {"shapes", "there_*"}
    np.testing.assert_array_equal(unpacked(labels["there_*"]), unpacked(labels["shapes"]))


def test_a_table_keeps_what_was_done_to_the_images_of_each_transformation_probe() -> None:
    one = study(LinearProbe(), TransformationProbe("color or gray"), TransformationProbe("color or gray", "z"))
    labels = claims_of(one, "smoke", plan(one, "smoke", lambda experiment: ""), None)["labels"]
    assert set(labels) == {"shapes", "color_or_gray_*"}
    assert set(unpacked(labels["color_or_gray_*"])) == {0, 1}
    assert 0.1 < unpacked(labels["color_or_gray_*"]).mean() < 0.3  # one in five is gray
