"""The workflow commands that annotate a pull request."""

from __future__ import annotations

from scanned import NOTE, WARNING, finding, github, rule, scan


def test_a_finding_is_a_command() -> None:
    """A finding is one command with the file from the repository's top, its columns, a title, message and fix."""
    found = scan(finding("t = 1.5", "1.5", message="A float."), within="services/shop/")

    assert github(found) == (
        "::error file=services/shop/shop/web.py,line=12,col=5,endColumn=8,title=SC-90 money-is-lost"
        "::A float.%0ANotice it."
    )


def test_severities_are_githubs() -> None:
    """A warning is a warning, and a note a notice."""
    found = scan(finding(rule=rule(severity=WARNING)), finding(rule=rule("SC-91", NOTE)))

    assert [line.split(" ")[0] for line in github(found).splitlines()] == ["::warning", "::notice"]


def test_what_would_end_a_command_is_escaped() -> None:
    """Per cent and line breaks, and in properties colons and commas, are written as GitHub reads them."""
    (line,) = github(scan(finding(path="a:b,c%.py", message="100 % of\n::set-output name=x::y"))).splitlines()

    assert "file=a%3Ab%2Cc%25.py," in line
    assert "::100 %25 of ::set-output name=x::y%0ANotice it." in line


def test_other_places_are_named() -> None:
    """The places that belong to a finding are named in its message."""
    assert "%0AAlso b.js:7." in github(scan(finding(also=(finding(path="b.js", line=7).place,))))
