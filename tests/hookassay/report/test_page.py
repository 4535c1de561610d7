"""report.html in a real browser: what a person does with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import browser
import pytest
from needed import needed
from results import CONTRACT, delivery, judged, result, scenario
from runs import SECRET, TOKEN, diagnosed, failing, known_failing, later, planted
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait
from traffic import traffic

from hookassay.judging.verdict import Result
from hookassay.redaction import Redactor
from hookassay.report.html import write

Open = Callable[..., WebDriver]


@pytest.fixture(scope="module")
def window() -> Iterator[WebDriver]:
    """A browser for all tests of this file."""
    needed(browser.paths(), browser.MISSING)
    with browser.browsing() as found:
        yield found


@pytest.fixture
def opened(window: WebDriver, tmp_path: Path) -> Iterator[Open]:
    """Opens the page of a run, at an anchor and in a size; whatever is opened must leave nothing in the console."""

    def visit(run: Result | None = None, anchor: str = "", size: tuple[int, int] = browser.WIDE) -> WebDriver:
        path = write(run or told(), CONTRACT, tmp_path, Redactor([TOKEN]))
        window.get("about:blank")
        browser.resize(window, size)
        window.get(f"{path.as_uri()}{anchor}")
        return window

    window.get_log("browser")
    yield visit
    assert window.get_log("browser") == []


def told() -> Result:
    """A run with some failures, and a clause that passed with evidence."""
    exchanged = traffic(b'{"id": "evt_1"}', b'{"received": true}', (("Server", "toy"),))
    passed = scenario("RP-03", "twice", deliveries=[delivery(traffic=exchanged), delivery(at=1.5, status=400)])
    found = judged("RP-03", "passed", "", passed)
    run = failing()
    return replace(run, clauses=tuple(found if one.clause.id == "RP-03" else one for one in run.clauses))


def shown(window: WebDriver) -> list[str]:
    """The ids of the clauses that are to be seen."""
    every = window.find_elements(By.CSS_SELECTOR, "details.clause")
    return [one.get_attribute("id") or "" for one in every if one.is_displayed()]


def is_open(window: WebDriver, anchor: str) -> bool:
    return window.find_element(By.ID, anchor).get_attribute("open") is not None


def wait(window: WebDriver, until: Callable[[WebDriver], Any]) -> Any:
    return WebDriverWait(window, 20, 0.02).until(until)


def texts(window: WebDriver, selector: str) -> list[str]:
    return [one.text for one in window.find_elements(By.CSS_SELECTOR, selector)]


# --- it loads ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("run", [told(), result(), planted("</script><img src=x onerror=alert(1)>")])
def test_it_loads_without_an_error(opened: Open, run: Result) -> None:
    """Its own policy lets its style and its script run, and the console stays empty."""
    window = opened(run)

    assert "plain" not in (window.find_element(By.TAG_NAME, "html").get_attribute("class") or "")
    assert window.execute_script("return getComputedStyle(document.body).marginTop") == "0px"


def test_it_asks_no_network_for_anything(opened: Open) -> None:
    """Nothing but the file itself is fetched."""
    window = opened()

    assert window.execute_script("return performance.getEntriesByType('resource').length") == 0


def test_what_failed_is_open(opened: Open) -> None:
    """Whoever has to mend something sees it at once; all else is closed."""
    window = opened()

    assert [anchor for anchor in shown(window) if is_open(window, anchor)] == ["RP-05", "OO-02", "OO-01"]


# --- filter and search ------------------------------------------------------------------------------------------------


def test_search_by_clause(opened: Open) -> None:
    """A clause's id finds it alone; the beginning of one finds its group."""
    window = opened()
    field = window.find_element(By.ID, "text")
    field.send_keys("rp-05")
    alone = shown(window)
    field.send_keys(Keys.BACKSPACE * 2)

    assert alone == ["RP-05"]
    assert shown(window) == ["RP-05", "RP-03"]
    assert texts(window, "#found") == ["2 of 8 clauses"]


def test_search_by_text(opened: Open) -> None:
    """Every word must be there, in whatever order, in what is closed as well."""
    window = opened()
    window.find_element(By.ID, "text").send_keys("order refund ARRIVES")

    assert shown(window) == ["OO-01"]


def test_search_for_what_is_not_there(opened: Open) -> None:
    """An empty list says so, and shows the way back."""
    window = opened()
    window.find_element(By.ID, "text").send_keys("unobtainium")
    nothing = shown(window), texts(window, ".nothing"), texts(window, ".part > h3")
    window.find_element(By.ID, "again").click()

    assert nothing == ([], ["No clause is like that. Show all"], [""] * 3)
    assert len(shown(window)) == 8


