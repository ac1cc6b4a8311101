"""The paper's own numbers, named as our settings are, so that a figure draws them as it draws ours.

Source: Chen, Kornblith, Norouzi & Hinton 2020, "A Simple Framework for Contrastive Learning of Visual Representations".
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

PAPER = Path(__file__).with_name("paper.parquet")


@dataclass(frozen=True)
class PaperValues:
    """Which of the paper's rows a figure shows, and what they are called here.

        PaperValues(
            study="projection_head",
            where=(("layer", "h"),),
            keys=(("head", "head"), ("out_dim", "head.width")),
            names=(("none", "NoHead"), ("linear", "Linear"), ("nonlinear", "MLP")),
            absent=(("NoHead", "head.width"),),
        )

    where: (paper's key, its text or two, "100 or 90") that a row must have. keys: (paper's key, our setting).
    names: (paper's text, ours).
    absent: (a value of ours, a setting that does not exist beside it), where the paper states one all the same.
    metric: the paper's name of the value drawn, or two, "linear_top1 or top1"; "" means ours.
    beside: (another metric of the paper's, the column that it becomes), for a cell that has it.
    """

    study: str
    keys: tuple[tuple[str, str], ...]
    where: tuple[tuple[str, str], ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    absent: tuple[tuple[str, str], ...] = ()
    metric: str = ""
    beside: tuple[tuple[str, str], ...] = ()
    title: str = "ImageNet, ResNet-50"


def read_paper() -> pd.DataFrame:
    """All rows: study, item, setting ("key=text;key=text"), metric, value, source."""
    return pd.read_parquet(PAPER)


def paper_values(mapping: PaperValues, paper: pd.DataFrame, value: str) -> pd.DataFrame:
    """Columns: our settings and `value`, one row a cell of the paper, in the paper's order.

    Raises ValueError if nothing is left, or if two rows are the same cell and `where` has to choose.
    """
    rows = paper[(paper["study"] == mapping.study) & paper["metric"].isin((mapping.metric or value).split(" or "))]
    cells = [
        _cell(mapping, parts) | {value: number}
        for parts, number in zip(map(_parts, rows["setting"]), rows["value"], strict=True)
        if all(parts.get(key) in text.split(" or ") for key, text in mapping.where)
        and all(key in parts for key, _ in mapping.keys)
    ]
    if not cells:
        raise ValueError(
            f"the paper has no {mapping.metric or value} of {mapping.study!r} with {mapping.where} and keys"
        )
    settings = [setting for _, setting in mapping.keys]
    table = pd.DataFrame({name: pd.Series([cell[name] for cell in cells], dtype=object) for name in [*settings, value]})
    if table.duplicated(settings).any():
        twice = table[table.duplicated(settings)].iloc[0].to_dict()
        raise ValueError(f"the paper's {mapping.study!r} has two rows for {twice}: choose with where=")
    for metric, column in mapping.beside:
        table[column] = _beside(mapping, paper, metric, table)
    return table.astype({value: float})


def _beside(mapping: PaperValues, paper: pd.DataFrame, metric: str, table: pd.DataFrame) -> list[float]:
    """The paper's `metric` for each cell of the table, by the keys that its rows have; millions in ones, as ours."""
    unit = 1e6 if metric.endswith("_millions") else 1.0
    rows = paper[(paper["study"] == mapping.study) & (paper["metric"] == metric)]
    parts = [_parts(setting) for setting in rows["setting"]]
    keys = [(theirs, ours) for theirs, ours in mapping.keys if all(theirs in part for part in parts)]
    known = {
        tuple(_ours(mapping, part[theirs]) for theirs, _ in keys): unit * float(number)
        for part, number in zip(parts, rows["value"], strict=True)
    }
    cells = table[[ours for _, ours in keys]].itertuples(index=False, name=None)
    return [known.get(tuple(cell), math.nan) for cell in cells]


def _parts(setting: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in setting.split(";"))


def _cell(mapping: PaperValues, parts: dict[str, str]) -> dict[str, Any]:
    cell = {ours: _ours(mapping, parts[theirs]) for theirs, ours in mapping.keys}
    for present, setting in mapping.absent:
        if present in cell.values():
            cell[setting] = None
    return cell


def _ours(mapping: PaperValues, text: str) -> Any:
    """What our tables hold where the paper has this text."""
    return _value(dict(mapping.names).get(text, text))


def _value(text: str) -> Any:
    """The text as the value that our tables hold: True, False, None, a number, or itself."""
    if text in ("True", "False", "None"):
        return {"True": True, "False": False, "None": None}[text]
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            pass
    return text
