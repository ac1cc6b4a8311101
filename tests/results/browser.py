"""A headless Chromium, Debian's own, which asks nothing of any network."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
MISSING = (
    "no chromium and chromedriver here (Debian: apt-get install chromium chromium-driver): the page is not looked at"
)
FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"),
)

BEYOND = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"


@contextmanager
def browser(profile: Path) -> Iterator[Any]:
    """A driver whose browser keeps its files in `profile`; both programs are named, so that none is downloaded."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
    try:
        yield driver
    finally:
        driver.quit()


def look(driver: Any, page: Path, width: int = 1280, dark: bool = False) -> None:
    """Load the page in a window of this width, in the light or the dark."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    driver.get(page.as_uri())


def requests(driver: Any) -> list[str]:
    """The addresses that were asked for since this was last called, but for pictures that the page itself holds."""
    messages = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    urls = [one["params"]["request"]["url"] for one in messages if one["method"] == "Network.requestWillBeSent"]
    return [url for url in urls if not url.startswith("data:")]


def console(driver: Any) -> list[str]:
    """What the browser complained of since this was last called."""
    return [entry["message"] for entry in driver.get_log("browser")]


def bring(driver: Any, mark: Any) -> None:
    """Scroll to a mark, and wait until the page knows that it was scrolled, which hides what is said."""
    frames = "requestAnimationFrame(() => requestAnimationFrame(arguments[1]))"
    driver.execute_async_script(f"arguments[0].scrollIntoView({{block: 'center'}}); {frames}", mark)


def unfolded(driver: Any, table: int = -1) -> Any:
    """The table of this number, the last if none, with all that is folded laid open."""
    driver.execute_script("document.querySelectorAll('details').forEach(part => part.open = true)")
    return driver.find_elements("tag name", "table")[table]
