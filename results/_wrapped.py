"""Text broken into lines by what it measures: letters differ in width."""

from functools import cache

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

from results.style import STYLE, TEXT


def wrapped(said: str, inches: float, weight: str = "normal") -> list[str]:
    """Lines of text at the size that figures have, none wider than `inches` unless it is a single word."""
    lines: list[str] = []
    for word in said.split():
        if lines and width_of(f"{lines[-1]} {word}", weight) <= inches:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


@cache
def width_of(text: str, weight: str = "normal") -> float:
    """In inches, at that size."""
    font = FontProperties(family=STYLE["font.family"], size=TEXT, weight=weight)
    points: float = TextToPath().get_text_width_height_descent(text, font, ismath=False)[0]
    return points / 72
