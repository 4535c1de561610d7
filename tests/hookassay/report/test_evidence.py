"""The evidence of a clause, packed."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

from results import delivery, judged, scenario
from traffic import traffic

from hookassay.judging.journal import DeliveryRecord, Reading
from hookassay.orders.vocabulary import Order
from hookassay.redaction import Redactor
from hookassay.report.evidence import SHOWN, Evidence

SECRET = "whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cw"


def unpacked(*deliveries: DeliveryRecord, secret: str = "hunter2hunter2", **changes: Any) -> list[dict[str, Any]]:
    """What is packed of one scenario."""
    one = judged("RP-03", "passed", "", scenario("RP-03", "x", deliveries=list(deliveries), **changes))
    packed = Evidence(Redactor([secret])).pack(one)
    assert packed
    (moments,) = json.loads(gzip.decompress(base64.b64decode(packed)))
    return list(moments)


def test_request_and_answer_are_shown_as_bytes() -> None:
    """What went over the wire is there, line by line; the words of the status are ours."""
    exchanged = traffic(b'{"id": "evt_1"}', b'{"received": true}', (("Server", "toy"),))
    (moment,) = unpacked(delivery(traffic=exchanged))

    assert moment["sent"] == (
        "POST /stripe/webhook HTTP/1.1\n"
        "Host: localhost:4242\n"
        "Content-Type: application/json\n"
        "Stripe-Signature: t=1767225600,v1=5257a869\n"
        "Content-Length: 15\n"
        "\n"
        '{"id": "evt_1"}'
    )
    assert moment["received"] == '200 OK\nServer: toy\n\n{"received": true}'


def test_readings_stand_between_deliveries() -> None:
    """What an order read is evidence as well."""
    paid = Order(frozenset({"paid"}), words={"status": "paid"})
    moments = unpacked(delivery(), readings=[Reading("cs_test_run7f3a_1", (paid,), 1.3, 1.4)])

    assert moments[1] == {"at": "50.0 ms", "who": "", "order": "one order (status=paid)"}


def test_secrets_are_replaced_wherever_they_stand() -> None:
    """In headers and bodies, of requests and of answers, in names and problems."""
    exchanged = traffic(b"hunter2hunter2", b"hunter2hunter2", (("X-Leak", "hunter2hunter2"),))
    moments = unpacked(
        delivery(traffic=exchanged, event_type="hunter2hunter2", event_id="hunter2hunter2", problem="hunter2hunter2"),
        delivery(traffic=traffic(answer=f"key {SECRET}".encode())),
    )

    assert "hunter2" not in json.dumps(moments)
    assert SECRET not in json.dumps(moments)


def test_no_half_of_a_secret_is_left_where_a_text_is_cut() -> None:
    """A secret that stands across the cut is left out with it."""
    page = b"x" * (SHOWN - 20) + b"hunter2hunter2" * 20
    (moment,) = unpacked(delivery(traffic=traffic(answer=page)))

    assert "hunter2" not in moment["received"]


def test_a_long_text_says_how_much_is_left_out() -> None:
    """Both what was not kept and what is not shown are counted."""
    (moment,) = unpacked(delivery(traffic=traffic(answer=b"x" * SHOWN, unheard=1000)))

    assert moment["received"].endswith(f"\n… {1000 + len('200 OK' + chr(10) + chr(10))} more bytes")


def test_what_is_no_text_is_shown_by_its_number() -> None:
    """Bytes that are no UTF-8, control characters, and what turns the direction of text."""
    (moment,) = unpacked(delivery(traffic=traffic(answer=b"\xff\x00\x1b[2J\xe2\x80\xae.")))

    assert moment["received"].endswith("\\xff\\x00\\x1b[2J\\u202e.")


def test_a_compressed_answer_is_not_shown() -> None:
    """Nobody could read it, and a secret in it could not be seen."""
    compressed = gzip.compress(b"hunter2hunter2")
    coded = (("Content-Encoding", "gzip"),)
    (moment,) = unpacked(delivery(traffic=traffic(answer=compressed, headers=coded)))

    assert moment["received"] == f"200 OK\nContent-Encoding: gzip\n\n({len(compressed)} bytes, gzip)"


def test_no_answer_says_why() -> None:
    """Where nothing came back there is a reason in its place."""
    (moment,) = unpacked(delivery(status=None, problem="connection refused", traffic=traffic()))

    assert moment["received"] == "connection refused"


def test_bytes_that_were_not_kept_are_missing() -> None:
    """Of a long scenario the deliveries stay, though not their bytes."""
    assert "sent" not in unpacked(delivery())[0]


def test_nothing_sent_is_nothing_packed() -> None:
    """A clause that was not judged has no evidence."""
    assert Evidence(Redactor()).pack(judged("RP-03", "not_testable", "x")) == ""


def test_equal_evidence_is_packed_alike() -> None:
    """A report of the same result is the same file."""
    assert len({Evidence(Redactor()).pack(judged("RP-03")) for _ in range(3)}) == 1


def test_where_there_is_no_room_it_is_left_out() -> None:
    """A report stays small, whatever an endpoint answers, and says what is missing."""
    evidence = Evidence(Redactor(), room=300)
    first, second = (evidence.pack(judged("RP-03")) for _ in range(2))

    assert first
    assert second is None
