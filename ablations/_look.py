"""One run to look at: how it trained, and what its encoder makes of images."""

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from matplotlib.figure import Figure

from ablations._context import THREADS
from ablations._explain import said_settings
from ablations._find import study_names
from ablations._here import planned_here
from ablations._images import data_of
from ablations._journal import TRAINING, newest
from ablations._known import TableRow, facts_of, rows_of_run
from core.data import DataSet, Images, balanced
from core.experiment import Experiment
from core.features import embed
from core.fetch import uncropped
from core.journal import State, Unkept
from core.pretrain import Trained, pretrain
from results.draw_run import Map, Neighbors, draw_picture
from results.facts import Facts

QUERIES, NEAREST, AMONG, POINTS = 8, 8, 10_000, 2_000
"""How many test images have neighbors shown, how many each, among how many training images; points of the map."""


class _Kept(Unkept):
    """A journal that knows where training came to, and keeps nothing more."""

    def __init__(self, state: State | None) -> None:
        self._state = state

    def load(self) -> State | None:
        return self._state


def draw_run(options: Namespace, run: str) -> Figure:
    """The picture of a run that the results folder knows. Raises ValueError where there is nothing to show."""
    rows = rows_of_run(options.results, run)
    if not rows:
        raise ValueError(f"no table of {options.results} has run {run}, so nobody knows its study")
    facts, entry = facts_of(options.results, run, rows), _named(rows, options.study)
    here = planned_here(entry, options.results, options.study, options.data)
    if run not in here.runs:
        raise ValueError(f"{entry} plans no run {run} here: python -m ablations.explain {run} says why")
    said = _said(entry, facts)
    experiment, data = here.runs[run].experiment, data_of(here.runs[run].experiment, options.data)
    if here.study.train is not pretrain or not isinstance(experiment, Experiment) or data is None:
        if facts is None or not facts.measured.get("history"):
            raise ValueError(f"run {run} has neither curves nor an encoder of core's training")
        return draw_picture(facts.measured["history"], None, None, said)
    torch.set_num_threads(THREADS)
    found = _trained(experiment, data, options, run, facts)
    device = next(found.model.parameters()).device.type
    tested, known = balanced(data.test, min(POINTS, len(data.test))), balanced(data.train, min(AMONG, len(data.train)))
    h, h_known = (F.normalize(embed(found.model, images, device)[0].cpu(), dim=1) for images in (tested, known))
    return draw_picture(found.history, _map(h, tested, data), _neighbors(h, tested, h_known, known, data), said)


def _named(rows: Sequence[TableRow], study: str | None) -> TableRow:
    """The row of this study's table, or of one that is shipped; the first, where none is."""
    wanted = [Path(study).stem] if study else study_names()
    return next((entry for entry in rows if entry.about["study"] in wanted), rows[0])


def _trained(experiment: Experiment, data: DataSet, options: Namespace, run: str, facts: Facts | None) -> Trained:
    """The run's encoder, from its last checkpoint; with --train, trained again, or on, without a trace."""
    state = (newest(options.results / "runs" / run / TRAINING) or {}).get("state")
    epoch = state["progress"]["epoch"] if state else 0
    if epoch < experiment.epochs and not options.train:
        seconds = (facts.provenance.get("seconds") if facts else None) or 0
        how = f"--train trains it here, to the same bits{f', in about {seconds:.0f} s' if seconds else ''}"
        came = f"came to epoch {epoch} of {experiment.epochs}" if epoch else "left no encoder (clean drops them)"
        raise ValueError(f"run {run} {came}; {how}")
    found = pretrain(experiment, data, _Kept(state), "cuda" if torch.cuda.is_available() else "cpu")
    if facts and facts.measured.get("history", found.history) != found.history:
        print(f"trained to other numbers than recorded: python -m ablations.audit says how far run {run} is off")
    return found


def _map(h: torch.Tensor, images: Images, data: DataSet) -> Map:
    """The first two principal components of h (N, features), exactly."""
    centered = h - h.mean(0)
    u, s, _ = torch.linalg.svd(centered, full_matrices=False)
    share = float((s[:2] ** 2).sum() / (s**2).sum())
    return Map((u[:, :2] * s[:2]).numpy(), images.labels.numpy(), data.classes, share)


def _neighbors(h: torch.Tensor, tested: Images, h_known: torch.Tensor, known: Images, data: DataSet) -> Neighbors:
    """For some test images the training images with the largest cosine in h."""
    chosen = balanced(tested, min(QUERIES, len(tested)))
    places = torch.isin(tested.index, chosen.index).nonzero()[:, 0]
    similarity, nearest = (h[places] @ h_known.T).topk(min(NEAREST, len(known)), dim=1)
    seen = uncropped(known[nearest.flatten()])
    pictures = torch.cat([uncropped(tested[places])[:, None], seen.view(*nearest.shape, *seen.shape[1:])], dim=1)
    labels = torch.cat([tested.labels[places][:, None], known.labels[nearest]], dim=1)
    return Neighbors(pictures.numpy(), labels.numpy(), similarity.numpy(), data.classes, len(known))


def _said(entry: TableRow, facts: Facts | None) -> str:
    told = [f"{entry.row['run']}: {entry.about['study']} at scale {entry.about['scale']}, {entry.row['arm']}"]
    told.append(f"seed {entry.row['seed']}")
    if facts:
        told += [said_settings(facts, [entry])]
        named = [name for name in ("linear_top1", "knn_top1") if name in facts.measured]
        told += [f"{name} {facts.measured[name]:.1f}%" for name in named]
    return "; ".join(told) + "."
