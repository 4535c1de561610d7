"""What a statement must be to be a certificate: each way of being something else is refused, although it is signed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from results import CONTRACT, result

from hookassay.attestation.statement import canonical, certified
from hookassay.errors import Refused
from hookassay.redaction import Redactor
from hookassay.report.certificate import statement

Change = Callable[[dict[str, Any]], Any]


def refusal(change: Change) -> str:
    """What a certificate is refused with after a change that its owner signed."""
    made = statement(result(), CONTRACT, Redactor(), datetime(2026, 11, 26, tzinfo=UTC))
    change(made)
    with pytest.raises(Refused) as raised:
        certified(canonical(made))
    return str(raised.value)


def own(made: dict[str, Any]) -> dict[str, Any]:
    field: dict[str, Any] = made["predicate"]["hookassay"]
    return field


def test_older_statement() -> None:
    """A statement of an older version, whose fields may mean something else."""
    assert refusal(lambda made: made.update(_type="https://in-toto.io/Statement/v0.1")) == (
        "Its _type must be https://in-toto.io/Statement/v1, not 'https://in-toto.io/Statement/v0.1'."
    )


def test_other_predicate() -> None:
    """A statement about something else."""
    assert refusal(lambda made: made.update(predicateType="https://slsa.dev/provenance/v1")).startswith(
        "Its predicateType must be https://in-toto.io/attestation/test-result/v0.1, not"
    )


def test_tests_of_another_tool() -> None:
    """The result of tests that are not ours, signed with the same key."""
    assert refusal(lambda made: made["predicate"].pop("hookassay")) == (
        "It is no certificate of hookassay: hookassay is missing, or not what it must be."
    )


@pytest.mark.parametrize("verdict", ["passed (partial)", "not certified", ""])
def test_other_verdict(verdict: str) -> None:
    """A verdict that certifies nothing."""
    assert refusal(lambda made: own(made).update(verdict=verdict)) == (
        f"Its verdict must be certified, not {verdict!r}."
    )


@pytest.mark.parametrize(
    "change",
    [{"result": "FAILED"}, {"result": None}, {"failedTests": ["SG-01"]}, {"failedTests": None}],
)
def test_failed(change: dict[str, Any]) -> None:
    """Tests that failed."""
    assert refusal(lambda made: made["predicate"].update(change)) == "It certifies nothing: tests failed."


def test_another_target() -> None:
    """A description that is not the one whose digest is the subject."""
    assert refusal(lambda made: own(made)["target"].update(url="http://other/")) == (
        "It contradicts itself: its subject is not the target that it describes."
    )


@pytest.mark.parametrize("subject", [[], [{}], "twice"])
def test_another_subject(subject: Any) -> None:
    """No subject, one without a digest, or more than one."""

    def change(made: dict[str, Any]) -> None:
        made["subject"] = made["subject"] * 2 if subject == "twice" else subject

    assert "its subject is not the target" in refusal(change)


@pytest.mark.parametrize(
    "change",
    [
        lambda made: made.pop("predicate"),
        lambda made: made.update(predicate=[]),
        lambda made: made.update(subject={}),
        lambda made: made.update(subject=["x"]),
        lambda made: own(made).pop("levels"),
        lambda made: own(made).update(levels="all"),
        lambda made: own(made).update(levels=["convergent"]),
        lambda made: own(made).update(levels=[{"name": "convergent"}]),
        lambda made: own(made).update(not_tested=[{"clause": 3, "reason": "x"}]),
        lambda made: own(made).update(clauses=[None]),
        lambda made: own(made)["target"].pop("orders"),
        lambda made: own(made).update(time=3),
    ],
)
def test_not_whole(change: Change) -> None:
    """A field that is missing, or holds something else, is no traceback."""
    assert refusal(change).startswith("It is no certificate of hookassay: ")


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000])
def test_no_json(body: bytes) -> None:
    """Bytes that are no JSON, or more deeply nested than can be read."""
    with pytest.raises(Refused, match="What was signed is no JSON"):
        certified(body)


def test_no_object() -> None:
    """JSON that is no object."""
    with pytest.raises(Refused, match="no in-toto statement"):
        certified(b"[]")


def test_fields_that_are_not_known_are_ignored() -> None:
    """A later version may say more, as in-toto's parsing rules demand."""
    made = statement(result(), CONTRACT, Redactor(), datetime(2026, 11, 26, tzinfo=UTC))
    own(made)["more"] = made["more"] = 1

    assert certified(json.dumps(made).encode())["more"] == 1


def test_canonical() -> None:
    """There is one way to write a value."""
    assert canonical({"b": ["\N{SNOWMAN}", None], "a": "1"}) == '{"a":"1","b":["\N{SNOWMAN}",null]}'.encode()