def test_filter_by_status(opened: Open) -> None:
    """A status can be taken out, and all brought back."""
    window = opened()
    window.find_element(By.CSS_SELECTOR, "input[value=passed]").click()
    without = shown(window)
    window.find_element(By.CSS_SELECTOR, "button[type=reset]").click()
    wait(window, lambda _: len(shown(window)) == 8)

    assert without == ["RP-05", "OO-02", "OO-01", "SG-03"]
    assert texts(window, "#found") == ["8 clauses"]


def test_filter_by_known_failures(opened: Open) -> None:
    """What is known to fail can be had alone, and is closed until somebody wants to see it."""
    window = opened(known_failing())
    closed = not is_open(window, "OO-01")
    window.find_element(By.CSS_SELECTOR, "input[value=passed]").click()

    assert closed
    assert shown(window) == ["OO-01"]
    assert texts(window, ".chip") == ["~ known to fail", "✔ passed"]


def test_filter_by_group(opened: Open) -> None:
    """A group of clauses alone; headings of others go with their clauses."""
    window = opened()
    Select(window.find_element(By.ID, "group")).select_by_value("SG")

    assert shown(window) == ["SG-01", "SG-02", "SG-03", "SG-04"]
    assert [text for text in texts(window, ".part > h3") if text] == ["SG signed Genuine deliveries are accepted."]


def test_open_all(opened: Open) -> None:
    """What is shown can be opened with one click."""
    window = opened()
    window.find_element(By.ID, "text").send_keys("sg-")
    window.find_element(By.ID, "open").click()

    assert is_open(window, "SG-04")
    assert not is_open(window, "RP-03")


def test_a_clause_that_differs_in_versions_is_one_clause(opened: Open) -> None:
    """It stands there once for each way in which it ended, and is counted once."""
    window = opened(result(versions={"2024-06-20": (judged("RP-05", "failed", "two orders"),)}))
    window.find_element(By.ID, "text").send_keys("rp-05")

    assert shown(window) == ["RP-05-2024-06-20", "RP-05"]
    assert texts(window, "#found") == ["1 of 8 clauses"]


# --- links ------------------------------------------------------------------------------------------------------------


def test_a_deep_link_opens_its_clause(opened: Open) -> None:
    """#RP-03 shows the clause, open and focused, though it passed."""
    window = opened(anchor="#RP-03")
    clause = window.find_element(By.ID, "RP-03")

    wait(window, lambda _: window.switch_to.active_element == clause.find_element(By.TAG_NAME, "summary"))

    assert is_open(window, "RP-03")
    assert 0 <= window.execute_script("return arguments[0].getBoundingClientRect().top", clause) < browser.WIDE[1]


def test_a_link_shows_what_was_filtered_out(opened: Open) -> None:
    """The grid leads to each clause, whatever the filter hides, and does so again."""
    window = opened()
    window.find_element(By.ID, "text").send_keys("unobtainium")
    tile = window.find_element(By.CSS_SELECTOR, 'a.tile[href="#SG-04"]')
    tile.click()
    wait(window, lambda _: is_open(window, "SG-04"))
    window.find_element(By.CSS_SELECTOR, "#SG-04 > summary").click()
    closed = not is_open(window, "SG-04")
    tile.click()
    wait(window, lambda _: is_open(window, "SG-04"))

    assert closed
    assert len(shown(window)) == 8


def test_links_resolve(opened: Open) -> None:
    """A link leads to something on the page, or to Stripe's documentation."""
    window = opened()
    links = window.execute_script("return [...document.links].map(one => one.getAttribute('href'))")
    inside = [link[1:] for link in links if link.startswith("#")]
    outside = {link for link in links if not link.startswith("#")}

    assert outside == {"https://docs.stripe.com/webhooks"}
    assert len(inside) > 16
    assert window.execute_script("return arguments[0].filter(id => !document.getElementById(id))", inside) == []


# --- commands ---------------------------------------------------------------------------------------------------------


def test_a_command_can_be_copied(opened: Open) -> None:
    """One click puts it into the clipboard, and says so."""
    window = opened()
    button = window.find_element(By.CSS_SELECTOR, "#RP-05 .copy")
    command = window.find_element(By.CSS_SELECTOR, "#RP-05 .command").text
    button.click()
    wait(window, lambda _: button.text == "Copied")
    field = window.find_element(By.ID, "text")
    field.send_keys(Keys.CONTROL, "v")

    assert command.startswith("hookassay certify http://localhost:4242/stripe/webhook")
    assert field.get_attribute("value") == command


