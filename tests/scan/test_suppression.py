"""Comments that say why a finding is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from hookassay.scan.engine import Scan, scan
from hookassay.scan.source import Source
from hookassay.scan.suppression import suppressions

KEY = "sk_" + "live_51H8f9aKJHG76asdkjhKJHGkjhgKJHg87"


def said(text: str) -> list[tuple[int, tuple[str, ...], str]]:
    """Of each comment the line that it speaks of, its rules and its reason."""
    return [(one.line, one.rules, one.reason) for one in suppressions(Source("a", text, "text"))]


def scanned(folder: Path, text: str, name: str = "a.py") -> Scan:
    """The scan of one file."""
    (folder / name).write_text(text)
    return scan(folder)


@pytest.mark.parametrize(
    "comment",
    [
        "# hookassay: ignore SC-12 old reports",
        "// hookassay: ignore SC-12 old reports",
        "/* hookassay: ignore SC-12 old reports */",
        "-- hookassay: ignore SC-12 old reports",
        "; hookassay: ignore SC-12 old reports",
        "<!-- hookassay: ignore SC-12 old reports -->",
        "{# hookassay: ignore SC-12 old reports #}",
        "{/* hookassay: ignore SC-12 old reports */}",
        "<%# hookassay: ignore SC-12 old reports %>",
        "{{-- hookassay: ignore SC-12 old reports --}}",
        " * hookassay: ignore SC-12 old reports",
        "#hookassay:ignore sc-12: old reports",
        "// hookassay: ignore SC-12 - old reports",
        "// to be renamed // hookassay: ignore SC-12 old reports",
    ],
)
class TestEveryStyle:
    def test_alone_speaks_of_the_next_line(self, comment: str) -> None:
        """A comment on a line of its own is about the next line."""
        assert said(f"a\n  {comment}\nb\n") == [(3, ("SC-12",), "old reports")]

    def test_behind_code_speaks_of_its_own_line(self, comment: str) -> None:
        """A comment behind code is about that line."""
        assert said(f"a\nb = 1  {comment}\nc\n") == [(2, ("SC-12",), "old reports")]


@pytest.mark.parametrize("ids", ["SC-12, SC-13", "SC-12,SC-13", "SC-12 SC-13", "SC-12 , sc-13", "SC-12 SC-13 SC-12"])
def test_several_rules(ids: str) -> None:
    """One comment may name several rules."""
    assert said(f"# hookassay: ignore {ids} old reports\nx\n") == [(2, ("SC-12", "SC-13"), "old reports")]


def test_comments_above_one_another_speak_of_the_same_line() -> None:
    """Of several comments, and with blank lines or other comments between, each is about the next code."""
    text = "# hookassay: ignore SC-12 a\n# hookassay: ignore SC-13 b\n\n// more\nx\n"

    assert [line for line, *_ in said(text)] == [5, 5]


@pytest.mark.parametrize("code", ["#[Route('/hook')]", "#secret = 1;", "*gen() {", "--i;"])
def test_code_that_looks_like_a_comment_is_code(code: str) -> None:
    """An attribute of PHP and a private member of JavaScript are what a comment above them is about."""
    assert said(f"// hookassay: ignore SC-12 a\n{code}\n")[0][0] == 2


def test_a_word_that_is_longer_is_no_rule() -> None:
    """SC-123 is not SC-12."""
    assert said("# hookassay: ignore SC-123 a\nx\n") == [(2, (), "SC-123 a")]


@pytest.mark.parametrize(
    "text", ["hookassay: ignore SC-12 a\n", "# hookassay ignore SC-12 a\n", "# hookassay: ignored\n"]
)
def test_other_text_is_none(text: str) -> None:
    """What is no such comment suppresses nothing."""
    assert said(text) == []


def test_a_suppressed_finding_is_kept_with_its_reason(tmp_path: Path) -> None:
    """A finding that a comment speaks of is none, and is told beside the reason."""
    found = scanned(tmp_path, f"# hookassay: ignore SC-02 revoked in 2024\nKEY = '{KEY}'\n")

    assert found.findings == ()
    ((finding, comment),) = found.suppressed
    assert (finding.rule.id, comment.reason) == ("SC-02", "revoked in 2024")
    assert found.notes == ()


def test_without_a_reason_it_suppresses_nothing(tmp_path: Path) -> None:
    """A comment must say why; until then the finding stays, and a note says so."""
    found = scanned(tmp_path, f"KEY = '{KEY}'  # hookassay: ignore SC-02\n")

    assert [one.rule.id for one in found.findings] == ["SC-02"]
    assert found.notes == ("a.py:1: `ignore SC-02` must say why, behind the id; until then it ignores nothing.",)


def test_another_rule_is_not_suppressed(tmp_path: Path) -> None:
    """A comment is about the rules that it names, and one that finds nothing is to be removed."""
    found = scanned(tmp_path, f"KEY = '{KEY}'  # hookassay: ignore SC-16 old\n")

    assert [one.rule.id for one in found.findings] == ["SC-02"]
    assert found.notes == ("a.py:1: `ignore SC-16` ignores nothing; remove it.",)


def test_a_rule_that_does_not_exist_is_noted(tmp_path: Path) -> None:
    """A misspelt id is said, since it suppresses nothing."""
    assert scanned(tmp_path, "x = 1  # hookassay: ignore SC-99 old\n").notes == ("a.py:1: there is no rule SC-99.",)


def test_a_comment_without_a_rule_is_noted(tmp_path: Path) -> None:
    """There is no way to ignore everything, and a comment that tries is told."""
    (note,) = scanned(tmp_path, "x = 1  # hookassay: ignore all of it\n").notes

    assert note.startswith("a.py:1: `ignore` must name a rule")


def test_in_a_script_of_a_page(tmp_path: Path) -> None:
    """A comment in a script of a page is about the script's line, and is taken once."""
    page = f"<p>\n<script>\n  // hookassay: ignore SC-02 revoked\n  const key = '{KEY}';\n</script>\n"
    found = scanned(tmp_path, page, "a.html")

    assert "SC-02" not in [one.rule.id for one in found.findings]
    assert "SC-02" in [one.rule.id for one, _ in found.suppressed]
    assert found.notes == ()
