"""The envelope: what is signed, and every way of tampering with it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from keys import ANOTHER, KEY

from hookassay.attestation.envelope import PAYLOAD_TYPE, pae, seal, unseal
from hookassay.attestation.key import key_id
from hookassay.errors import Refused

BODY = b'{"verdict":"certified","levels":["\xc3\xa9>>>???"]}'
PUBLIC = KEY.public_key()


def sealed(**changes: Any) -> dict[str, Any]:
    return seal(BODY, KEY) | changes


def refusal(document: Any) -> str:
    with pytest.raises(Refused) as raised:
        unseal(document, PUBLIC)
    return str(raised.value)


def encoded(body: bytes) -> str:
    return base64.b64encode(body).decode()


class TestPae:
    def test_example_of_the_protocol(self) -> None:
        """What is signed is what the protocol's own example shows."""
        assert pae("http://example.com/HelloWorld", b"hello world") == (
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        )

    def test_lengths_are_bytes(self) -> None:
        """Lengths count bytes, not characters; nothing is as long as nothing."""
        assert pae("\N{LATIN SMALL LETTER E WITH ACUTE}", b"") == b"DSSEv1 2 \xc3\xa9 0 "


class TestSeal:
    def test_form(self) -> None:
        """An envelope holds the payload, its type, and one signature with the id of its key."""
        made = sealed()
        (signature,) = made["signatures"]

        assert base64.b64decode(made["payload"]) == BODY
        assert made["payloadType"] == "application/vnd.in-toto+json"
        assert signature["keyid"] == key_id(PUBLIC)
        PUBLIC.verify(base64.b64decode(signature["sig"]), pae(PAYLOAD_TYPE, BODY))

    def test_round_trip(self) -> None:
        """What was sealed comes out as it went in, after a journey as JSON."""
        assert unseal(json.loads(json.dumps(sealed())), PUBLIC) == BODY


class TestAccepted:
    def test_url_safe_base64(self) -> None:
        """Either alphabet of base64 is accepted, as the protocol demands."""
        made = sealed(payload=base64.urlsafe_b64encode(BODY).decode())
        assert "+" in encoded(BODY) or "/" in encoded(BODY)

        assert unseal(made, PUBLIC) == BODY

    def test_no_key_id(self) -> None:
        """The id is a hint: a signature without one is as good."""
        made = sealed()
        del made["signatures"][0]["keyid"]

        assert unseal(made, PUBLIC) == BODY

    def test_several_signatures(self) -> None:
        """One signature by the trusted key is enough, whatever else stands beside it."""
        made = sealed()
        made["signatures"] = [None, {"sig": 3}, *seal(BODY, ANOTHER)["signatures"], *made["signatures"]]

        assert unseal(made, PUBLIC) == BODY


class TestRefused:
    def test_altered_payload(self) -> None:
        """One byte of the payload changed."""
        altered = encoded(BODY.replace(b"certified", b"cErtified"))

        assert refusal(sealed(payload=altered)) == (
            "It was altered after it was signed, or signed with another key: no signature in it is by this key."
        )

    def test_payload_that_is_no_base64(self) -> None:
        """A payload that was broken on the way."""
        assert refusal(sealed(payload="{}")) == "It was altered: its payload is no base64."
        assert refusal(sealed(payload=None)) == "It was altered: its payload is no base64."

    @pytest.mark.parametrize("sig", ["", "AAAA", "no base64", None, 3, encoded(bytes(64))])
    def test_forged_signature(self, sig: Any) -> None:
        """A signature that somebody made up, in whatever form."""
        assert "no signature in it is by this key" in refusal(sealed(signatures=[{"sig": sig}]))

    def test_signature_of_another_body(self) -> None:
        """A genuine signature that was taken from another certificate."""
        assert "no signature in it is by this key" in refusal(sealed(signatures=seal(b"other", KEY)["signatures"]))

    def test_signature_of_the_body_alone(self) -> None:
        """A genuine signature of the same bytes, made for something else."""
        bare = encoded(KEY.sign(BODY))

        assert "no signature in it is by this key" in refusal(sealed(signatures=[{"sig": bare}]))

    def test_another_key(self) -> None:
        """Signed by somebody else, who says so."""
        own, other = key_id(PUBLIC)[:16], key_id(ANOTHER.public_key())[:16]

        assert refusal(seal(BODY, ANOTHER)) == (
            f"It was signed with another key: it names {other}\N{HORIZONTAL ELLIPSIS}, "
            f"and yours is {own}\N{HORIZONTAL ELLIPSIS}"
        )

    def test_another_key_that_claims_to_be_this_one(self) -> None:
        """The id of the trusted key on the signature of another one."""
        made = seal(BODY, ANOTHER)
        made["signatures"][0]["keyid"] = key_id(PUBLIC)

        assert "no signature in it is by this key" in refusal(made)

    def test_key_id_that_would_steer_a_terminal(self) -> None:
        """What is no id is not repeated."""
        made = seal(BODY, ANOTHER)
        made["signatures"][0]["keyid"] = "\x1b[31m" * 20

        assert "\x1b" not in refusal(made)

    @pytest.mark.parametrize("signatures", [[], None, {}, "x"])
    def test_signatures_taken_away(self, signatures: Any) -> None:
        """An envelope that was opened and lost its signatures."""
        assert refusal(sealed(signatures=signatures)) == "It is not signed: its signatures were taken away."

    def test_statement_without_an_envelope(self) -> None:
        """The bare statement, which anybody may have written."""
        assert refusal({"_type": "https://in-toto.io/Statement/v1"}).startswith("It is not signed, so that anybody")

    @pytest.mark.parametrize("payload_type", ["application/json", "application/vnd.in-toto+JSON", "", None, ["x"]])
    def test_changed_payload_type(self, payload_type: Any) -> None:
        """The same bytes, said to be something else."""
        told = refusal(sealed(payloadType=payload_type))

        assert told == f"Its payloadType must be application/vnd.in-toto+json, not {str(payload_type)!r}."

    def test_payload_of_another_type_said_to_be_ours(self) -> None:
        """What the key's owner signed as another type does not become a certificate by being called one."""
        signature = encoded(KEY.sign(pae("text/plain", BODY)))

        assert "no signature in it is by this key" in refusal(sealed(signatures=[{"sig": signature}]))

    @pytest.mark.parametrize("document", [[], "x", 3, None, {}, {"verdict": "certified"}])
    def test_something_else(self, document: Any) -> None:
        """JSON that is no envelope at all."""
        assert refusal(document).startswith("It is no certificate: it ")