def test_a_command_can_be_copied_where_a_browser_gives_no_clipboard(opened: Open) -> None:
    """A page that came over plain HTTP has none; what was selected is copied then."""
    window = opened()
    window.execute_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    button = window.find_element(By.CSS_SELECTOR, "#OO-02 .copy")
    button.click()
    wait(window, lambda _: button.text == "Copied")
    field = window.find_element(By.ID, "text")
    field.send_keys(Keys.CONTROL, "v")

    assert (field.get_attribute("value") or "").endswith("--only OO-02")


# --- evidence ---------------------------------------------------------------------------------------------------------


def test_a_passed_clause_shows_its_evidence(opened: Open) -> None:
    """Its deliveries are listed when it is opened, and each shows its request and its answer as bytes."""
    window = opened()
    before = window.find_elements(By.CSS_SELECTOR, ".moments")
    window.find_element(By.CSS_SELECTOR, "#RP-03 > summary").click()
    first: WebElement = wait(window, lambda _: window.find_element(By.CSS_SELECTOR, "#RP-03 .moments summary"))
    first.click()
    wait(window, lambda _: window.find_element(By.CSS_SELECTOR, "#RP-03 .moments pre"))

    assert before == []
    assert texts(window, "#RP-03 .moments summary") == [
        "0 ms checkout.session.completed ✔ 200 in 4 ms",
        "250 ms checkout.session.completed ✘ 400 in 4 ms",
    ]
    request, answer = texts(window, "#RP-03 .moments pre")
    assert request.startswith("POST /stripe/webhook HTTP/1.1\nHost: localhost:4242\n")
    assert answer == '200 OK\nServer: toy\n\n{"received": true}'


def test_bytes_that_were_not_kept(opened: Open) -> None:
    """A delivery whose bytes are not there says so."""
    window = opened(anchor="#SG-01")
    wait(window, lambda _: window.find_element(By.CSS_SELECTOR, "#SG-01 .moments summary")).click()

    hint = wait(window, lambda _: texts(window, "#SG-01 .moments .hint"))

    assert hint == ["The bytes of this delivery were not kept."]


def test_no_secret_is_in_the_page(opened: Open) -> None:
    """Not even when everything is open and every piece of evidence unpacked."""
    window = opened(planted(f"{SECRET} and {TOKEN}"))
    every = "document.querySelectorAll('details:not([open])').forEach(one => one.open = true)"
    count = "return document.querySelectorAll('.moments pre').length"
    wait(window, lambda _: window.execute_script(f"{every}; {count}") >= 6)
    text = window.execute_script("return document.documentElement.outerHTML")

    assert "*** and ***" in text
    assert SECRET not in text
    assert TOKEN not in text


# --- for everybody ----------------------------------------------------------------------------------------------------


def test_the_keyboard_reaches_a_clause(opened: Open) -> None:
    """Tab leads from the search to the clauses, Enter opens one, and its evidence after that."""
    window = opened(result())
    window.find_element(By.TAG_NAME, "body").send_keys("/")
    searching = window.switch_to.active_element.get_attribute("id")
    for _ in range(20):
        window.switch_to.active_element.send_keys(Keys.TAB)
        if window.switch_to.active_element.tag_name == "summary":
            break
    window.switch_to.active_element.send_keys(Keys.ENTER)

    assert searching == "text"
    assert is_open(window, "SG-01")


def test_the_first_tab_skips_to_the_clauses(opened: Open) -> None:
    """Whoever uses a keyboard or a screen reader need not pass through everything."""
    window = opened()
    window.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)

    assert window.switch_to.active_element.text == "Skip to the clauses"


@pytest.mark.parametrize("run", [told(), result(), planted("x" * 300), diagnosed(), known_failing()])
def test_a_phone_need_not_be_scrolled_sideways(opened: Open, run: Result) -> None:
    """At 320 and 375 pixels nothing is wider than the page, with everything open."""
    for width in (320, 375):
        window = opened(run, size=(width, 800))
        every = "document.querySelectorAll('details').forEach(one => one.open = true)"
        window.execute_script(every)
        wait(window, lambda window: window.find_elements(By.CSS_SELECTOR, ".moments"))
        window.execute_script(every)

        assert window.execute_script("return document.documentElement.scrollWidth") == width


def test_the_timeline_of_a_phone_is_another_picture(opened: Open) -> None:
    """Its text is as large as on a wide page."""
    visible = []
    for size in (browser.WIDE, browser.PHONE):
        pictures = opened(size=size).find_elements(By.CSS_SELECTOR, "#RP-05 section > .timeline svg")
        visible.append([one.get_attribute("class") for one in pictures if one.is_displayed()])

    assert visible == [["wide"], ["narrow"]]


