"""The statement that is signed: an in-toto attestation, Statement v1 with the predicate test-result v0.1.

What the predicate has no field for stands in one extension field, `hookassay`. The subject is the target's description,
and its digest that of the description as canonical JSON (sorted keys, no blanks, UTF-8).
Source: github.com/in-toto/attestation, spec/v1 and spec/predicates/test-result.md.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from ..errors import Refused

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://in-toto.io/attestation/test-result/v0.1"

EXTENSION = "hookassay"
CERTIFIED = "certified"
PASSED, WARNED = "PASSED", "WARNED"

_Kind = type | tuple[type, ...]

# What a certificate holds in its extension field, and of which type.
_FIELDS: Mapping[str, _Kind] = {
    "version": str,
    "contract": str,
    "verdict": str,
    "time": str,
    "run": str,
    "target": dict,
    "levels": list,
    "levels_not_given": list,
    "clauses": list,
    "not_tested": list,
    "lost_by_subscription": list,
}

# What stands in each object of those lists that a reader is shown.
_ITEMS: Mapping[str, tuple[str, ...]] = {
    "levels": ("name", "title"),
    "levels_not_given": ("name", "reason"),
    "clauses": ("id", "level", "status"),
    "not_tested": ("clause", "reason"),
}
_TARGET: Mapping[str, _Kind] = {
    "url": str,
    "orders": str,
    "source": str,
    "api_versions": list,
    "events": (str, list),
}


def canonical(value: Any) -> bytes:
    """`value` as JSON that is written in one way only."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace")


def digest(body: bytes) -> dict[str, str]:
    """The digest set of `body`, as in-toto writes it."""
    return {"sha256": hashlib.sha256(body).hexdigest()}


def subject(name: str, target: Mapping[str, Any]) -> dict[str, Any]:
    """What is certified: the name that a reader knows it by, and the digest of its description."""
    return {"name": name, "digest": digest(canonical(target))}


def certified(body: bytes) -> Mapping[str, Any]:
    """What a statement certifies, its extension field, once it was seen to be a whole certificate of ours.

    Args:
        body: The statement, whose signature was checked.

    Raises:
        Refused: it is a statement of another kind or version, is not whole, contradicts itself, or certifies nothing.
    """
    try:
        statement = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused("What was signed is no JSON.") from None
    if not isinstance(statement, dict):
        raise Refused("What was signed is no in-toto statement.")
    _must_be("_type", statement.get("_type"), STATEMENT_TYPE)
    _must_be("predicateType", statement.get("predicateType"), PREDICATE_TYPE)
    predicate = _field(statement, "predicate", dict)
    told: Mapping[str, Any] = _field(predicate, EXTENSION, dict)
    for name, kind in _FIELDS.items():
        _field(told, name, kind)
    for name, kind in _TARGET.items():
        _field(told["target"], name, kind)
    for name, keys in _ITEMS.items():
        for item in told[name]:
            for key in keys:
                _field(_object(name, item), key, str)
    _must_be("verdict", told["verdict"], CERTIFIED)
    if predicate.get("result") not in (PASSED, WARNED) or predicate.get("failedTests") != []:
        raise Refused("It certifies nothing: tests failed.")
    subjects = _field(statement, "subject", list)
    if [_object("subject", one).get("digest") for one in subjects] != [digest(canonical(told["target"]))]:
        raise Refused("It contradicts itself: its subject is not the target that it describes.")
    return told


def _must_be(name: str, value: Any, wanted: str) -> None:
    if value != wanted:
        raise Refused(f"Its {name} must be {wanted}, not {str(value)[:80]!r}.")


def _field(table: Mapping[str, Any], name: str, kind: _Kind) -> Any:
    if not isinstance(table.get(name), kind):
        raise Refused(f"It is no certificate of hookassay: {name} is missing, or not what it must be.")
    return table[name]


def _object(name: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Refused(f"It is no certificate of hookassay: {name} is not what it must be.")
    return value
