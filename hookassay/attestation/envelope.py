"""The signed envelope: DSSE with Ed25519 (github.com/secure-systems-lab/dsse, protocol 1.0)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ..errors import Refused
from .key import key_id

PAYLOAD_TYPE = "application/vnd.in-toto+json"

_KEY_ID = re.compile("[0-9a-f]{64}")
_URL_SAFE = str.maketrans("-_", "+/")


def pae(payload_type: str, body: bytes) -> bytes:
    """What is signed: the payload and its type, each with its length in bytes, so that neither passes for the other."""
    name = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(body), body)


def seal(body: bytes, key: Ed25519PrivateKey) -> dict[str, Any]:
    """`body` in an envelope, signed with `key`."""
    return {
        "payload": base64.b64encode(body).decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [
            {
                "keyid": key_id(key.public_key()),
                "sig": base64.b64encode(key.sign(pae(PAYLOAD_TYPE, body))).decode(),
            }
        ],
    }


def unseal(document: Any, key: Ed25519PublicKey) -> bytes:
    """The body of an envelope, once one of its signatures was found to be by `key`.

    Raises:
        Refused: it is not signed, not signed by `key`, altered, or no envelope of ours.
    """
    if not isinstance(document, Mapping):
        raise Refused("It is no certificate: it must be a JSON object.")
    if "payload" not in document:
        if "_type" in document:
            raise Refused("It is not signed, so that anybody may have written it. Make one with --sign KEY.")
        raise Refused("It is no certificate: it has no payload that was signed.")
    payload_type = document.get("payloadType")
    if payload_type != PAYLOAD_TYPE:
        raise Refused(f"Its payloadType must be {PAYLOAD_TYPE}, not {str(payload_type)[:80]!r}.")
    signatures = document.get("signatures")
    if not isinstance(signatures, list) or not signatures:
        raise Refused("It is not signed: its signatures were taken away.")
    body = _bytes(document["payload"])
    if body is None:
        raise Refused("It was altered: its payload is no base64.")
    told = [signature for signature in signatures if isinstance(signature, Mapping)]
    if not any(_holds(key, signature.get("sig"), body) for signature in told):
        raise Refused(_why_not(key, told))
    return body


def _holds(key: Ed25519PublicKey, sig: Any, body: bytes) -> bool:
    signature = _bytes(sig)
    if signature is None:
        return False
    try:
        key.verify(signature, pae(PAYLOAD_TYPE, body))
    except InvalidSignature:
        return False
    return True


def _why_not(key: Ed25519PublicKey, signatures: list[Mapping[str, Any]]) -> str:
    """Why no signature holds. Which key a signature says it is by is only a hint, that nobody vouches for."""
    own = key_id(key)
    named = [str(one.get("keyid", "")) for one in signatures]
    others = [name for name in named if _KEY_ID.fullmatch(name) and name != own]
    if others and len(others) == len(signatures):
        told = ", ".join(f"{other[:16]}…" for other in others)
        return f"It was signed with another key: it names {told}, and yours is {own[:16]}…"
    return "It was altered after it was signed, or signed with another key: no signature in it is by this key."


def _bytes(text: Any) -> bytes | None:
    """What a base64 text stands for, of either alphabet; None where it is none."""
    if not isinstance(text, str):
        return None
    try:
        return base64.b64decode(text.translate(_URL_SAFE), validate=True)
    except (binascii.Error, ValueError):
        return None
