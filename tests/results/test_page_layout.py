"""The page in a real browser, as laid out at each width: nothing cut off, nothing covered, nothing left empty."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import BEYOND, CHROMIUM, DRIVER, MISSING, bring, look, unfolded
from PIL import Image

pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason=MISSING)


@pytest.mark.parametrize("width", [360, 390, 768, 1280])
def test_the_page_never_scrolls_sideways(driver: Any, page: Path, width: int) -> None:
    look(driver, page, width)
    unfolded(driver)
    assert driver.execute_script(BEYOND) <= 0
    inside = "const part = document.querySelector('.wide .scroll'); return part.scrollWidth > part.clientWidth"
    assert driver.execute_script(inside) == (width < 800)  # a wide figure scrolls in its frame


COVERED = """
const texts = (parent) => [...parent.childNodes].filter((node) => node.textContent.trim()).map((node) => {
  const range = document.createRange();
  range.selectNodeContents(node);
  return range.getBoundingClientRect();
});
return [...document.querySelectorAll(".chip")].filter((chip) => {
  const box = chip.getBoundingClientRect(), inside = chip.parentNode.getBoundingClientRect();
  const over = texts(chip.parentNode).filter((text) => text.width && text.left < box.right - 1
    && text.right > box.left + 1 && text.top < box.bottom - 1 && text.bottom > box.top + 1);
  return over.length > 1 || box.right > inside.right + 1; // the one is its own text
}).map((chip) => chip.parentNode.textContent);
"""


@pytest.mark.parametrize("width", [400, 800, 1280, 1900])
def test_no_badge_covers_the_words_beside_it(driver: Any, page: Path, width: int) -> None:
    look(driver, page, width)
    words = {chip.text for chip in driver.find_elements("css selector", ".claims .chip")}
    assert {"not at this scale", "not tested here"} <= words
    assert driver.execute_script(COVERED) == []


@pytest.mark.parametrize("dark", [False, True])
def test_an_edge_beyond_which_there_is_more_lies_in_shadow(driver: Any, page: Path, dark: bool) -> None:
    look(driver, page, 400, dark=dark)
    part = driver.find_element("css selector", ".wide .scroll")
    bring(driver, part)

    def edges() -> list[int]:
        """The light of most pixels at its left and at its right edge: where nothing is drawn, of its ground."""
        picture = np.asarray(Image.open(io.BytesIO(part.screenshot_as_png)).convert("L"))
        return [int(np.median(picture[:, place])) for place in (1, -2)]

    left, right = edges()
    driver.execute_script("arguments[0].scrollLeft = arguments[0].scrollWidth", part)
    at_the_end = edges()
    assert right < left and at_the_end[0] < at_the_end[1] and at_the_end[1] == left


def test_what_stands_under_a_figure_is_broken_into_lines_of_the_window(driver: Any, page: Path) -> None:
    look(driver, page, 400)
    inside = "return [...document.querySelectorAll('figcaption')].map(part => part.getBoundingClientRect().right)"
    ends = driver.execute_script(inside)
    assert len(ends) == 4 and max(ends) < 400


def test_a_table_takes_the_width_of_the_window(driver: Any, page: Path) -> None:
    look(driver, page, 1900)
    table = unfolded(driver)
    cut = "const part = arguments[0].parentNode; return part.scrollWidth - part.clientWidth"
    room = "return document.querySelector('main').getBoundingClientRect().right"
    right = "return arguments[0].parentNode.getBoundingClientRect().right"
    assert driver.execute_script(cut, table) == 0
    assert driver.execute_script(room) - driver.execute_script(right, table) < 40
