"""Bodies, headers and paths that nobody sends who means well: taken or refused, and never a fault of the server's."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reference_shop import TOKEN, Purchase, Shop, event, sign

# The shop is shared by all examples, which look at nothing but the answer.
many = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])

# A thread of the database's pool draws when it reconnects, which Hypothesis takes for the strategy's doing.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")

EVENTS: list[Callable[[Purchase], dict[str, Any]]] = [
    Purchase.completed,
    lambda purchase: purchase.completed(mode="setup"),
    lambda purchase: purchase.refunded(400),
    lambda purchase: purchase.refund("created", 400, "pending"),
    lambda purchase: purchase.dispute("created", "needs_response"),
    lambda purchase: purchase.intent("payment_failed"),
    lambda purchase: event("charge.failed", purchase.charge()),
    lambda purchase: event("customer.created", {"id": "cus_1"}),
]

texts = st.one_of(
    st.text(st.characters(exclude_categories=[]), max_size=20),  # lone surrogates and NUL included
    st.sampled_from(["", "\0", "evt_\ud800", "\udfff", "paid", "usd", "won", "x" * 256, "\U0010ffff" * 255, "null"]),
)
numbers = st.one_of(
    st.integers(),
    st.integers(min_value=10**30),
    st.floats(),
    st.sampled_from([2**53 - 1, 2**53, 2**63, -(2**63), 1e308, float("inf"), -0.0, 1000.0]),
)
scalars = st.one_of(st.none(), st.booleans(), numbers, texts)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=12,
)


def written(value: Any) -> bytes:
    """The value as JSON, with what JSON does not know (NaN, Infinity) and half of surrogate pairs as escapes."""
    return json.dumps(value).encode()


def members(value: Any) -> list[tuple[dict[str, Any], str]]:
    """Every member of every object in the value, as the object and the name."""
    if not isinstance(value, dict):
        return []
    return [pair for name in value for pair in [(value, name), *members(value[name])]]


@st.composite
def bent(draw: st.DrawFn) -> bytes:
    """An event of which some members are something else, missing, or there twice."""
    told = draw(st.sampled_from(EVENTS))(Purchase())
    for _ in range(draw(st.integers(1, 3))):
        place, name = draw(st.sampled_from(members(told)))
        how = draw(st.sampled_from(["other", "missing", "expanded"]))
        if how == "missing":
            place.pop(name, None)
        else:
            place[name] = {"id": draw(values)} if how == "expanded" else draw(values)
    body = written(told)
    if draw(st.booleans()):
        first = written({draw(st.sampled_from(["id", "type", "data", "object"])): draw(values)})
        body = first[:-1] + b"," + body[1:]  # the last of two members of one name counts, here as in most readers
    return body


def right(status: int) -> bool:
    """Whether an answer is one that blames the sender, or nobody."""
    return 200 <= status < 300 or 400 <= status < 500


@many
@given(body=st.one_of(st.binary(max_size=200), values.map(written), bent()))
def test_signed(open_shop: Shop, body: bytes) -> None:
    """Whatever is rightly signed is taken, or refused as what it is."""
    assert right(open_shop.post_signed(body).status_code)


@many
@given(
    body=st.one_of(st.binary(max_size=200), bent()),
    header=st.one_of(
        st.none(),
        st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=200),
        st.from_regex(r"t=-?[0-9]{0,30}(,v[01]=[0-9a-f]{0,70}){0,5},?", fullmatch=True),
    ),
)
def test_unsigned(open_shop: Shop, body: bytes, header: str | None) -> None:
    """Whatever is not signed is refused."""
    assert open_shop.post(body, header).status_code == 400


DEPTH = 100_000
HOSTILE = {
    "a list in a list": b"[" * DEPTH + b"]" * DEPTH,
    "an object in an object": b'{"a":' * DEPTH + b"1" + b"}" * DEPTH,
    "an event around it": b'{"id":"evt_d","type":"a.b","data":{"object":{"a":' + b"[" * DEPTH + b"]" * DEPTH + b"}}}",
    "just below the limit of recursion": b'{"id":"evt_e","type":"a.b","data":{"object":{"a":%b}}}'
    % (b"[" * 900 + b"]" * 900),
    "an integer of a million digits": b'{"id":' + b"9" * 1_000_000 + b"}",
    "a float of a million digits": b'{"id":0.' + b"9" * 1_000_000 + b"}",
    "a huge exponent": b'{"id":"evt_f","type":"a.b","data":{"object":{"amount":1e999999999}}}',
    "a member a hundred thousand times": b"{" + b'"id":"evt_1",' * DEPTH + b'"type":"a.b","data":{"object":{"a":1}}}',
    "NUL": b"\0" * 1000,
    "another encoding": json.dumps(event("a.b", {"id": "x"})).encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "half a character": b'{"id":"evt_\xe2\x82"}',
    "a surrogate in UTF-8": b'{"id":"evt_\xed\xa0\x80"}',
    "two megabytes of spaces": b" " * 2_000_000,
    "two megabytes of text": b'{"id":"' + b"x" * 2_000_000 + b'"}',
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_hostile(shop: Shop, body: bytes) -> None:
    """What is deep, huge or no text at all is answered, whoever signed it."""
    assert right(shop.post_signed(body).status_code)
    assert shop.post(body, sign(body, secret="whsec_of_somebody_else")).status_code == 400


@many
@given(path=st.text(st.characters(max_codepoint=255), max_size=60), method=st.sampled_from(["GET", "POST", "PUT", "X"]))
def test_any_path(open_shop: Shop, path: str, method: str) -> None:
    """Whatever is asked for, with whatever method, the server answers it."""
    answer = open_shop.client.simulate_request(
        method if method != "X" else "TRACE",
        "/orders/" + path.replace("?", ""),
        headers={"Authorization": f"Bearer {TOKEN}"},
    )
    assert right(answer.status_code)


def test_sums_of_the_largest(shop: Shop, purchase: Purchase) -> None:
    """However much is given back, what an order keeps of it is a number that every database can hold."""
    shop.deliver(purchase.completed(amount_total=2**53 - 1))
    with shop.database.atomic():
        shop.database.execute_sql(
            "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 1100) INSERT INTO facts "
            "(kind, stripe_id, payment_intent, status, rank, amount) "
            "SELECT 'refund', 're_' || n, ?, 'succeeded', 3, ? FROM n",
            (purchase.intent_id, 2**53 - 1),
        )
    assert shop.post_signed(written(purchase.refund("created", 1, "succeeded"))).status_code == 200
