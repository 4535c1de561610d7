"""certificate.json: what it claims, what it does not, and when there is none."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from keys import KEY
from results import CONTRACT, judged, result, scenario, violation

from hookassay.attestation.envelope import unseal
from hookassay.attestation.statement import canonical, certified
from hookassay.errors import UsageError
from hookassay.judging.contract import Contract, Level
from hookassay.judging.verdict import NOT_CERTIFIED, NOT_JUDGED, PARTIAL, Result, Target
from hookassay.redaction import Redactor
from hookassay.report.certificate import statement, withdraw, write

LEVELLED = replace(CONTRACT, levels=(Level("idempotent", "Once.", ("RP",)), Level("durable", "Kept.", ("DU",))))
NOW = datetime(2026, 11, 26, 12, 0, 5, tzinfo=timezone(timedelta(hours=2)))
OLDER = "2023-10-16"


def predicate(run: Result, contract: Contract = LEVELLED, redactor: Redactor | None = None) -> dict[str, Any]:
    made: dict[str, Any] = statement(run, contract, redactor or Redactor(), NOW)["predicate"]
    return made


def own(run: Result, contract: Contract = LEVELLED, redactor: Redactor | None = None) -> dict[str, Any]:
    """What stands in the field that is ours."""
    field: dict[str, Any] = predicate(run, contract, redactor)["hookassay"]
    return field


class TestStatement:
    def test_the_types(self) -> None:
        """It is an in-toto statement, version 1, about the result of tests."""
        made = statement(result(), LEVELLED, Redactor(), NOW)

        assert list(made) == ["_type", "subject", "predicateType", "predicate"]
        assert made["_type"] == "https://in-toto.io/Statement/v1"
        assert made["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"

    def test_the_subject_is_the_target_as_described(self) -> None:
        """Its digest is that of the description, as JSON with sorted keys and without blanks."""
        (subject,) = statement(result(), LEVELLED, Redactor(), NOW)["subject"]
        described = (
            '{"api_versions":["2026-10-28.endive"],"events":"*","orders":"sqlite",'
            '"source":"sqlite:///shop.db","url":"http://localhost:4242/stripe/webhook"}'
        )

        assert canonical(own(result())["target"]).decode() == described
        assert subject == {
            "name": "http://localhost:4242/stripe/webhook",
            "digest": {"sha256": hashlib.sha256(described.encode()).hexdigest()},
        }

    def test_two_runs_have_one_subject(self) -> None:
        """What was certified is told by the target alone, not by the run."""
        once = statement(result(), LEVELLED, Redactor(), NOW)["subject"]
        again = statement(result(run="other", seconds=9.0, sent=1), LEVELLED, Redactor(), datetime.now(UTC))["subject"]

        assert once == again

    def test_the_configuration_is_the_contract(self) -> None:
        """Each file of the contract stands there with its digest."""
        told = {one["name"]: one["digest"]["sha256"] for one in predicate(result())["configuration"]}
        clauses = files("hookassay.features") / "clauses.toml"

        assert told["hookassay/features/clauses.toml"] == hashlib.sha256(clauses.read_bytes()).hexdigest()
        assert "hookassay/features/forged.feature" in told
        assert "hookassay/features/system_scan.feature" not in told

    def test_all_passed(self) -> None:
        """Every clause that holds is a test that passed."""
        made = predicate(result())

        assert made["result"] == "PASSED"
        assert made["passedTests"] == [clause.id for clause in CONTRACT]
        assert made["warnedTests"] == made["failedTests"] == []

    def test_warned(self) -> None:
        """A failing SHOULD is a warning, of the whole too."""
        made = predicate(result(judged("OO-02", "warned", "x", violation("OO-02", "a", "x", "y"))))

        assert (made["result"], made["warnedTests"]) == ("WARNED", ["OO-02"])
        assert "OO-02" not in made["passedTests"]

    def test_a_may_that_is_not_kept(self) -> None:
        """A MAY that fails passes as a clause, and is not said to hold."""
        made = predicate(result(judged("OO-02", "passed", "it waits", violation("OO-02", "a", "x", "y"))))

        assert made["result"] == "PASSED"
        assert "OO-02" not in made["passedTests"]

    def test_other_versions(self) -> None:
        """What was judged again in another API version is a test of its own."""
        made = predicate(result(versions={OLDER: (judged("RP-03"),)}))

        assert "RP-03 in 2023-10-16" in made["passedTests"]

    def test_when_and_by_what(self) -> None:
        """The time is UTC; the contract's version, and the run, are told."""
        told = own(result())

        assert (told["time"], told["contract"], told["run"]) == ("2026-11-26T10:00:05Z", "2026.1", "run7f3a")

    def test_clauses(self) -> None:
        """Each clause is there as it ended, with what is worth saying about it."""
        noted = judged("RP-05", "passed", "", scenario("RP-05", "a", notes=["0 of 10 rounds"]))
        told = {one["id"]: one for one in own(result(noted))["clauses"]}

        assert told["SG-01"] == {"id": "SG-01", "level": "MUST", "status": "passed"}
        assert told["RP-05"]["notes"] == ["0 of 10 rounds"]

    def test_a_clause_that_came_later_is_not_claimed(self) -> None:
        """What does not count is reported, and no test of the contract judged by."""
        late = replace(judged("OO-01"), counted=False)
        made = predicate(result(late))

        assert "OO-01" not in made["passedTests"]
        assert made["hookassay"]["clauses"][6]["counted"] is False

    def test_what_was_not_tested(self) -> None:
        """Clauses, single examples, and what was left out in another version only: each with its reason."""
        found = result(
            judged("SG-02", "not_applicable", "needs a mode"),
            judged("RP-05", "passed", "", scenario("RP-05", "a"), scenario("RP-05", "b", "not_applicable", "no trial")),
            versions={OLDER: (judged("OO-01", "not_applicable", "not sent before"),)},
        )

        assert own(found)["not_tested"] == [
            {"clause": "SG-02", "reason": "needs a mode"},
            {"clause": "RP-05", "example": "b", "reason": "no trial"},
            {"clause": "OO-01", "api_version": OLDER, "reason": "not sent before"},
        ]

    def test_what_the_subscription_loses(self) -> None:
        """What cannot be right without an event that is not subscribed to is told."""
        narrow = Target("http://localhost/", "sqlite", "sqlite:///x", "2026-10-28.endive", ("charge.refunded",))

        assert own(result(target=narrow))["lost_by_subscription"]
        assert own(result(target=narrow))["target"]["events"] == ["charge.refunded"]

    def test_levels(self) -> None:
        """The levels that are given, and why the others are not."""
        told = own(result())

        assert told["levels"] == [{"name": "idempotent", "title": "Once.", "groups": ["RP"]}]
        assert told["levels_not_given"] == [
            {"name": "durable", "reason": "contract 2026.1 has no clause about it"},
        ]

    def test_no_secret(self) -> None:
        """Whatever is not our own word passes the redactor."""
        target = Target("http://hunter2/", "sqlite", "sqlite:///hunter2", "2026-10-28.endive", None)
        found = result(
            judged("SG-02", "not_applicable", "hunter2"),
            judged("RP-05", "passed", "", scenario("RP-05", "b", "not_applicable", "hunter2", notes=["hunter2"])),
            target=target,
        )

        assert "hunter2" not in json.dumps(statement(found, LEVELLED, Redactor(["hunter2"]), NOW))

    def test_it_is_what_verify_takes(self) -> None:
        """What is written satisfies whoever checks it."""
        made = statement(result(), LEVELLED, Redactor(), NOW)

        assert certified(canonical(made)) == made["predicate"]["hookassay"]


