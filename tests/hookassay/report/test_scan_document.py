"""The JSON of a scan, whose keys are promised."""

from __future__ import annotations

import json

from scanned import WARNING, finding, rule, scan

from hookassay.report import scan_document
from hookassay.report.excerpt import Curtain
from hookassay.scan.suppression import Suppression
from hookassay.scan.tree import Skipped


def test_has_every_promised_key() -> None:
    """A scan as JSON holds exactly the keys that docs/scan.md promises, with plain values."""
    found = scan(
        finding("t = 1.5", "1.5", message="A float.", also=(finding(line=3).place,)),
        finding(rule=rule("SC-91", WARNING, aborts=True)),
        suppressed=((finding(line=5), Suppression("shop/web.py", 5, 4, ("SC-90",), "old")),),
        skipped=(Skipped("a.bin", "binary"),),
        notes=("Look.",),
    )

    told = json.loads(scan_document.text(found, Curtain(found)))

    assert list(told) == [
        *("hookassay", "root", "files", "seconds", "counts", "aborts"),
        *("rules", "findings", "suppressed", "skipped", "notes"),
    ]
    assert told["counts"] == {"error": 1, "warning": 1, "note": 0, "suppressed": 1}
    assert told["aborts"] is True
    assert [one["id"] for one in told["rules"]] == ["SC-90", "SC-91"]
    assert told["findings"][0] == {
        "rule": "SC-90",
        "severity": "error",
        "path": "shop/web.py",
        "line": 12,
        "column": 5,
        "end_column": 8,
        "text": "t = 1.5",
        "message": "A float.",
        "also": [
            {"path": "shop/web.py", "line": 3, "column": 1, "end_column": 12, "text": "total = 1.5"},
        ],
    }
    assert (told["suppressed"][0]["reason"], told["suppressed"][0]["comment_line"]) == ("old", 4)
    assert told["skipped"] == [{"path": "a.bin", "reason": "binary"}]
    assert told["notes"] == ["Look."]


def test_is_valid_whatever_a_file_is_called() -> None:
    """A file name that is no text does not break the document."""
    found = scan(finding("x = '\udc80'", path="a\udcff.py", message="It is \udc81."), notes=("b\udcfe.py",))

    assert json.loads(scan_document.text(found, Curtain(found)).encode())["findings"][0]["path"] == "a?.py"
