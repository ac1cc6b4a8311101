"""Training curves: a thin line a run, in the color of its cell."""

from collections.abc import Mapping, Sequence
from colorsys import hls_to_rgb
from typing import Any

from matplotlib import rc_context
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from results._curves import Curve
from results._hover import say, short
from results.style import GRAY, PALETTE, SINGLE, STYLE


def cell_colors(cells: Sequence[str]) -> dict[str, str]:
    """A color for each cell, in their order; hues seen on white and on black where the palette is too small."""
    if len(cells) <= len(PALETTE):
        return dict(zip(cells, PALETTE, strict=False))
    hues = (place / len(cells) for place in range(len(cells)))
    return {cell: to_hex(hls_to_rgb(hue, 0.48, 0.65)) for cell, hue in zip(cells, hues, strict=True)}


def draw_curves(metric: str, curves: Sequence[Curve], colors: Mapping[str, str]) -> Figure:
    """One metric over the epochs; runs of cells without a color are gray."""
    with rc_context(STYLE):  # type: ignore[arg-type]
        canvas = Figure(figsize=(SINGLE, 0.6 * SINGLE), layout="constrained")
        axes = canvas.subplots()
        for curve in curves:
            look: dict[str, Any] = {"color": colors.get(curve.cell, GRAY), "linewidth": 1.0, "alpha": 0.85}
            (line,) = axes.plot(curve.epochs, curve.values, **look)
            end = f"{short(curve.values[-1])} at epoch {curve.epochs[-1]:g}"
            say(line, f"{curve.cell}, seed {curve.seed}: {end} (run {curve.run})")
        axes.set_xlabel("epoch")
        axes.set_title(metric, loc="left")
        axes.margins(x=0.02)
        axes.locator_params(axis="x", integer=True)
    return canvas
