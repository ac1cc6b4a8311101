"""CONTRIBUTING.md is short, and each of its examples runs as it says."""

import importlib
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ablations.run import main
from core import layouts
from core.data import load
from core.draws import Draws
from results.tables import read_table

TEXT = (Path(__file__).parent.parent / "CONTRIBUTING.md").read_text()
EXAMPLES = dict(re.findall(r"^\*\*An? ([\w ]+)\*\*.*?```python\n(.*?)```", TEXT, re.DOTALL | re.MULTILINE))


def part(example: str, module: str) -> Any:
    """What an example defines, as if it stood in the module."""
    names = dict(vars(importlib.import_module(module)))
    before = set(names)
    exec(compile(EXAMPLES[example], module, "exec", dont_inherit=True), names)
    (new,) = set(names) - before
    return names[new]


def test_it_is_short_and_has_an_example_of_each() -> None:
    assert len(TEXT.splitlines()) <= 50
    assert set(EXAMPLES) >= {"study", "loss", "augmentation", "image source"}


def test_the_study_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    Path("warm_up.py").write_text(EXAMPLES["study"])
    assert main(["warm_up.py", "--scale", "smoke", "--cluster", "debug", "--seeds", "1"]) == 0
    table = read_table(Path("results/tables/warm_up.smoke.parquet"))
    cells = table[table["arm"] == "cell"]
    assert sorted(cells["warmup_epochs"]) == [0.0, 1.0] and set(cells["status"]) == {"done"}


@given(st.integers(0, 99))
def test_the_loss_is_the_loop_of_its_equation(seed: int) -> None:
    first, second = torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    total = 0.0
    for one, other in zip(first.tolist(), second.tolist(), strict=True):
        lengths = [sum(cell**2 for cell in row) ** 0.5 for row in (one, other)]
        total += sum((a / lengths[0] - b / lengths[1]) ** 2 for a, b in zip(one, other, strict=True))
    assert float(part("loss", "core.losses")(first, second)) == pytest.approx(total / 5)


def test_the_augmentation_depends_on_an_image_s_own_draws() -> None:
    darker, images = part("augmentation", "core.motion_blur"), torch.rand(6, 3, 4, 4)
    whole = darker(images, Draws(7, torch.arange(6)))
    assert torch.equal(whole[2:4], darker(images[2:4], Draws(7, torch.arange(2, 4))))
    factor = whole / images
    assert bool((factor >= 0.5).all()) and len(factor.unique()) > 5


def test_the_image_source_is_read_by_its_place_among_the_layouts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        Image.new("RGB", (4, 4), (number, 0, 0)).save(tmp_path / f"{'cat' if number < 10 else 'dog'}_{number}.png")
    monkeypatch.setattr(layouts, "_class_folders", part("image source", "core.layouts"))
    pets = load("pets", tmp_path, tmp_path / "cache")
    assert pets.classes == ("cat", "dog")
    images = [
        (int(image[0, 0, 0]), int(label))
        for split in (pets.train, pets.valid, pets.test)
        for image, label in zip(split.pixels, split.labels, strict=True)
    ]
    assert sorted(images) == [(number, int(number >= 10)) for number in range(20)]
    (tmp_path / "none").mkdir()
    assert layouts.layout(tmp_path / "none", "pets") is None
