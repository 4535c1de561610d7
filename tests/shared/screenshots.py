"""Pictures of report.html, to be looked at before it changes hands.

    python tests/shared/screenshots.py FOLDER

Judges the reference server, the handler of tests/defects/origin.py, a server that behaves like many known defects, the
same with a baseline of what fails and with one that lists what passes too, and nothing (a port on which nobody
listens). Takes pictures of each report: as a wide page, in dark, on a phone, and as a printed page.
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import browser
import defective
import judged
from scripted import free_port
from selenium.webdriver.chrome.webdriver import WebDriver

ORIGIN = "origin"
ALIKE = "sessions_in_any_case"
"""A defect that others cannot be told from."""
BASELINE = "known.toml"
PASSING = """
[[known]]
clause = "RP-03"
example = "the payment again"
reason = "mended on another branch, ticket 8"
"""
LONGEST = 6000
"""Pixels of a page that are taken; the rest looks alike."""


def reports(folder: Path) -> Iterator[tuple[str, Path]]:
    """Each report with the name of its pictures."""
    names = ("passed", "failed", "alike", "known", "mended", "not-judged")
    for name in names:
        (folder / name).mkdir()
    judged.certify(folder / "passed")
    orders = f"sqlite:///{folder / 'failed' / 'orders.db'}"
    with defective.serving(defective.DEFECTS[ORIGIN], folder / "failed") as url:
        judged.certify(folder / "failed", url, "--orders", orders)
    baseline = folder / BASELINE
    orders = f"sqlite:///{folder / 'orders.db'}"
    with defective.serving(defective.DEFECTS[ALIKE], folder) as url:
        told = (url, "--orders", orders, "--only", "OR-12,RP")
        judged.certify(folder / "alike", *told, "--write-baseline", str(baseline))
        judged.certify(folder / "known", *told, "--baseline", str(baseline))
        baseline.write_text(baseline.read_text(encoding="utf-8") + PASSING, encoding="utf-8")
        judged.certify(folder / "mended", *told, "--baseline", str(baseline))
    judged.certify(folder / "not-judged", f"http://127.0.0.1:{free_port()}/stripe/webhook")
    for name in names:
        yield name, folder / name / "hookassay-report" / "report.html"


def take(window: WebDriver, path: Path, size: tuple[int, int], scale: float = 1.0) -> None:
    """Take a picture of the page from its top, as wide as `size`."""
    browser.resize(window, size, scale)
    height = window.execute_script("return document.documentElement.scrollHeight")
    clip = {"x": 0, "y": 0, "width": size[0], "height": min(height, LONGEST), "scale": 1}
    taken = browser.command(window, "Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
    path.write_bytes(base64.b64decode(taken["data"]))
    print(path)


def main(target: Path) -> None:
    """Take every picture."""
    target.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="screenshots-") as folder, browser.browsing() as window:
        for name, report in reports(Path(folder)):
            for scheme in ("light", "dark"):
                browser.prefer(window, scheme)
                window.get(report.as_uri())
                take(window, target / f"{name}-{scheme}.png", browser.WIDE)
                take(window, target / f"{name}-{scheme}-phone.png", browser.PHONE, 2)
            browser.prefer(window, "light")
            browser.resize(window, browser.WIDE)
            if name == "passed":
                window.get(f"{report.as_uri()}#FG-03")
                window.execute_script("document.querySelector('#FG-03 .told').open = true")
                unpacked = browser.waited(window, "#FG-03 .moments details")
                window.execute_script("arguments[0].open = true; arguments[0].scrollIntoView()", unpacked)
                window.save_screenshot(str(target / "passed-evidence.png"))
            printed = browser.command(window, "Page.printToPDF", {"printBackground": False, "paperWidth": 8.27})
            (target / f"{name}.pdf").write_bytes(base64.b64decode(printed["data"]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
