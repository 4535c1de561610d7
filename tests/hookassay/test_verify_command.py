"""`hookassay verify` as a user meets it: what it shows, and that every way of tampering is refused."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import judged
import keys
import pytest
from results import CONTRACT, result

from hookassay.attestation.envelope import pae
from hookassay.redaction import Redactor
from hookassay.report.certificate import write

Document = dict[str, Any]


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate that was signed, and the public key beside it."""
    keys.public(tmp_path / "pub.pem")
    (file, _) = write(result(), CONTRACT, tmp_path, Redactor(), keys.KEY)
    return file


def verify(folder: Path, file: str = "certificate.json", key: str = "pub.pem") -> judged.Judged:
    return judged.run(["verify", file, "--key", key], folder, os.environ)


def statement(document: Document) -> Document:
    body: Document = json.loads(base64.b64decode(document["payload"]))
    return body


def with_statement(document: Document, changed: Document) -> Document:
    """The same envelope, its signature too, about something else."""
    return document | {"payload": base64.b64encode(json.dumps(changed).encode()).decode()}


def signed_anew(changed: Any, payload_type: str = "application/vnd.in-toto+json") -> Document:
    """What the trusted key signs, whatever it is."""
    body = json.dumps(changed).encode()
    sig = base64.b64encode(keys.KEY.sign(pae(payload_type, body))).decode()
    return {"payload": base64.b64encode(body).decode(), "payloadType": payload_type, "signatures": [{"sig": sig}]}


def a_level_more(document: Document) -> Document:
    changed = statement(document)
    changed["predicate"]["hookassay"]["levels"].append({"name": "durable", "title": "Kept."})
    return with_statement(document, changed)


def another_target(document: Document) -> Document:
    changed = statement(document)
    changed["predicate"]["hookassay"]["target"]["url"] = "http://localhost/other"
    return with_statement(document, changed)


def older_statement(document: Document) -> Document:
    return signed_anew(statement(document) | {"_type": "https://in-toto.io/Statement/v0.1"})


def other_predicate(document: Document) -> Document:
    return signed_anew(statement(document) | {"predicateType": "https://slsa.dev/verification_summary/v1"})


def by_another_key(document: Document) -> Document:
    body = base64.b64decode(document["payload"])
    sig = base64.b64encode(keys.ANOTHER.sign(pae(document["payloadType"], body))).decode()
    return document | {"signatures": [{"sig": sig}]}


TAMPERED: dict[str, tuple[Callable[[Document], Any], str]] = {
    "a level was added": (a_level_more, "It was altered after it was signed, or signed with another key"),
    "another target was put in": (another_target, "It was altered after it was signed"),
    "signed with another key": (by_another_key, "no signature in it is by this key"),
    "its signatures were taken away": (lambda one: one | {"signatures": []}, "It is not signed"),
    "opened, its statement alone": (statement, "It is not signed, so that anybody may have written it"),
    "its payload type was changed": (lambda one: one | {"payloadType": "text/plain"}, "Its payloadType must be"),
    "signed as another type": (lambda one: signed_anew(statement(one), "text/plain"), "Its payloadType must be"),
    "an older statement type": (older_statement, "Its _type must be https://in-toto.io/Statement/v1"),
    "another predicate": (other_predicate, "Its predicateType must be"),
    "something else, signed": (lambda one: signed_anew([1]), "no in-toto statement"),
    "its payload was cut": (lambda one: one | {"payload": one["payload"][:-5]}, "It was altered"),
    "a report": (lambda one: {"verdict": "certified"}, "It is no certificate"),
}


def test_genuine(certificate: Path) -> None:
    """What was signed is shown, with the time and the key, and exit 0."""
    done = verify(certificate.parent)

    assert done.exit_code == 0, done.output
    assert done.output.startswith("certified by hookassay ")
    for word in ("http://localhost:4242/stripe/webhook", "contract 2026.1", "Time:", "Signed by:"):
        assert word in done.output


@pytest.mark.parametrize("way", TAMPERED)
def test_tampered(certificate: Path, way: str) -> None:
    """Forged, altered or downgraded: refused with exit 1, and why, and nothing of what it claims."""
    change, why = TAMPERED[way]
    certificate.write_text(json.dumps(change(json.loads(certificate.read_text()))))

    done = verify(certificate.parent)

    assert done.exit_code == 1, done.output
    assert "certificate.json is refused. " in done.output
    assert why in done.output
    assert "certified by" not in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize("name", ["other.pem", "other.pub"])
def test_wrong_key(certificate: Path, name: str) -> None:
    """A genuine certificate is refused by whoever trusts another key, and both keys are named."""
    keys.public(certificate.parent / name, keys.ANOTHER, ssh=name.endswith(".pub"))

    done = verify(certificate.parent, key=name)

    assert done.exit_code == 1, done.output
    assert "It was signed with another key: it names" in done.output


def test_key_of_openssh(certificate: Path) -> None:
    """A key that ssh-keygen wrote is as good."""
    keys.public(certificate.parent / "key.pub", ssh=True)

    assert verify(certificate.parent, key="key.pub").exit_code == 0


@pytest.mark.parametrize(
    ("file", "key", "told"),
    [
        ("none.json", "pub.pem", "The certificate none.json cannot be read"),
        (".", "pub.pem", "The certificate . cannot be read"),
        ("pub.pem", "pub.pem", "The certificate pub.pem must be JSON"),
        ("binary", "pub.pem", "The certificate binary must be JSON"),
        ("deep.json", "pub.pem", "The certificate deep.json must be JSON"),
        ("certificate.json", "none.pem", "The key none.pem cannot be read"),
        ("certificate.json", "certificate.json", "must be a public Ed25519 key"),
        ("certificate.json", "key.pem", "is a private one"),
    ],
)
def test_usage(certificate: Path, file: str, key: str, told: str) -> None:
    """A file that cannot be read or is no key is wrong usage: exit 2, and what it must be."""
    keys.private(certificate.parent / "key.pem")
    (certificate.parent / "binary").write_bytes(b"\xff\x00")
    (certificate.parent / "deep.json").write_text("[" * 100_000)

    done = verify(certificate.parent, file, key)

    assert done.exit_code == 2, done.output
    assert told in done.output
    assert "Traceback" not in done.output