CONTRAST = """
const channel = (value) => (value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
const behind = (element) => {
  for (let one = element; one; one = one.parentElement) {
    const colour = parts(getComputedStyle(one).backgroundColor);
    if (colour.length < 4 || colour[3] > 0) return colour;
  }
  return [255, 255, 255];
};
const found = [];
for (const element of document.querySelectorAll("body *")) {
  const said = [...element.childNodes].some((one) => one.nodeType === 3 && one.textContent.trim());
  if (!said || !element.checkVisibility() || ["SCRIPT", "OPTION"].includes(element.tagName)) continue;
  const style = getComputedStyle(element);
  const colour = element.closest("svg") ? style.fill : style.color;
  const [one, other] = [light(parts(colour)), light(behind(element))];
  const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  if (ratio < 4.5) found.push(`${element.tagName}.${element.getAttribute("class")} ${ratio.toFixed(2)}`);
}
return [...new Set(found)];
"""


@pytest.mark.parametrize("run", [told(), diagnosed(), known_failing(), later()])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_read(opened: Open, window: WebDriver, scheme: str, run: Result) -> None:
    """The contrast of every text is at least 4.5 to 1 (WCAG 2.2, 1.4.3), in light and in dark."""
    browser.prefer(window, scheme)
    try:
        opened(run).execute_script("document.querySelectorAll('details').forEach(one => one.open = true)")
        wait(window, lambda window: window.find_elements(By.CSS_SELECTOR, ".moments"))

        assert window.execute_script(CONTRAST) == []
    finally:
        browser.prefer(window, "light")


def test_light_and_dark_differ(opened: Open, window: WebDriver) -> None:
    """The page follows what the reader prefers."""
    paper = "return getComputedStyle(document.body).backgroundColor"
    colours = []
    for scheme in ("dark", "light"):
        browser.prefer(window, scheme)
        colours.append(opened().execute_script(paper))

    assert colours == ["rgb(20, 23, 26)", "rgb(252, 252, 251)"]


def test_headings_are_an_outline(opened: Open) -> None:
    """No level is left out on the way down, and there is one heading above all."""
    levels = [int(one.tag_name[1]) for one in opened().find_elements(By.CSS_SELECTOR, "h1, h2, h3, h4, h5, h6")]

    assert levels.count(1) == 1
    assert all(lower <= upper + 1 for upper, lower in pairwise(levels))


def test_every_field_has_a_name(opened: Open) -> None:
    """Whoever does not see the fields is told what they are for."""
    fields = opened().find_elements(By.CSS_SELECTOR, "form input, form select, form button")

    assert [one.accessible_name for one in fields][:2] == ["Search", "Group"]
    assert all(one.accessible_name for one in fields)


def test_it_can_be_printed(opened: Open, window: WebDriver) -> None:
    """On paper there is no filter, and what failed is there with its timeline."""
    opened()
    browser.command(window, "Emulation.setEmulatedMedia", {"media": "print"})
    try:
        hidden = [window.find_element(By.CSS_SELECTOR, one).is_displayed() for one in (".filter", "#RP-05 .anchor")]
        there = [window.find_element(By.CSS_SELECTOR, one).is_displayed() for one in ("h1", "#RP-05 svg.wide")]
    finally:
        browser.command(window, "Emulation.setEmulatedMedia", {"media": ""})

    assert hidden == [False, False]
    assert there == [True, True]


def test_it_says_all_without_scripts(opened: Open, window: WebDriver) -> None:
    """Where scripts are not allowed (some CI systems show reports so) the clauses are there, and can be opened."""
    browser.command(window, "Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        opened()
        hint = window.find_element(By.CSS_SELECTOR, "noscript").text
        filtering = window.find_element(By.CSS_SELECTOR, ".filter").is_displayed()
        copying = window.find_element(By.CSS_SELECTOR, "#RP-05 .copy").is_displayed()
        window.find_element(By.CSS_SELECTOR, "#SG-02 > summary").click()
        prevents = window.find_element(By.CSS_SELECTOR, "#SG-02 .columns").text
    finally:
        browser.command(window, "Emulation.setScriptExecutionDisabled", {"value": False})

    assert "Without scripts" in hint
    assert not filtering
    assert not copying
    assert "selects and then inserts" in prevents


def test_a_run_that_judged_nothing_says_so(opened: Open) -> None:
    """There is no empty grid and no filter of nothing."""
    nothing = result(verdict="not judged", problem="It cannot be reached.", clauses=())

    assert texts(opened(nothing), "h1, h2") == [
        "?\nNot judged",
        "Why nothing was judged",
        "What was to be tested",
        "What was not tested, and why",
    ]
