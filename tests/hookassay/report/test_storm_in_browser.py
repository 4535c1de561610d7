"""storm.html in a real browser: nothing is refused by its own policy, and it fits a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import browser
import pytest
import storm_results
from needed import needed
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.by import By

from hookassay.redaction import Redactor
from hookassay.report.storm_page import write


@pytest.fixture(scope="module")
def window() -> Iterator[WebDriver]:
    """A browser for all tests of this file."""
    needed(browser.paths(), browser.MISSING)
    with browser.browsing() as found:
        yield found


@pytest.mark.parametrize("size", [browser.WIDE, browser.PHONE], ids=["wide", "phone"])
def test_the_page_is_whole_in_any_size(window: WebDriver, size: tuple[int, int], tmp_path: Path) -> None:
    """One picture is shown, nothing is wider than the page, and the console stays empty."""
    path = write(storm_results.not_converged(), tmp_path, Redactor([storm_results.CANARY]))
    window.get_log("browser")
    browser.resize(window, size)
    window.get(path.as_uri())

    pictures = [one for one in window.find_elements(By.CSS_SELECTOR, ".timeline svg") if one.is_displayed()]
    assert len(pictures) == 1
    assert window.execute_script("return document.documentElement.scrollWidth") <= size[0]
    colour = "return getComputedStyle(document.querySelector('polyline.p50')).fill"
    assert window.execute_script(colour) == "none", "its style is applied"
    assert window.get_log("browser") == []
