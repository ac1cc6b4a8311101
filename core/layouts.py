"""Three ways in which a folder holds a data set: parquet files, torchvision's CIFAR folder, class folders.

Each reader looks at names only. It returns None where the folder is laid out in another way, and raises DataError for
images that it would pass over.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from core.decode import BATCH, DataError, Encoded
from core.parquet_images import number_of_rows, rows

LAYOUTS = (
    "train-*.parquet and test-*.parquet with image bytes, class folders train/<class>/*.png and test/<class>/*.png "
    "(or jpg, jpeg, webp; test may be called val, valid or validation), or <class>/*.png"
)
TESTS = ("test", "val", "valid", "validation")
"""Names of the split that serves as test images: many data sets publish no labeled test split. The first one counts."""
TORCHVISION = {"cifar10": ("CIFAR10", "cifar-10-batches-py"), "cifar100": ("CIFAR100", "cifar-100-python")}
SUFFIXES = {".png", ".jpg", ".jpeg", ".webp"}
UNREAD = {".avif", ".bmp", ".gif", ".heic", ".jfif", ".jp2", ".jxl", ".pgm", ".ppm", ".tga", ".tif", ".tiff"}


@dataclass(frozen=True)
class Source:
    """Images not yet read: the files that hold them; `train()` and `test()`, where there are any, read them in batches.

    number: of all images, asked without reading them; None for CIFAR, which fits everywhere. root: the folder of class
    folders, None where images do not lie in files of their own.
    """

    files: tuple[Path, ...]
    train: Callable[[], Iterator[list[Encoded]]]
    test: Callable[[], Iterator[list[Encoded]]] | None
    number: Callable[[], int] | None
    root: Path | None = None


def layout(folder: Path, name: str) -> Source | None:
    """The data set in `folder`, or None where it holds none; `name` tells CIFAR-10 from CIFAR-100 in one folder."""
    if not folder.is_dir():
        return None
    folder = folder.resolve()
    return _parquet(folder) or _torchvision(folder, name) or _class_folders(folder)


def _parquet(folder: Path) -> Source | None:
    train, *tests = (
        [*folder.glob(f"{split}.parquet"), *sorted(folder.glob(f"{split}-*.parquet"))] for split in ("train", *TESTS)
    )
    test = next(filter(None, tests), [])
    if not train:
        return None
    of_test = partial(rows, test) if test else None
    return Source((*train, *test), partial(rows, train), of_test, partial(number_of_rows, [*train, *test]))


def _torchvision(folder: Path, name: str) -> Source | None:
    class_name, inner = TORCHVISION.get(name, ("", ""))
    root = folder.parent if folder.name == inner else folder
    if not inner or not (root / inner).is_dir():
        return None

    def split(train: bool) -> Iterator[list[Encoded]]:
        from torchvision import datasets  # here, since its import takes longer than loading from the cache

        try:
            data = getattr(datasets, class_name)(root, train=train)
        except (RuntimeError, OSError) as problem:
            raise DataError(f"{root / inner} is incomplete or damaged: copy or download it again") from problem
        pairs = enumerate(zip(data.data, data.targets, strict=True))
        return _batched(Encoded(f"{root / inner}, image {i}", x, data.classes[y]) for i, (x, y) in pairs)

    return Source(tuple(sorted((root / inner).iterdir())), partial(split, True), partial(split, False), None)


def _class_folders(folder: Path) -> Source | None:
    train, test = _listed(folder / "train"), list[Encoded]()
    if train:
        test = next(filter(None, (_listed(folder / name) for name in TESTS)), [])
    elif not {place.name for place in _visible(folder) if place.is_dir()} <= {"train", *TESTS}:
        train = _listed(folder)  # of cars, buses and trains, train is a class
    if not train:
        return None

    files = tuple(Path(image.where) for image in [*train, *test])
    of_test = (lambda: _batched(iter(test))) if test else None
    return Source(files, lambda: _batched(iter(train)), of_test, lambda: len(files), folder)


def _listed(folder: Path) -> list[Encoded]:
    """The images at <folder>/<class>/<image>, in the order of their names. Raises DataError for those passed over."""
    if not folder.is_dir():
        return []
    images, others, classes = list[Encoded](), list[Path](), [one for one in _visible(folder) if one.is_dir()]
    for place in classes:
        for file in _visible(place):
            if file.suffix.lower() in SUFFIXES:
                images.append(Encoded(str(file), file, place.name))
            else:
                others.append(file)
    if images:  # else the folder holds other things than classes
        for file in others:
            _check_holds_none(file)
        filled = {image.label for image in images}
        if empty := [place for place in classes if place.name not in filled]:
            raise DataError(f"class folder {empty[0]} holds no png, jpg, jpeg or webp: fill it, or take it out")
    return images


def _visible(folder: Path) -> list[Path]:
    return sorted(place for place in folder.iterdir() if not place.name.startswith("."))


def _check_holds_none(file: Path) -> None:
    """Half of the images, gone in silence, would make another data set."""
    if file.suffix.lower() in UNREAD:
        raise DataError(f"{file} is no png, jpg, jpeg or webp: convert it, or take it out of the class folder")
    if file.is_dir() and any(inner.suffix.lower() in SUFFIXES for inner in file.iterdir()):
        raise DataError(f"{file} holds images, but lies in a class folder, whose images are its own files: move them")


def _batched(images: Iterator[Encoded]) -> Iterator[list[Encoded]]:
    while batch := list(islice(images, BATCH)):
        yield batch
