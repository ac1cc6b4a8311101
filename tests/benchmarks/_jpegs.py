"""A made class folder of JPEG files as photographs have them: 500 px, 50 to 100 kB, smooth with some grain."""

import tempfile
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from core.image_cache import published

NUMBER, CLASSES = 5000, 10
SHAPES = ((375, 500), (500, 375), (500, 500))
FOLDER = Path(tempfile.gettempdir()) / "ablations-benchmark-jpegs"


def made() -> Path:
    """The folder, made once and kept with the machine's temporary files: <class>/<number>.jpg."""
    if not FOLDER.is_dir():
        with published(FOLDER) as folder:
            _write(folder)
    return FOLDER


def _write(folder: Path) -> None:
    random = np.random.default_rng(0)
    generator = torch.Generator().manual_seed(0)
    textures, grain = [_texture(generator) for _ in range(12)], torch.randn(1000, 1000, 1, generator=generator) * 6
    for number in range(NUMBER):
        one, other = random.choice(len(textures), 2, replace=False)
        share, shape = float(random.uniform()), SHAPES[number % len(SHAPES)]
        parts = [_part(sheet, shape, random) for sheet in (textures[one], textures[other], grain)]
        pixels = torch.lerp(parts[0], parts[1], share).add_(parts[2]).clamp_(0, 255).to(torch.uint8)
        place = folder / f"class{number % CLASSES}"
        place.mkdir(exist_ok=True)
        Image.fromarray(pixels.numpy()).save(place / f"{number:05}.jpg", quality=90)


def _texture(generator: torch.Generator, side: int = 1000) -> Tensor:
    """Noise of four scales, (side, side, 3) around 128."""
    sheet = torch.full((1, 3, side, side), 128.0)
    for cells, strength in ((8, 60), (32, 40), (128, 25), (400, 14)):
        noise = torch.randn(1, 3, cells, cells, generator=generator) * strength
        sheet += F.interpolate(noise, (side, side), mode="bicubic")
    return sheet[0].permute(1, 2, 0).contiguous()


def _part(sheet: Tensor, shape: tuple[int, int], random: np.random.Generator) -> Tensor:
    top, left = (int(random.integers(0, full - size)) for full, size in zip(sheet.shape[:2], shape, strict=True))
    return sheet[top : top + shape[0], left : left + shape[1]]
