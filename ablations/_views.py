"""The views that training makes, for a contact sheet: the same function, draws, images and epoch."""

from argparse import Namespace
from collections.abc import Sequence
from typing import Any

import torch
from matplotlib.figure import Figure

from ablations._derive import value_of
from ablations._find import load_study
from ablations._grid import apply, apply_all
from ablations._identity import settings
from ablations._images import data_of
from ablations._scale import SCALES
from ablations._study import Study, derive
from ablations._view_words import ABOUT, labels, told
from core.augmentations import (
    AutoAugment,
    ColorDistortion,
    Crop,
    Cutout,
    Equalize,
    Flip,
    GaussianBlur,
    GaussianNoise,
    MotionBlur,
    Rotate,
    Sobel,
    Solarize,
)
from core.data import Images, balanced
from core.experiment import Experiment
from core.fetch import fetched, uncropped
from core.images import to_float
from core.step import make_views
from core.value import replace
from results.panels import parts_of
from results.sheet import Band, Column, draw_columns, draw_matrix
from results.style import words

OPERATIONS = (
    *(Crop(), Flip(), ColorDistortion(), GaussianBlur(), GaussianNoise(), Cutout(), Sobel(), Rotate(), AutoAugment()),
    *(Equalize(p=1.0), Solarize(p=1.0), MotionBlur(p=1.0)),  # which have no default of p
)
STRENGTHS = (0.125, 0.25, 0.5, 1.0, 2.0)


def draw_views(options: Namespace) -> Figure:
    """The sheet that these options of the command ask for. Raises ValueError where there are no views to show."""
    given = {name: value_of(text) for name, text in options.set or ()}
    if options.study is None:
        return _of_core(apply(SCALES[options.scale], given), options)
    study = derive(load_study(options.study), **given)
    base = study.base_at(options.scale)
    if not isinstance(base, Experiment):
        raise ValueError(f"{study.name} trains {type(base).__name__}, which has no views of core")
    return _of_study(study, base, _cells(study, base), options)


def _of_core(base: Experiment, options: Namespace) -> Figure:
    """Each operation by itself, the strengths of color, and what the scale makes of all."""
    images = _images(base, options, 6)
    plain = [Column("image", _pictures([to_float(uncropped(images))]))]

    def column(augment: Any, label: str) -> Column:
        alone = replace(base, prepare=None, augment=augment, augment_other=None)
        return Column(label, _made(alone, images, options.epoch))

    alone = [column(one, told(one)) for one in OPERATIONS]
    strengths = [column(ColorDistortion(strength), f"strength {strength:g}") for strength in STRENGTHS]
    usual = Column(f"scale {options.scale}", _made(base, images, options.epoch))
    bands = [
        Band("each operation by itself", plain + alone),
        Band("strengths of ColorDistortion, and the views of the scale", [*plain, *strengths, usual]),
    ]
    return draw_columns(bands, _said(base, options, "two views of each image"))


def _of_study(study: Study, base: Experiment, cells: Sequence[Experiment], options: Namespace) -> Figure:
    if len(cells) == 1:
        return _epochs(study, base, cells[0], options)
    figure = parts_of(study.figure)[0]
    rows = [settings(cell) for cell in cells]
    is_matrix = len(figure.settings) == 2 and all(name.startswith(ABOUT) for name in figure.settings)
    images = _images(base, options, 4 if is_matrix else 6)
    made = [_made(cell, images, options.epoch) for cell in cells]
    plain, shared = Column("image", _pictures([to_float(uncropped(images))])), _shared(made)
    same = [Column(f"view {view + 1} of every cell", made[0][:, [view]]) for view in shared]
    made = [views[:, [view for view in range(views.shape[1]) if view not in shared]] for views in made]
    said = f"{study.name}, a column for each way to make views"
    if is_matrix:
        first, second = figure.settings
        keys = [(words(figure, row[first]), words(figure, row[second])) for row in rows]
        return draw_matrix(
            [plain, *same],
            {key: views[:, 0] for key, views in zip(keys, made, strict=True)},
            _said(base, options, f"{study.name}: the first by row, the second by column"),
        )
    columns = [Column(label, views) for label, views in zip(labels(figure, rows), made, strict=True)]
    return draw_columns([Band(study.question.split("\n")[0], [plain, *same, *columns])], _said(base, options, said))


def _epochs(study: Study, base: Experiment, cell: Experiment, options: Namespace) -> Figure:
    """All cells make the same views: these in several epochs."""
    images = _images(base, options, 6)
    shown = range(options.epoch, options.epoch + max(1, min(base.epochs, 6)))
    columns = [Column(f"epoch {epoch}", _made(cell, images, epoch)) for epoch in shown]
    columns.insert(0, Column("image", _pictures([to_float(uncropped(images))])))
    said = f"{study.name}, whose cells all make the same views"
    return draw_columns([Band(study.question.split("\n")[0], columns)], _said(cell, options, said, shown))


def _cells(study: Study, base: Experiment) -> list[Experiment]:
    """One experiment for each way to make views."""
    found: dict[Any, Experiment] = {}
    for cell in apply_all(base, study.changes(base)):
        key = tuple(getattr(cell, name) for name in ABOUT)
        if key not in found or cell.views > found[key].views:  # a supervised arm sees the first view alone
            found[key] = cell
    return list(found.values())


def _images(base: Experiment, options: Namespace, number: int) -> Images:
    """Training images of many classes, with the names by which training draws for them."""
    data = data_of(base, options.data)
    assert data is not None
    return balanced(balanced(data.train, base.images), options.images or number)


def _made(experiment: Experiment, images: Images, epoch: int) -> Any:
    """The views (images, views, H, W, 3) as training makes them."""
    (batch, seen), *_ = fetched(experiment, images, [torch.arange(len(images))], epoch, "cpu")
    return _pictures(make_views(experiment, seen, batch, epoch))


def _pictures(views: Sequence[torch.Tensor]) -> Any:
    return torch.stack(list(views), dim=1).permute(0, 1, 3, 4, 2).numpy()


def _shared(made: Sequence[Any]) -> list[int]:
    """The views that are the same in all cells."""
    number = min(views.shape[1] for views in made)
    return [view for view in range(number) if all((views[:, view] == made[0][:, view]).all() for views in made)]


def _said(base: Experiment, options: Namespace, what: str, epochs: Sequence[int] = ()) -> str:
    epoch = f"epochs {epochs[0]} to {epochs[-1]}" if len(epochs) > 1 else f"epoch {options.epoch}"
    given = ", ".join(f"{name}={text}" for name, text in options.set or ())
    where = f"scale {options.scale}{given and f' with {given}'}"
    seen = f"images of {base.dataset} as training at {where} sees them in {epoch} (counted from 0)"
    return f"{what}; {seen}, seed {base.seed}."
