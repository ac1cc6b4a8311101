"""The page in a real browser: silent, self-contained, readable at any width; tables sort and marks speak."""

from pathlib import Path
from typing import Any

import pytest
from browser import BEYOND, CHROMIUM, DRIVER, MISSING, bring, console, look, requests, unfolded
from page_tables import write_evil

from results.judged import told
from results.page import write_page

pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason=MISSING)


def point(driver: Any, x: float, y: float) -> str:
    """Move the pointer to this place of the window; what is said then. (move_to_element would scroll once more.)"""
    from selenium.webdriver import ActionChains

    move = ActionChains(driver)
    move.w3c_actions.pointer_action.move_to_location(round(x), round(y))
    move.perform()
    return str(driver.find_element("id", "tip").text)


def point_at(driver: Any, mark: Any) -> str:
    """Move the pointer onto a mark; what is said then."""
    bring(driver, mark)
    center = "const box = arguments[0].getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]"
    return point(driver, *driver.execute_script(center, mark))


def column(table: Any, name: str) -> list[str]:
    names = [heading.text.split()[0] for heading in table.find_elements("css selector", "thead th")]
    place = names.index(name) + 1
    return [cell.text for cell in table.find_elements("css selector", f"tbody tr > :nth-child({place})")]


@pytest.mark.parametrize("dark", [False, True])
def test_it_loads_without_a_complaint_or_a_request(driver: Any, page: Path, dark: bool) -> None:
    requests(driver), console(driver)
    look(driver, page, dark=dark)
    driver.execute_script("document.querySelectorAll('details').forEach(part => part.open = true)")
    assert console(driver) == []
    assert requests(driver) == [page.as_uri()]
    assert driver.title == "Ablations: 1 question and its verdicts"


def test_a_request_that_got_in_would_be_refused(driver: Any, page: Path) -> None:
    look(driver, page)
    console(driver)
    sent = "const image = new Image(); image.src = 'http://127.0.0.1:9/'; fetch('http://127.0.0.1:9/').catch(() => {})"
    driver.execute_script(sent)
    said = " ".join(console(driver))
    assert "img-src" in said and "connect-src" in said


def test_pointing_at_a_mark_shows_its_number(driver: Any, page: Path) -> None:
    look(driver, page)
    assert not driver.find_element("id", "tip").is_displayed()
    mark = driver.find_element("css selector", "#heads-smoke [data-said^='width 128, MLP: ']")
    assert point_at(driver, mark).startswith("width 128, MLP: 5")
    ours = driver.find_element("css selector", "#heads-smoke .claimed [data-said^='F1: +']")
    assert "holds at" in point_at(driver, ours)
    assert point_at(driver, driver.find_element("tag name", "h1")) == ""


def test_a_training_curve_names_its_run_where_one_is_near_it(driver: Any, page: Path) -> None:
    look(driver, page)
    line = driver.find_element("css selector", "#heads-smoke .curves .said path")
    bring(driver, line)
    at = """const line = arguments[0], end = line.getPointAtLength(line.getTotalLength() * 0.9);
        const place = new DOMPoint(end.x, end.y).matrixTransform(line.getScreenCTM()); return [place.x, place.y]"""
    x, y = driver.execute_script(at, line)
    assert "at epoch 4 (run " in point(driver, x, y + 4)


def test_headings_sort_numbers_as_numbers_by_click_and_by_key(driver: Any, page: Path) -> None:
    look(driver, page)
    table = unfolded(driver)
    headings = {one.text.split()[0]: one for one in table.find_elements("css selector", "thead th")}
    seconds = [text for text in column(table, "seconds") if text]
    assert {len(text) for text in seconds} == {2, 3} and seconds != sorted(seconds, key=int)
    headings["seconds"].find_element("tag name", "button").click()
    assert column(table, "seconds") == [*sorted(seconds, key=int), "", ""]
    assert headings["seconds"].get_attribute("aria-sort") == "ascending"
    headings["seconds"].find_element("tag name", "button").send_keys("\ue007")
    assert column(table, "seconds") == [*sorted(seconds, key=int, reverse=True), "", ""]
    headings["head"].find_element("tag name", "button").send_keys(" ")
    assert column(table, "head") == sorted(column(table, "head"))
    assert not headings["seconds"].get_attribute("aria-sort")


def contrast(first: list[float], second: list[float]) -> float:
    """WCAG 2's ratio of two colors, 0 to 255."""

    def light(color: list[float]) -> float:
        parts = [
            part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in color
        ]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    low, high = sorted([light(first), light(second)])
    return (high + 0.05) / (low + 0.05)


COLORS = """
const rgb = (color) => color.match(/[\\d.]+/g).map(Number);
const ground = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const color = rgb(getComputedStyle(at).backgroundColor);
    if (color.length === 3 || color[3] > 0) return color.slice(0, 3);
  }
};
return [...document.querySelectorAll("h1, h2, h3, h4, p, li, td, th, .chip, a, svg.plot text")]
  .filter((element) => element.textContent.trim() && !element.closest(".said"))
  .map((element) => [rgb(getComputedStyle(element)[element.closest("svg") ? "fill" : "color"]).slice(0, 3),
                     ground(element), element.textContent.slice(0, 30)]);
"""


@pytest.mark.parametrize("dark", [False, True])
def test_all_text_is_readable_in_the_light_and_in_the_dark(driver: Any, page: Path, dark: bool) -> None:
    look(driver, page, dark=dark)
    unfolded(driver)
    colors = driver.execute_script(COLORS)
    assert len(colors) > 300
    assert [(text, ink, ground) for ink, ground, text in colors if contrast(ink, ground) < 4.5] == []
    lightness = sum(
        driver.execute_script("return getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    )
    assert (lightness < 150) == dark


@pytest.mark.filterwarnings("ignore:constrained_layout not applied")  # such long labels leave the axes no room
def test_words_that_mean_harm_do_none(driver: Any, tmp_path: Path) -> None:
    requests(driver)
    page = write_page([told(write_evil(tmp_path), tmp_path)], tmp_path / "report.html")
    console(driver)
    look(driver, page)
    unfolded(driver)
    assert console(driver) == [] and requests(driver) == [page.as_uri()]
    assert driver.execute_script("return document.querySelectorAll('img, main script, nav script').length") == 0
    assert driver.execute_script(BEYOND) <= 0


def test_paper_gets_all_that_is_folded(driver: Any, page: Path) -> None:
    look(driver, page)
    folded = "return document.querySelectorAll('details:not([open])').length"
    before = driver.execute_script(folded)
    driver.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert before and driver.execute_script(folded) == 0
    driver.execute_script("dispatchEvent(new Event('afterprint'))")
    assert driver.execute_script(folded) == before
    look(driver, page, width=700)
    unfolded(driver)
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert driver.execute_script(BEYOND) <= 0
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
