"""The scan as a whole: nothing that a file holds ends it, and findings come once and in order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hookassay.errors import UsageError
from hookassay.scan import engine
from hookassay.scan.check import Circumstances
from hookassay.scan.engine import Scan, ScanSettings, scan
from hookassay.scan.finding import Finding, Hit, Place
from hookassay.scan.rule import ERROR, NOTE, WARNING, Rule, rules
from hookassay.scan.source import Source

WRONG = "event = stripe.Webhook.construct_event(payload, signature, secret, tolerance=0)\n"
KEY = "sk_" + "live_51H8f9aKJHG76asdkjhKJHGkjhgKJHg87"


def ids(found: Scan) -> list[str]:
    """The rules that were found broken."""
    return [one.rule.id for one in found.findings]


def rule(rule_id: str, severity: str, *, aborts: bool = False) -> Rule:
    return Rule(rule_id, "n", severity, "T.", "R.", "F.", "S.", (), aborts=aborts)


def made(*broken: Rule) -> Scan:
    """A scan that found each of these rules broken."""
    return Scan(Path(), tuple(Finding(one, Hit(one.id, Place("a", 1, 1, 2, "x"))) for one in broken))


class TestBrokenFiles:
    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("a.py", "def (:\n  stripe construct_event verify_header tolerance ((((\n"),
            ("a.js", "function { constructEvent( => \n`${"),
            ("a.ts", "interface { constructEvent<<<"),
            ("a.tsx", "<a><b constructEvent"),
            ("a.rb", "def end end construct_event tolerance: \n"),
            ("a.php", "<?php function { constructEvent(( \n"),
            ("a.go", "func { IgnoreTolerance ConstructEvent \n"),
            ("a.sql", "CREATE TABLE orders (id INT,,, total_amount FLOAT;; ALTER\n"),
            ("a.prisma", "model Order { id Int @id @@unique( \n"),
            ("a.html", "<script>constructEvent(</scr"),
            (".env", "STRIPE_SECRET_KEY='unclosed\n=x\n\x01\n"),
            ("a.json", '{"stripe": constructEvent'),
            ("a.yml", "stripe: [webhook: {"),
        ],
    )
    def test_are_read_as_far_as_they_go(self, tmp_path: Path, name: str, text: str) -> None:
        """A file that does not parse ends no scan, and the others are read."""
        (tmp_path / name).write_text(text)
        (tmp_path / "whole.py").write_text(WRONG)

        assert "SC-16" in ids(scan(tmp_path))

    def test_are_noted(self, tmp_path: Path) -> None:
        """Of a file that is looked at and does not parse everywhere the reader is told."""
        (tmp_path / "a.py").write_text(f"{WRONG}def (:\n")
        found = scan(tmp_path)

        assert "SC-16" in ids(found)
        assert [one.reason for one in found.skipped] == ["does not parse everywhere; what parses was read"]

    def test_that_are_nested_without_end_are_read_as_text(self, tmp_path: Path) -> None:
        """A file that is too deep for its shapes to be looked for is noted, and its secrets are found."""
        deep = "[\n" * 3_000 + "]\n" * 3_000
        (tmp_path / "a.js").write_text(f"// constructEvent {KEY}\nx = {deep}")
        found = scan(tmp_path)

        assert "SC-02" in ids(found)
        assert [one.reason for one in found.skipped] == ["nested too deeply; read as text alone"]


class _Failing:
    """A check that fails with what it was made of."""

    words = ()
    error: BaseException = ValueError()

    def __init__(self, circumstances: Circumstances) -> None:
        pass

    def look(self, source: Source) -> Iterator[Any]:
        yield 1
        raise self.error

    def conclude(self, facts: list[Any]) -> list[Hit]:
        return []


class Panic(BaseException):
    """As the parser's panics are: no Exception."""


class TestOurOwnFaults:
    @pytest.fixture(autouse=True)
    def _failing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        check = _Failing(Circumstances(tree=None))  # type: ignore[arg-type]
        monkeypatch.setattr(engine, "checks", lambda *_: [check])

    @pytest.mark.parametrize("error", [ValueError(), RecursionError(), Panic()])
    def test_in_one_file_are_noted(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
        """A fault of ours in one file is noted as such, and the rest of the scan stands."""
        (tmp_path / "a.py").write_text(WRONG)
        monkeypatch.setattr(_Failing, "error", error)
        found = scan(tmp_path)

        assert "SC-16" in ids(found)
        assert [one.reason for one in found.skipped] == [
            f"not wholly read ({type(error).__name__}, a fault of hookassay's)"
        ]

    @pytest.mark.parametrize("error", [UsageError("no such database"), KeyboardInterrupt()])
    def test_are_told_from_the_readers(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
    ) -> None:
        """Wrong usage, and a person who has enough, end the scan."""
        (tmp_path / "a.py").write_text(WRONG)
        monkeypatch.setattr(_Failing, "error", error)

        with pytest.raises(type(error)):
            scan(tmp_path)


def test_an_empty_tree_is_said_to_be(tmp_path: Path) -> None:
    """A scan that read nothing says so, for it proves nothing."""
    assert scan(tmp_path).notes[0].startswith("No file was read")


def test_findings_are_in_order(tmp_path: Path) -> None:
    """Findings stand by severity, rule, path and line, whatever order the files were read in."""
    for name in ("b/a.py", "a.py", "b.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"{WRONG}KEY = '{KEY}'\n{WRONG}")
    told = [(one.rule.id, one.place.path, one.place.line) for one in scan(tmp_path).findings]

    assert told == sorted(told)
    assert len(told) == 9


def test_a_finding_is_told_once(tmp_path: Path) -> None:
    """A secret in a script of a page is one finding, although page and script are both looked at."""
    (tmp_path / "a.html").write_text(f"<script>const key = '{KEY}';</script>\n")

    assert ids(scan(tmp_path, ScanSettings(ignore=tuple(one.id for one in rules() if one.id != "SC-02")))) == ["SC-02"]


def test_an_ignored_rule_finds_nothing(tmp_path: Path) -> None:
    """A rule that does not apply to a codebase is not looked for."""
    (tmp_path / "a.py").write_text(WRONG)
    found = scan(tmp_path, ScanSettings(ignore=("SC-16",)))

    assert "SC-16" not in ids(found)
    assert "SC-16" not in [one.id for one in found.rules]


def test_an_ignored_rule_keeps_its_secrets(tmp_path: Path) -> None:
    """A secret that only an ignored rule knows of is known as one all the same."""
    (tmp_path / "a.py").write_text(f"KEY = '{KEY}'\n")

    assert scan(tmp_path, ScanSettings(ignore=("SC-02",))).secrets == (KEY,)


class TestFails:
    @pytest.mark.parametrize(
        ("severity", "fail_on", "fails"),
        [
            (ERROR, ERROR, True),
            (WARNING, ERROR, False),
            (WARNING, WARNING, True),
            (NOTE, WARNING, False),
            (NOTE, NOTE, True),
            (ERROR, NOTE, True),
            (ERROR, "never", False),
        ],
    )
    def test_as_severe_or_more(self, severity: str, fail_on: str, fails: bool) -> None:
        """A finding fails the scan where it is as severe as asked for, or more."""
        assert made(rule("SC-90", severity)).fails(fail_on) is fails

    def test_whatever_aborts(self) -> None:
        """A rule that aborts fails every scan."""
        found = made(rule("SC-90", NOTE), rule("SC-91", NOTE, aborts=True))

        assert found.fails("never")
        assert [one.rule.id for one in found.aborting] == ["SC-91"]
