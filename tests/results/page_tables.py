"""Tables as the page reads them: a small study with all that can become of a run, and one whose words mean harm."""

import json
from pathlib import Path
from typing import Any

from results.claims import about_claims, difference
from results.plots import Bars, Heatmap, PaperValues, about_figure
from results.tables import take_over, write_plan
from results.waiting import Waiting

BASE = {"dataset": "shapes", "images": 256, "head": "MLP", "head.width": 64, "epochs": 4, "learning_rate": 0.1}
CELLS = (("NoHead", None), ("Linear", 9), ("Linear", 128), ("MLP", 9), ("MLP", 128))
PAPER = PaperValues(
    study="projection_head",
    where=(("layer", "h"),),
    keys=(("head", "head"), ("out_dim", "head.width")),
    names=(("none", "NoHead"), ("linear", "Linear"), ("nonlinear", "MLP")),
    absent=(("NoHead", "head.width"),),
)
CLAIMS = (
    difference("F1", {"head": "Linear"}, {"head": "NoHead"}, above=1.0, paper=10.4, text="a head beats none"),
    difference("F2", {"head": "NoHead"}, {"head": "MLP"}, above=1.0, text="no head beats a nonlinear one"),
    difference("F3", {"head": "MLP"}, {"head": "Linear"}, within=0.01, text="the heads are alike"),
    difference("F4", {"head": "MLP"}, {"head": "Linear"}, scales=("paper",), needs="batches of 8192", text="at length"),
)
WAITING = (
    Waiting("loss", "Which loss is best?", "Table 4", (("F21", "NT-Xent beats the others"), ("F22", "they are near"))),
    Waiting("baseline", "Which encoder is small enough?", "", ()),
)
ELSEWHERE = (
    ("F8", "what no study tests", "Fig. 6 shows histograms and no number"),
    ("F35", "what takes more", "ImageNet, and encoders four times as wide"),
)
EVIL = "<img src=x onerror=alert(1)></script><script>alert(2)</script>\"'><svg onload=alert(3)> $\\frac{$ {{ 7*7 }}"


def write_heads(folder: Path, scale: str = "smoke", is_run: bool = True) -> Path:
    """Five cells at three seeds and a supervised arm, of which one run failed and one is to do."""
    told = {"study": "heads", "scale": scale, "question": "Does the head matter?", "paper": "Fig. 8"}
    told |= {
        "data": ["0d49fc16"],
        "figure": about_figure(Bars("head.width", "head", paper=PAPER)),
        "claims": about_claims(CLAIMS),
    }
    path = folder / f"heads.{scale}.parquet"
    _write(path, told, [{"head": head, "head.width": width} for head, width in CELLS], "out of memory", {}, is_run)
    return path


def write_evil(folder: Path) -> Path:
    """Each word that a table holds, the names of its columns too, tries to become markup, script or mathematics."""
    figure = Heatmap("head", "head.width", labels=((EVIL, EVIL),), titles=(("head", EVIL), ("linear_top1", EVIL)))
    claims = [difference(EVIL, {"head": EVIL}, {"head": "MLP"}, text=EVIL)]
    told: dict[str, Any] = dict.fromkeys(("study", "scale", "question", "paper"), EVIL)
    told |= {"notes": [EVIL], "data": [EVIL], "figure": about_figure(figure), "claims": about_claims(claims)}
    measured = {EVIL: 1.5, "provenance.commit": EVIL, "provenance.versions.evil": EVIL, "provenance.cpu": EVIL}
    path = folder / "evil.smoke.parquet"
    _write(path, told, [{"head": EVIL}, {"head": "MLP"}, {"head": "</text></svg><script>"}], EVIL, measured)
    return path


def _write(
    path: Path,
    told: dict[str, Any],
    cells: list[dict[str, Any]],
    failure: str,
    more: dict[str, Any],
    is_run: bool = True,
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    arms = [("supervised", {"head": "NoHead"}), *(("cell", cell) for cell in cells)]
    plain = {"probes": ["abc"], **BASE, "head.width": None}
    rows = [
        {"run": f"{place:06x}{seed:06x}", "arm": arm, "seed": seed, **plain, **cell}
        for seed in range(3)
        for place, (arm, cell) in enumerate(arms)
    ]
    write_plan(path, rows, {"base": BASE, "varied": ["head", "head.width"], **told})
    if is_run:
        done = {row["run"]: _measured(place, row) | more for place, row in enumerate(rows[:-2])}
        take_over(path, done | {rows[-1]["run"]: {"status": "failed", "failure": failure}})


def _measured(place: int, row: dict[str, Any]) -> dict[str, Any]:
    top1 = {"Linear": 47.0, "MLP": 50.0}.get(row["head"], 40.0) + (row["head.width"] or 0) / 100 + row["seed"]
    top1 += 0.05 * (7 * place % 5)
    history = [{"epoch": epoch, "train_loss": 5 / epoch + 0.01 * place} for epoch in range(1, 5)]
    metrics = {"linear_top1": top1, "linear_valid_top1": top1, "seconds": float(90 + 37 * place % 20)}
    sources = {"provenance.commit": f"{place % 2}{'a' * 39}", "provenance.source": f"{place % 2}{'b' * 15}"}
    started = {"provenance.dirty": False, "provenance.started": f"2026-11-0{1 + place % 9}T10:00:00+00:00"}
    machine = {"provenance.device": "cpu", "provenance.threads": 1, "provenance.versions.torch": "2.14.1"}
    return {"status": "done", "history": json.dumps(history), **metrics, **sources, **started, **machine}
