"""A real browser without a window, for tests of pages: Debian's Chromium, which reaches nothing but this machine."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

MISSING = "Chromium and its driver are not installed (Debian: chromium, chromium-driver)"

QUIET = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-extensions",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-proxy-server",
)

WIDE, PHONE = (1200, 900), (375, 812)


def paths() -> tuple[str, str] | None:
    """Where Chromium and its driver are; None where one of them is not."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    return (chromium, driver) if chromium and driver else None


@contextmanager
def browsing(size: tuple[int, int] = WIDE) -> Iterator[webdriver.Chrome]:
    """A browser with a profile of its own, and a page of `size` in CSS pixels."""
    found = paths()
    if found is None:
        raise FileNotFoundError(MISSING)
    chromium, driver = found
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = chromium
        for word in (*QUIET, f"--user-data-dir={profile}"):
            options.add_argument(word)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        browser = webdriver.Chrome(options, Service(driver))
        try:
            resize(browser, size)
            yield browser
        finally:
            browser.quit()


def resize(browser: webdriver.Chrome, size: tuple[int, int], scale: float = 1.0) -> None:
    """Show pages in `size` CSS pixels, whatever the smallest window is."""
    width, height = size
    command(
        browser,
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False},
    )


def prefer(browser: webdriver.Chrome, scheme: str) -> None:
    """Let pages believe that the reader prefers `light` or `dark`."""
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    command(browser, "Emulation.setEmulatedMedia", {"features": features})


def command(browser: webdriver.Chrome, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What the browser answers to a command of its DevTools."""
    answer: dict[str, Any] = browser.execute_cdp_cmd(name, dict(arguments))
    return answer


def waited(browser: webdriver.Chrome, selector: str) -> WebElement:
    """The first element that a CSS selector finds, as soon as there is one."""
    found: WebElement = WebDriverWait(browser, 20, 0.02).until(lambda one: one.find_element(By.CSS_SELECTOR, selector))
    return found
