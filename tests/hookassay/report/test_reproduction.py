"""The scripts that show a failure again."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from results import clause, delivery, judged, result, violation

from hookassay.config import EndpointSettings, PurchaseSettings
from hookassay.errors import UsageError
from hookassay.judging.verdict import NOT_CERTIFIED, ClauseResult, Result
from hookassay.redaction import Redactor
from hookassay.report import reproduction
from hookassay.report.reproduction import Invocation
from hookassay.sender import catalogue
from hookassay.sender.dispatch import Parcel

INVOCATION = Invocation(("http://localhost:4242/stripe/webhook", "--orders", "sqlite:///shop.db"))


def sent(event_type: str = "checkout.session.completed", signing: str = "honest", **changes: object) -> object:
    """A delivery of an event as a purchase has it."""
    about = catalogue.purchase(PurchaseSettings(), EndpointSettings(), "of the run", event_type)
    event = catalogue.event(event_type, about)
    parcel = Parcel(about.session_id, event.id, event.type, event.body(), signing)
    return delivery(
        purchase=about.session_id,
        event_id=event.id,
        event_type=event.type,
        signing=signing,
        parcel=replace(parcel, **changes),
    )


# The id of the run that `sent` belongs to, as every id holds it.
RUN = catalogue.purchase(PurchaseSettings(), EndpointSettings(), "of the run", "charge.refunded").run


def failed(*deliveries: object, clause_id: str = "OO-01", expected: str = "a refunded order") -> Result:
    scenario = violation(clause_id, "the whole refund first", expected, "a paid order", deliveries=list(deliveries))
    found = ClauseResult(clause(clause_id), "failed", "", (scenario,))
    return result(found, verdict=NOT_CERTIFIED, run=RUN)


def script(run: Result, folder: Path, invocation: Invocation = INVOCATION, redactor: Redactor | None = None) -> str:
    """The text of the one script that is written."""
    ((_, path),) = reproduction.write(run, folder, redactor or Redactor(), invocation).items()
    return path.read_text()


def called(text: str, folder: Path, *arguments: str, **environment: str) -> list[str]:
    """The words that hookassay is called with when a script is run."""
    program = folder / "hookassay"
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    program.chmod(0o755)
    (folder / "a script.sh").write_text(text)
    env = {"PATH": f"{folder}:{os.environ['PATH']}", **environment}
    done = subprocess.run(
        ["sh", str(folder / "a script.sh"), *arguments], env=env, capture_output=True, text=True, check=False
    )
    return (done.stdout or done.stderr).splitlines()


def test_a_sequence_is_replayed(tmp_path: Path) -> None:
    """What took several deliveries is recorded, and the script replays it where certify read orders."""
    invocation = replace(INVOCATION, options=("--config", "my shop.toml"), reading=("--orders", "sqlite:///shop.db"))
    text = script(failed(sent("charge.refunded"), sent()), tmp_path, invocation)

    recording = json.loads((tmp_path / "repro" / "OO-01" / "1.json").read_text())
    assert [one["event_type"] for one in recording["deliveries"]] == ["charge.refunded", "checkout.session.completed"]
    words = called(text, tmp_path, "--secret-file", "a b")
    assert words == [
        *("replay", f"{tmp_path}/OO-01", "http://localhost:4242/stripe/webhook"),
        *("--config", "my shop.toml", "--orders", "sqlite:///shop.db", "--secret-file", "a b"),
    ]


def test_another_endpoint(tmp_path: Path) -> None:
    """$HOOKASSAY_URL takes the place of the endpoint that was judged."""
    text = script(failed(sent("charge.refunded"), sent()), tmp_path)

    assert "http://127.0.0.1:1/x" in called(text, tmp_path, HOOKASSAY_URL="http://127.0.0.1:1/x")


def test_one_delivery_is_sent(tmp_path: Path) -> None:
    """What one delivery shows is sent by `hookassay send`, forged as it was."""
    text = script(failed(sent(signing="half a signature")), tmp_path)

    assert not (tmp_path / "repro" / "OO-01").exists()
    assert called(text, tmp_path)[:5] == [
        *("send", "checkout.session.completed", "http://localhost:4242/stripe/webhook"),
        *("--forge", "half a signature"),
    ]


def test_what_send_cannot_say_is_replayed(tmp_path: Path) -> None:
    """One delivery of an event that is not as `send` makes it is recorded."""
    other = sent()
    body = other.parcel.body.replace(b'"status":"complete"', b'"status":null')
    changed = replace(other, parcel=replace(other.parcel, body=body))

    assert called(script(failed(changed), tmp_path), tmp_path)[0] == "replay"


def test_a_race_is_run_several_times(tmp_path: Path) -> None:
    """What left at the same instant is delivered time and again, since a race does not show each time."""
    text = script(failed(sent(together="volley 1"), sent(together="volley 1")), tmp_path)

    assert "--times 10" in text


@pytest.mark.parametrize(
    ("run", "invocation"),
    [
        (failed(), INVOCATION),
        (failed(sent(), sent()), replace(INVOCATION, replayable=False)),
        (failed(*[sent()] * 60), INVOCATION),
    ],
    ids=["no delivery", "not an endpoint that stays", "more than was kept"],
)
def test_what_deliveries_do_not_show_is_judged_again(tmp_path: Path, run: Result, invocation: Invocation) -> None:
    """Where a replay would show nothing, the clause is judged again."""
    text = script(run, tmp_path, invocation)

    words = called(text, tmp_path, "--yes")
    assert words[:7] == [
        *("certify", "http://localhost:4242/stripe/webhook", "--orders", "sqlite:///shop.db", "--only", "OO-01"),
        "--report",
    ]
    assert words[8:] == ["--yes"]


def test_the_script_says_what_it_shows(tmp_path: Path) -> None:
    """A reader of the script learns the clause, what was expected and what was seen."""
    text = script(failed(sent("charge.refunded"), sent(), expected="a refunded order\nwithin 0.5 s"), tmp_path)

    assert text.startswith("#!/bin/sh\n# OO-01 MUST: ")
    assert "# Expected: a refunded order within 0.5 s\n" in text
    assert "# Seen:     a paid order\n" in text


def test_it_can_be_executed(tmp_path: Path) -> None:
    """The script may be started by its name, by everybody who may read it."""
    script(failed(sent()), tmp_path)

    assert (tmp_path / "repro" / "OO-01.sh").stat().st_mode & 0o111


def test_a_forgery_is_shown_alone_too(tmp_path: Path) -> None:
    """Beside a sequence with a forgery stands how one forged delivery is made by hand."""
    text = script(failed(sent(signing="only a right v0"), sent()), tmp_path)

    assert "# One delivery alone: hookassay send checkout.session.completed " in text
    assert "--forge 'only a right v0'" in text


def test_no_secret_is_written(tmp_path: Path) -> None:
    """Neither script nor recording holds what is secret, and the script says what to give again."""
    run = failed(sent("charge.refunded"), sent(), expected="not pa55w0rd")
    run = replace(run, target=replace(run.target, url="http://localhost/hook?key=pa55w0rd"))
    text = script(run, tmp_path, replace(INVOCATION, missing=("--header",)), Redactor(["pa55w0rd"]))

    recording = (tmp_path / "repro" / "OO-01" / "1.json").read_text()
    assert "pa55w0rd" not in text + recording
    assert "Give it again: --header." in text
    assert "HOOKASSAY_URL: must be the webhook URL" in called(text, tmp_path)[0]


def test_a_body_with_a_secret_is_not_recorded(tmp_path: Path) -> None:
    """What would have to be redacted would not be what was sent: the clause is judged again."""
    text = script(failed(sent("charge.refunded"), sent()), tmp_path, redactor=Redactor(["Test Buyer"]))

    assert called(text, tmp_path)[0] == "certify"


def test_an_earlier_runs_are_removed(tmp_path: Path) -> None:
    """What an earlier run wrote is gone, and what somebody else put there is not."""
    script(failed(sent("charge.refunded"), sent()), tmp_path)
    (tmp_path / "repro" / "notes.txt").write_text("mine")
    reproduction.write(result(), tmp_path, Redactor(), INVOCATION)

    assert [path.name for path in (tmp_path / "repro").iterdir()] == ["notes.txt"]


def test_nothing_failed(tmp_path: Path) -> None:
    """Where nothing failed there is no folder."""
    script(failed(sent("charge.refunded"), sent()), tmp_path)

    assert reproduction.write(result(), tmp_path, Redactor(), INVOCATION) == {}
    assert list(tmp_path.iterdir()) == []


def test_a_warning_is_shown_again_too(tmp_path: Path) -> None:
    """A SHOULD that fails has its script as well."""
    scenario = violation("OO-02", "a", "b", "c", deliveries=[sent()])
    run = result(judged("OO-02", "warned", "", scenario), run=RUN)

    assert list(reproduction.write(run, tmp_path, Redactor(), INVOCATION)) == ["OO-02"]


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """A file in the place of the folder is told like that of any report."""
    (tmp_path / "repro").write_text("")

    with pytest.raises(UsageError, match="--report DIR"):
        reproduction.write(failed(sent()), tmp_path, Redactor(), INVOCATION)


def test_quoting(tmp_path: Path) -> None:
    """A URL with characters of the shell is handed on as it is."""
    run = failed(sent("charge.refunded"), sent())
    url = "http://localhost/hook?a=$HOME&b='`\"}"
    run = replace(run, target=replace(run.target, url=url))

    words = called(script(run, tmp_path), tmp_path)

    assert words[2] == url, shlex.join(words)
