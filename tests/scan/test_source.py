"""A file as the scan reads it: places count characters, and scripts stand where they stand in their page."""

from __future__ import annotations

import pytest

from hookassay.scan.source import DEEPEST, Source, TooDeep, read

DEEP = {
    "python": ("(", "1", ")"),
    "javascript": ("f(", "1", ")"),
    "typescript": ("[", "1", "]"),
    "tsx": ("<a>", "1", "</a>"),
    "ruby": ("[", "1", "]"),
    "go": ("(", "1", ")"),
}


def test_a_place_counts_characters() -> None:
    """Lines and columns count from 1, and characters, whatever their size in bytes."""
    source = Source("a.py", "x = '😀é漢'; bad(0)\n", "python")
    place = source.place(source.root.find(pattern="bad(0)"))

    assert (place.line, place.column, place.end_column) == (1, 12, 18)
    assert place.text[place.column - 1 : place.end_column - 1] == "bad(0)"


def test_a_place_of_several_lines_is_its_first() -> None:
    """What spans lines is shown from its start up to the end of its first line."""
    source = Source("a.py", "  f(\r\n  1)\r\n", "python")
    place = source.place(source.root.find(kind="call"))

    assert (place.line, place.column, place.end_column, place.text) == (1, 3, 5, "  f(")


def test_characters_have_their_place() -> None:
    """Offsets in the text are told as a line and columns."""
    place = Source("a.txt", "one\ntwo three\n", "text").place_of(8, 13)

    assert (place.line, place.column, place.end_column, place.text) == (2, 5, 10, "two three")


@pytest.mark.parametrize("text", ["", "\n", "\r\n"])
def test_an_empty_line_has_a_place(text: str) -> None:
    """A place on an empty line is one character wide, so that it can be shown."""
    place = Source("a", text, "text").place_at(1)

    assert (place.column, place.end_column) == (1, 2)


class TestScripts:
    def test_stand_where_they_stand_in_the_page(self) -> None:
        """What is found in a script has the page's line and column."""
        page, script = read("a.html", "<p>é</p>\n<b></b><script>bad(0)</script>\n")
        place = script.place(script.root.find(pattern="bad(0)"))

        assert page.lines[place.line - 1][place.column - 1 : place.end_column - 1] == "bad(0)"

    @pytest.mark.parametrize(
        ("opening", "languages"),
        [
            ("<script>", ["javascript"]),
            ('<script type="module">', ["javascript"]),
            ("<script setup lang='ts'>", ["typescript"]),
            ('<script type="application/json">', []),
            ('<script type="text/template">', []),
        ],
    )
    def test_are_those_that_a_browser_runs(self, opening: str, languages: list[str]) -> None:
        """Scripts are read in their language, and data in script tags is not."""
        assert [one.language for one in read("a.vue", f"{opening}x{'</script>'}")[1:]] == languages

    def test_are_not_looked_for_elsewhere(self) -> None:
        """A tag in a string of Python is no script."""
        assert len(read("a.py", "x = '<script>y</script>'\n")) == 1


class TestDepth:
    @pytest.mark.parametrize("language", DEEP)
    def test_that_nobody_writes_is_refused(self, language: str) -> None:
        """Code that is nested without end is not looked at as code."""
        opening, middle, closing = DEEP[language]
        text = f"package a\nvar x = {opening * 50_000}" if language == "go" else f"x = {opening * 50_000}"

        with pytest.raises(TooDeep):
            _ = Source("a", f"{text}{middle}{closing * 50_000}\n", language).root

    def test_that_somebody_writes_is_read(self) -> None:
        """A long sum is nested as deeply as it is long, and is read."""
        assert Source("a.py", f"x = {' + '.join(['1'] * (DEEPEST // 2))}\n", "python").root

    def test_of_a_long_file_is_no_matter(self) -> None:
        """A long file is not a deep one."""
        assert Source("a.py", "x = f(1)\n" * 20_000, "python").root


@pytest.mark.parametrize(
    ("path", "is_test"),
    [
        ("tests/shop.py", True),
        ("shop/test_webhook.py", True),
        ("src/webhook.test.ts", True),
        ("spec/webhook_spec.rb", True),
        ("webhook_test.go", True),
        ("tests/WebhookTest.php", True),
        ("shop/contest.py", False),
        ("src/latest/webhook.ts", False),
        ("app/testimonials.rb", False),
    ],
)
def test_tests_are_told_from_code(path: str, is_test: bool) -> None:
    """A file of tests is known by its folder or its name."""
    assert Source(path, "", "python").is_test is is_test
