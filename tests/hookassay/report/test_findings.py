"""What a person reads of a scan."""

from __future__ import annotations

from pathlib import Path

import pytest
from scanned import NOTE, WARNING, finding, rule, scan, terminal

from hookassay.scan.suppression import Suppression
from hookassay.scan.tree import Skipped


def test_a_place_is_shown_with_its_line_and_a_mark_below() -> None:
    """A finding has its path, line and column, its message, the line, and carets below the exact columns."""
    shown = terminal(scan(finding("total = float(cents)", "float(cents)", message="A float is money.")))

    assert "  shop/web.py:12:9: A float is money.\n" in shown
    assert "    12 │ total = float(cents)\n       │         ^^^^^^^^^^^^\n" in shown


def test_a_rule_is_explained_once() -> None:
    """Reason, fix, source and endangered clauses stand once below all places of a rule."""
    shown = terminal(scan(finding(line=1), finding(line=2)))

    for once in ("Why:      The customer", "Fix:      Notice it.", "Source:   docs.stripe.com", "OR-01, RP-05"):
        assert shown.count(once) == 1
    assert shown.index("web.py:2:") < shown.index("Why:")


def test_a_rule_that_aborts_says_so() -> None:
    """Of a rule that aborts the reader is told that nothing should be built before."""
    assert "nothing should be built or certified" in terminal(scan(finding(rule=rule(aborts=True))))


def test_other_places_are_named() -> None:
    """The places that belong to a finding are named with their lines."""
    other = finding("app.post('/webhook')", path="b.js", line=7).place

    assert "also b.js:7:1  app.post('/webhook')" in terminal(scan(finding(also=(other,))))


@pytest.mark.parametrize(
    ("text", "marked", "below"),
    [
        ("\tx = 0", "0", "        ^"),
        ("漢字 = 0", "0", "       ^"),
        ("x = '漢字'", "'漢字'", "    ^^^^^^"),
        ("e\u0301 = 0", "0", "    ^"),
        ("x = 'a\x1b[31mb'; y", "y", "               ^"),
    ],
    ids=["tab", "wide before", "wide in it", "combining", "escape"],
)
def test_the_mark_stands_below_its_text(text: str, marked: str, below: str) -> None:
    """Tabs, wide, combining and harmful characters do not move the mark away from its text."""
    assert f"       │ {below}\n" in terminal(scan(finding(text, marked)))


def test_harmful_characters_are_not_printed() -> None:
    """A line of the source cannot steer the terminal."""
    assert "\x1b" not in terminal(scan(finding("x = '\x1b[2J'", path="a\x1b[2J.py", message="\x1b]0;title")))


@pytest.mark.parametrize("before", [0, 30, 3_000, 400_000])
@pytest.mark.parametrize("after", [0, 30, 3_000, 400_000])
def test_a_long_line_is_cut_around_the_mark(before: int, after: int) -> None:
    """Of a long line what stands around the mark is shown, and the mark is below it."""
    shown = terminal(scan(finding("a" * before + "WRONG" + "b" * after, "WRONG")))
    line, mark = shown.split("│ ")[1:3]

    assert all(len(one) <= 80 for one in shown.splitlines())
    assert line[mark.index("^") :].startswith("WRONG")
    assert mark.count("^") == 5
    assert line.startswith("…") == (before + after > 66 and before > 25)


def test_a_mark_longer_than_the_line_is_cut() -> None:
    """A place as long as a whole file's line is marked as far as it is shown."""
    assert max(map(len, terminal(scan(finding("x" * 5_000))).splitlines())) <= 80


def test_a_mark_behind_the_line_is_shown() -> None:
    """An empty line, at whose end something is missing, is no reason to fail."""
    assert "web.py:12:1" in terminal(scan(finding("")))


class TestSummary:
    def test_counts_findings_and_files(self) -> None:
        """The last line counts the findings by severity, and the files."""
        shown = terminal(scan(finding(), finding(line=3), finding(rule=rule("SC-91", WARNING))))

        assert shown.splitlines()[-1] == "2 errors, 1 warning · 3 files in 0.2 s"

    def test_says_when_nothing_fails(self) -> None:
        """Findings too weak to fail the scan are said to be."""
        shown = terminal(scan(finding(rule=rule(severity=NOTE))))

        assert shown.splitlines()[-1] == "1 note · nothing that fails the scan (--fail-on error) · 3 files in 0.2 s"

    def test_says_clean(self) -> None:
        """A scan without findings is clean."""
        assert terminal(scan()).splitlines()[-1] == "clean · 3 files in 0.2 s"


class TestRemarks:
    def test_suppressed_ones_are_counted(self) -> None:
        """What comments suppress is counted by rule."""
        comment = Suppression("shop/web.py", 12, 12, ("SC-90",), "for the old reports")

        assert "Suppressed by comments: 1 (SC-90 1)" in terminal(scan(suppressed=((finding(), comment),)))

    def test_files_that_were_not_read_are_named_by_reason(self) -> None:
        """Skipped files are counted by reason, and a few of each are named."""
        skipped = tuple(Skipped(f"{name}.py", "binary") for name in "abcdefg")

        assert "7 files binary: a.py, b.py, c.py, d.py, e.py and 2 more" in terminal(scan(skipped=skipped))

    def test_notes_are_said(self) -> None:
        """Notes are shown as they are."""
        assert "Note: a.py:3: remove it." in terminal(scan(notes=("a.py:3: remove it.",)))


def test_paths_lead_from_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is scanned below the working folder is named from there, so that an editor opens it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "backend").mkdir()
    found = scan(finding())
    object.__setattr__(found, "root", tmp_path / "backend")

    assert "  backend/shop/web.py:12:1: " in terminal(found)
