"""What stands under a figure: what was trained, what is missing, what the whiskers are."""

import math
import statistics
from collections.abc import Sequence
from typing import Any

import pandas as pd

from results._shown import Shown
from results.cells import Panel, arm_words, panel, plain
from results.records import UNPLANNED

TOLD = ("dataset", "images", "encoder", "encoder.depth", "encoder.width", "epochs", "batch_size")
IMAGES = {"cifar10": "CIFAR-10", "cifar100": "CIFAR-100", "imagenet": "ImageNet"}
"""What the images of a data set are called, where its name is written in another way."""


def counted(number: object, things: str) -> str:
    """ "1 epoch", "15 epochs"."""
    return f"{number} {things.removesuffix('s') if str(number) == '1' else things}"


def span(numbers: Sequence[int]) -> str:
    """ "3", or "1-2" from the least to the largest; of none, nothing."""
    return "-".join(map(str, dict.fromkeys((min(numbers), max(numbers))))) if numbers else ""


def facts(figures: Sequence[Shown], table: pd.DataFrame, panels: Sequence[Panel]) -> list[str]:
    """What was trained, on how many seeds, what is missing, and what was tuned."""
    return [_trained(figures, table, panels), _gaps(table), _tuned(*table.attrs.get("study", {}).get("notes", ()))]


def trained(figures: Sequence[Shown], table: pd.DataFrame) -> str:
    """What was trained, but for the settings that the figures show, and on how many seeds."""
    return _trained(figures, table, [panel(figure, table) for figure in figures])


def _trained(figures: Sequence[Shown], table: pd.DataFrame, panels: Sequence[Panel]) -> str:
    shown = {name for figure in figures for axis in figure.settings for name in axis.split(" & ")}
    seeds = span([cell.planned for one in panels for cell in one.cells.values() if cell.planned])
    return _scale(table, shown) + (f"{counted(seeds, 'seeds')} a cell." if seeds else "")


def _scale(table: pd.DataFrame, shown: set[str]) -> str:
    """What was trained, but for the settings that the figure varies: "laptop scale: CIFAR-10, 10 000 images, ..."."""
    about = table.attrs.get("study", {})
    told = {name: value for name, value in about.get("base", {}).items() if name in TOLD and name not in shown}
    every = {name: _of_all(table, name, value) for name, value in told.items()}
    settled = {name: found[0] for name, found in every.items() if len(found) == 1}
    base = {name: value for name, value in settled.items() if value is not None}
    facts = [IMAGES.get(base["dataset"], str(base["dataset"]))] if "dataset" in base else []
    facts += [_images(settled["images"])] if "images" in settled else []
    if "encoder" in base:
        parts = [f"{part} {base[name]}" for part in ("depth", "width") if (name := f"encoder.{part}") in base]
        facts.append(f"{base['encoder']} ({', '.join(parts)})" if parts else str(base["encoder"]))
    epochs = span(every.get("epochs", []))
    facts += [counted(epochs, "epochs")] if epochs else []
    facts += [f"batch {base['batch_size']}"] if "batch_size" in base else []
    return (f"{about['scale']} scale: " if "scale" in about else "") + "".join(f"{fact}, " for fact in facts)


def _of_all(table: pd.DataFrame, name: str, base: Any) -> list[Any]:
    """The values that the cells have, each once; what the base has where the table says nothing."""
    if "arm" not in table or name.partition(".")[0] not in table:
        return [base]
    if name not in table:
        return []  # one's own encoder has no depth
    return list(dict.fromkeys(map(plain, table.loc[table["arm"] == "cell", name].unique())))


def _images(number: int | None) -> str:
    return "all training images" if number is None else counted(f"{number:,}".replace(",", " "), "images")


def _gaps(table: pd.DataFrame) -> str:
    count = {name: int((table["status"] == name).sum()) if "status" in table else 0 for name in ("to do", "failed")}
    gaps = [f"{count[name]} {said}" for name, said in (("to do", "missing"), ("failed", "failed")) if count[name]]
    planned = int((table["arm"] != UNPLANNED).sum()) if "arm" in table else len(table)
    said = [f"Of {planned} runs {' and '.join(gaps)}."] if gaps else []
    shown = table[table["arm"] != UNPLANNED] if "arm" in table else table
    sources = shown["provenance.source"].nunique() if "provenance.source" in table else 1
    return " ".join([*said, *([f"Runs of {sources} versions of the source."] if sources > 1 else [])])


def _tuned(head: str = "", *choices: str) -> str:
    return f"{head} {'; '.join(choices)}." if choices else head


def intervals(shown: Panel, signs: str = "Whiskers", others: str = "; dots: single seeds") -> str:
    """What the whiskers of a panel are, or other `signs`, and what `others` are."""
    if not shown.freedom:
        most = max((len(cell.values) for cell in shown.cells.values()), default=0)
        return ("", "One seed: no intervals.", "Too few seeds for intervals.")[min(most, 2)]
    why = ", since errors are unequal" if sum(bool(cell.values) for cell in shown.cells.values()) > 1 else ""
    error = f"its own seeds{why}" if shown.own else "its cell's error and that of all"
    return f"{signs}: 95% for each mean alone, by {error} ({shown.freedom} d.f.){others}."


def of_panels(said: Sequence[tuple[str, str]]) -> str:
    """What is said of the first panel, then, after their titles, of those of which something else is said."""
    (_, first), *others = said
    else_said: dict[str, list[str]] = {}
    for title, text in others:
        if text != first:
            else_said.setdefault(text, []).append(title)
    return " ".join([first, *(f"Of {' and '.join(titles)}: {text}" for text, titles in else_said.items())])


def typical(shown: Panel) -> str:
    """What a heatmap cannot draw: the usual half width, and the arms that are marks on its color bar."""
    halves = [cell.half_width for cell in shown.cells.values() if not math.isnan(cell.half_width)]
    half = f"95% interval of a cell alone: typically \u00b1{statistics.median(halves):.1f}." if halves else ""
    arms = ", ".join(arm_words(name, cell) for name, cell in shown.references.items())
    return " ".join(filter(None, [half or intervals(shown), f"Marks on the color bar: {arms}." if arms else ""]))