class TestWrite:
    def test_unsigned(self, tmp_path: Path) -> None:
        """Without a key the statement is written as it is, with its badge."""
        written = write(result(), LEVELLED, tmp_path, Redactor())

        assert written == [tmp_path / "certificate.json", tmp_path / "badge.svg"]
        assert json.loads(written[0].read_text())["_type"] == "https://in-toto.io/Statement/v1"
        assert "idempotent" in written[1].read_text()

    def test_signed(self, tmp_path: Path) -> None:
        """With a key the statement is in an envelope that the public half opens."""
        (certificate, _) = write(result(), LEVELLED, tmp_path, Redactor(), KEY)

        told = certified(unseal(json.loads(certificate.read_text()), KEY.public_key()))

        assert told["verdict"] == "certified"

    @pytest.mark.parametrize("verdict", [PARTIAL, NOT_CERTIFIED, NOT_JUDGED])
    def test_none_for_another_verdict(self, tmp_path: Path, verdict: str) -> None:
        """Nothing is written for any other verdict, and an older certificate goes with its badge."""
        write(result(), LEVELLED, tmp_path, Redactor(), KEY)

        assert write(result(verdict=verdict), LEVELLED, tmp_path, Redactor(), KEY) == []
        assert list(tmp_path.iterdir()) == []


class TestWithdraw:
    def test_nothing_there(self, tmp_path: Path) -> None:
        """Where there is no certificate, and no folder, nothing happens."""
        withdraw(tmp_path / "none")

        assert list(tmp_path.iterdir()) == []

    def test_one_that_cannot_be_removed(self, tmp_path: Path) -> None:
        """One that would stay and mislead ends the run."""
        (tmp_path / "certificate.json").mkdir()
        with pytest.raises(UsageError, match=r"certificate\.json cannot be removed"):
            withdraw(tmp_path)
