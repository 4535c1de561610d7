"""Orders read back from a URL."""

from __future__ import annotations

import gzip
import json
import re
import socket
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hostile_server
import pytest
from scripted import Scripted, answering, once, serving

from hookassay.config import OrdersSettings
from hookassay.endpoint import Secret
from hookassay.errors import HarnessError, NotApplicable, NotJudged, NotTestable, UsageError
from hookassay.orders.adapter import open_reader
from hookassay.orders.http import another
from hookassay.orders.reader import NOBODY, OrderReader, PubliclyAsked

Opening = Callable[..., OrderReader]
ORDER = {"status": "paid", "refund_status": "none", "dispute_status": "none", "total_amount": "10.00"}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries follow at once."""
    monkeypatch.setattr("hookassay.orders.client._PAUSES", (0.001, 0.001))


@pytest.fixture
def reader_of(tmp_path: Path) -> Iterator[Opening]:
    """Opens readers and closes them after the test."""
    opened: list[OrderReader] = []

    def reader_of(source: str, timeout: float = 5.0, cacert: Path | None = None, **settings: Any) -> OrderReader:
        reader = open_reader(OrdersSettings(source=source, **settings), tmp_path, timeout, cacert)
        assert reader is not None
        opened.append(reader)
        return reader

    yield reader_of
    for reader in opened:
        reader.close()


@pytest.fixture
def reader(shop: Any, reader_of: Opening) -> OrderReader:
    """A reader with the default settings."""
    return reader_of(f"{shop.url}/orders/{{session_id}}")


def test_an_object_is_one_order(shop: Any, reader: OrderReader) -> None:
    """An object is one order, its keys the standard names, what is unknown left out."""
    shop.answer({**ORDER, "note": "x"})

    assert reader.read("cs_1") == [ORDER]


def test_a_list_holds_several_orders(shop: Any, reader: OrderReader) -> None:
    """A list holds as many orders as objects."""
    shop.answer([ORDER, ORDER])

    assert reader.read("cs_1") == [ORDER, ORDER]


@pytest.mark.parametrize(
    ("answer", "many"),
    [([ORDER], True), ([], True), (ORDER, False), (None, False)],
    ids=["list", "empty", "object", "null"],
)
def test_many_follows_the_answer(shop: Any, reader: OrderReader, answer: Any, many: bool) -> None:
    """Lists could hold several orders; objects could not."""
    shop.answer(answer)
    reader.read("cs_1")

    assert reader.many is many


def test_one_object_is_enough(shop: Any, reader: OrderReader) -> None:
    """Where a single object was seen, several orders would not be, though no order is an empty list."""
    shop.answer([])
    shop.answer(ORDER)
    shop.answer([])
    for _ in range(3):
        reader.read("cs_1")

    assert reader.many is False


def test_many_as_declared(shop: Any, reader_of: Opening) -> None:
    """What is declared stands, whatever is answered."""
    shop.answer([ORDER])
    reader = reader_of(f"{shop.url}/{{session_id}}", many=False)
    reader.read("cs_1")

    assert reader.many is False


@pytest.mark.parametrize("status", [404, 410, 204])
def test_statuses_of_no_order(shop: Any, reader: OrderReader, status: int) -> None:
    """404, 410 and 204 say that there is no order."""
    shop.answer(b"<h1>nothing here</h1>", status)

    assert reader.read("cs_1") == []


@pytest.mark.parametrize("body", [b"null", b"[]", b"", b" \n"])
def test_bodies_of_no_order(shop: Any, reader: OrderReader, body: bytes) -> None:
    """Null, an empty list and nothing say that there is no order."""
    shop.answer(body)

    assert reader.read("cs_1") == []


def test_rows_expression(shop: Any, reader_of: Opening) -> None:
    """A JMESPath expression finds the orders in an answer."""
    shop.answer({"data": {"orders": [{"node": ORDER}]}})

    assert reader_of(f"{shop.url}/{{session_id}}", rows="data.orders[].node").read("cs_1") == [ORDER]


def test_column_expressions(shop: Any, reader_of: Opening) -> None:
    """A column may be a key of any name or a JMESPath expression."""
    shop.answer({"payment-state": "paid", "refund": {"state": "refunded"}, "total": {"value": 12.5}})
    columns = {
        "status": "payment-state",
        "refund_status": "refund.state",
        "dispute_status": "dispute.state",
        "total_amount": "total.value",
    }

    (row,) = reader_of(f"{shop.url}/{{session_id}}", columns=columns).read("cs_1")

    assert row == {"status": "paid", "refund_status": "refunded", "dispute_status": None, "total_amount": 12.5}


def test_the_id_is_encoded(shop: Any, reader: OrderReader) -> None:
    """A session id can change neither path nor query."""
    shop.answer(None)
    reader.read("cs/../1?x#é")

    assert shop.asked[0][1] == "/orders/cs%2F..%2F1%3Fx%23%C3%A9"


def test_order_headers(shop: Any, reader_of: Opening) -> None:
    """The order headers are sent."""
    shop.answer(None)
    reader_of(f"{shop.url}/{{session_id}}", headers=(("Authorization", Secret("Bearer canary")),)).read("cs_1")

    assert shop.asked[0][2]["Authorization"] == "Bearer canary"


def test_environment_is_not_trusted(shop: Any, reader: OrderReader, monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy of the environment comes between."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    shop.answer(ORDER)

    assert len(reader.read("cs_1")) == 1


def test_cookies_are_not_kept(shop: Any, reader: OrderReader) -> None:
    """A reading leaves no trace in the next one."""
    shop.answer(None, Set_Cookie="session=1")
    reader.read("cs_1")
    reader.read("cs_1")

    assert "Cookie" not in shop.asked[1][2]


@pytest.mark.parametrize("status", [401, 403])
def test_refused(shop: Any, reader_of: Opening, status: int) -> None:
    """A refusal ends the run, and says which option gives the header."""
    shop.answer({"token": "canary"}, status)
    reader = reader_of(f"{shop.url}/{{session_id}}", headers=(("X-Token", Secret("canary")),))

    with pytest.raises(NotJudged, match=f"answered {status}.*--orders-header") as caught:
        reader.read("cs_1")

    assert "canary" not in str(caught.value)


def test_redirects_are_refused(shop: Any, reader: OrderReader) -> None:
    """A redirect is not followed, so that no token goes astray."""
    shop.answer(b"", 302, Location=f"{shop.url}/login")

    with pytest.raises(NotJudged, match="answered 302, a redirect"):
        reader.read("cs_1")

    assert len(shop.asked) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_passing_failures_are_tried_again(shop: Any, reader: OrderReader, status: int) -> None:
    """Too many requests and server errors are tried again."""
    shop.answer(b"", status, Retry_After="0")
    shop.answer(ORDER)

    assert reader.read("cs_1") == [ORDER]


def test_lasting_failures(shop: Any, reader: OrderReader) -> None:
    """A failure that stays is our error, with what was answered."""
    shop.answer(b"out of order", 500)

    with pytest.raises(HarnessError, match="answered 500: out of order"):
        reader.read("cs_1")

    assert len(shop.asked) == 3


def test_retry_after_is_honoured(shop: Any, reader: OrderReader, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wait that an answer asks for is kept, but not for long."""
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    shop.answer(b"", 429, Retry_After="2")
    shop.answer(b"", 429, Retry_After="3600")
    shop.answer(None)
    reader.read("cs_1")

    assert [pause for pause in pauses if pause > 1] == [2, 5]


def test_other_statuses(shop: Any, reader: OrderReader) -> None:
    """Any other status is no reading, with what was answered."""
    shop.answer(b"what order?", 400)

    with pytest.raises(HarnessError, match="answered 400: what order"):
        reader.read("cs_1")


def test_not_json(shop: Any, reader: OrderReader) -> None:
    """An answer that is not JSON is told by its beginning."""
    shop.answer(b"<html>\n<title>Log in</title>")

    with pytest.raises(HarnessError, match="must give JSON; it gave: <html> <title>Log in"):
        reader.read("cs_1")


@pytest.mark.parametrize("answer", ["paid", 1, [1], [[ORDER]]])
def test_no_objects(shop: Any, reader: OrderReader, answer: Any) -> None:
    """What is neither an object nor a list of objects points at the rows expression."""
    shop.answer(answer)

    with pytest.raises(NotJudged, match=r"must give an object or a list of objects.*Set rows"):
        reader.read("cs_1")


def test_orders_inside(shop: Any, reader: OrderReader) -> None:
    """An envelope taken for an order is told, with the key to look into."""
    shop.answer({"total": 1, "orders": [ORDER]})

    with pytest.raises(NotJudged, match=r'no column status.*It has: total, orders.*set rows = "orders"'):
        reader.read("cs_1")


def test_missing_key(shop: Any, reader: OrderReader) -> None:
    """A missing key is told with the keys there are and the nearest one."""
    shop.answer({"status": "paid", "refundStatus": "none", "dispute_status": None, "total_amount": 1})

    with pytest.raises(NotJudged, match=r'refund_status \(did you mean refundStatus\?\).*refund_status \|\| null"'):
        reader.read("cs_1")


def test_too_large(shop: Any, reader: OrderReader) -> None:
    """An answer without an end is not read to the end."""
    shop.answer(b" " * (1024 * 1024 + 1))

    with pytest.raises(HarnessError, match="more than 1 MiB"):
        reader.read("cs_1")


def test_unreachable(reader_of: Opening) -> None:
    """A URL where nothing listens is told before judging, with the reason and no token."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

        with pytest.raises(NotJudged, match="connection refused") as caught:
            reader_of(f"http://127.0.0.1:{port}/{{session_id}}?token=canary").check()

    assert "canary" not in str(caught.value)


def test_no_answer_in_time(reader_of: Opening) -> None:
    """A URL that accepts and says nothing is given up."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        reader = reader_of(f"http://127.0.0.1:{server.getsockname()[1]}/{{session_id}}", timeout=0.05)

        with pytest.raises(HarnessError, match=r": no answer within 0\.05 s"):
            reader.read("cs_1")


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def read_from(server: Scripted, reader_of: Opening, timeout: float = 0.3, **settings: Any) -> Any:
    """What a reader of the orders on this server reads."""
    return reader_of(f"http://127.0.0.1:{server.port}/{{session_id}}", timeout, **settings).read("cs_1")


HOSTILE = ("hangs", "drips a head", "drips a header", "drips a body", "headers without end", "a header without end")
HOSTILE += ("10 GB", "chunks without end", "trailers without end", "100 without end", "103 without end", "no HTTP")
HOSTILE += ("closes in the head", "closes in a chunk", "a bomb", "a bomb in a bomb", "bytes", "101")


@pytest.mark.parametrize("behaviour", HOSTILE)
def test_hostile(behaviour: str, reader_of: Opening) -> None:
    """Whatever a URL does in place of answering with an order, it is given up soon, and told."""
    with serving(hostile_server.behaviours(b"200 OK")[behaviour]) as server:
        began = time.monotonic()
        with pytest.raises(HarnessError):
            read_from(server, reader_of)
        assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("GZIP", gzip.compress), ("identity", bytes)],
)
def test_packed(encoding: str, packed: Callable[[bytes], bytes], reader_of: Opening) -> None:
    """A body that is packed although that was not asked for is read all the same."""
    body = packed(json.dumps(ORDER).encode())
    head = HEAD + f"Content-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with serving(answering(head + body)) as server:
        assert [row["status"] for row in read_from(server, reader_of)] == ["paid"]


@pytest.mark.parametrize(
    ("encoding", "body", "told"),
    [
        ("gzip", hostile_server.BOMB, "more than 1 MiB"),
        ("gzip", b"{}", "is not gzip, as it says"),
        ("gzip, gzip", hostile_server.BOMB_IN_A_BOMB, "Content-Encoding gzip, gzip, unasked"),
        ("br", b"{}", "Content-Encoding br, unasked"),
    ],
)
def test_packed_wrongly(encoding: str, body: bytes, told: str, reader_of: Opening) -> None:
    """A body that unpacks to too much, or not at all, is refused without unpacking more than is allowed."""
    script = hostile_server.bomb(body, encoding.encode(), b"200 OK")
    with serving(script) as server, pytest.raises(HarnessError, match=told):
        read_from(server, reader_of, 5.0)


def test_deep(shop: Any, reader: OrderReader) -> None:
    """JSON as deep as it likes is no order, and no fault of ours."""
    for depth in (10, *range(850, 1001, 10), 100_000):
        for opening, closing in ((b"[", b"]"), (b'{"status":', b"}")):
            shop.answer(opening * depth + b"1" + closing * depth)
            with pytest.raises((HarnessError, NotJudged)):
                reader.read("cs_1")


def test_closed_in_between(reader_of: Opening) -> None:
    """A connection that was closed after an answer, unannounced, is opened anew for the next request."""
    body = json.dumps(ORDER).encode()
    answer = HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body
    with serving(once(answer)) as server:
        reader = reader_of(f"http://127.0.0.1:{server.port}/{{session_id}}")
        assert [len(reader.read("cs_1")) for _ in range(3)] == [1, 1, 1]
        assert server.connections == 3


def test_connections_are_kept(reader_of: Opening) -> None:
    """Readings one after another go out on one connection."""
    body = json.dumps(ORDER).encode()
    answer = HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body
    with serving(answering(answer)) as server:
        reader = reader_of(f"http://127.0.0.1:{server.port}/{{session_id}}")
        for _ in range(3):
            reader.read("cs_1")
        assert server.connections == 1


def test_login_in_the_url(reader_of: Opening) -> None:
    """A user and password in the URL are sent as such, and are no part of the request's target."""
    with serving(answering(HEAD + b"Content-Length: 2\r\n\r\n[]")) as server:
        reader_of(f"http://me:canary@127.0.0.1:{server.port}/o/{{session_id}}?a=b").read("cs_1")

    (arrival,) = server.arrivals
    assert arrival.data.startswith(b"GET /o/cs_1?a=b HTTP/1.1\r\n")
    assert b"\r\nAuthorization: Basic bWU6Y2FuYXJ5\r\n" in arrival.data
    assert b"canary" not in arrival.data


def test_plain_http_where_tls_is_wanted(shop: Any, reader_of: Opening) -> None:
    """An https URL of an http server is told."""
    with pytest.raises(HarnessError, match=r"TLS failed .*\(is it http://\?\)"):
        reader_of(f"{shop.url.replace('http', 'https')}/{{session_id}}").read("cs_1")


def test_a_certificate_file_that_is_not_there(reader_of: Opening, tmp_path: Path) -> None:
    """A --cacert that is no file is a wrong usage."""
    with pytest.raises(UsageError, match="--cacert must be a readable PEM file"):
        reader_of("https://127.0.0.1:1/{session_id}", cacert=tmp_path / "none.pem").read("cs_1")


@pytest.mark.parametrize("value", ["canary\nX: y", " canary", "canaryé"])
def test_a_header_that_cannot_be_sent(reader_of: Opening, shop: Any, value: str) -> None:
    """A header value that HTTP cannot carry is a wrong usage, and is not shown."""
    with pytest.raises(UsageError, match="header") as caught:
        reader_of(f"{shop.url}/{{session_id}}", headers=(("X-Token", Secret(value)),)).read("cs_1")

    assert "canary" not in str(caught.value)


def test_check_is_content_with_no_order(shop: Any, reader: OrderReader) -> None:
    """A shop that has no order for an unknown session is ready to be read."""
    shop.answer(b"", 404)
    reader.check()

    assert shop.asked[0][1].startswith("/orders/cs_test_")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://shop.example/orders", "must hold {session_id}"),
        ("https://shop.example/{session}", r"no placeholder {session} \(did you mean session_id\?\)"),
    ],
)
def test_wrong_template(reader_of: Opening, url: str, told: str) -> None:
    """A URL that could not name a session is a wrong usage."""
    with pytest.raises(UsageError, match=told):
        reader_of(url)


@pytest.mark.parametrize("settings", [{"rows": "data["}, {"columns": {"status": "a b"}}])
def test_wrong_expression(reader_of: Opening, settings: Any) -> None:
    """An expression that is no JMESPath is a wrong usage."""
    with pytest.raises(UsageError, match="is no JMESPath expression"):
        reader_of("https://shop.example/{session_id}", **settings)


def is_public(reader: OrderReader, session_id: str = "cs_1") -> bool:
    assert isinstance(reader, PubliclyAsked)
    return reader.is_public(session_id)


def test_public(shop: Any, reader_of: Opening) -> None:
    """An order that is shown without the configured headers is public; neither header nor cookie is sent."""
    reader = reader_of(f"{shop.url}/orders/{{session_id}}", headers=(("Authorization", Secret("Bearer t")),))
    shop.answer(ORDER)
    shop.answer({}, 404)

    assert is_public(reader)
    assert [path for _, path, _, _ in shop.asked] == ["/orders/cs_1", f"/orders/{NOBODY}"]
    assert not any("Authorization" in headers for _, _, headers, _ in shop.asked)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"error": "log in"}, 401),
        ({"error": "log in"}, 403),
        ({"error": "no such order"}, 404),
        ({"error": "log in"}, 200),
        ({**ORDER, "status": "please log in"}, 200),
        ([{**ORDER, "status": "please log in"}], 200),
        (b"<!doctype html><title>Shop</title>", 200),
        (b"<form action=/login>", 200),
        (None, 200),
        ([], 200),
        ({"error": "busy"}, 503),
        (ORDER, 500),
    ],
    ids=str,
)
def test_not_public(shop: Any, reader: OrderReader, answer: Any, status: int) -> None:
    """A refusal, an error, a page, or what is said of every session alike shows nobody's order."""
    shop.answer(answer, status)

    assert not is_public(reader)


def test_not_public_behind_a_redirect(shop: Any, reader: OrderReader) -> None:
    """Who is led to a login is shown nothing."""
    shop.answer(ORDER, 302, Location="/login")

    assert not is_public(reader)


@pytest.mark.parametrize("url", ["{}/orders/{{session_id}}?token=t", "{}/orders?id={{session_id}}"])
def test_credentials_in_the_url(shop: Any, reader_of: Opening, url: str) -> None:
    """A URL that may hold the credentials itself says nothing about who is shown what, unless nobody is."""
    reader = reader_of(url.format(shop.url))
    for answer, status in ((ORDER, 200), ({}, 404), ({}, 401)):
        shop.answer(answer, status)
    with pytest.raises(NotTestable, match="--orders-header"):
        is_public(reader)

    assert not is_public(reader)


def takes_any(reader: OrderReader) -> bool:
    assert isinstance(reader, PubliclyAsked)
    return reader.takes_any_credentials("cs_1")


def test_any_credentials(shop: Any, reader_of: Opening) -> None:
    """An order that is shown for another token than the configured one is shown for any."""
    headers = (("Authorization", Secret("Bearer sk-Key.42")), ("Accept-Language", Secret("en")))
    reader = reader_of(f"{shop.url}/orders/{{session_id}}", headers=headers)
    shop.answer(ORDER)
    shop.answer({}, 404)

    assert takes_any(reader)
    for _, _, sent, _ in shop.asked:
        assert re.fullmatch(r"Bearer [a-z]{2}-[A-Z][a-z]{2}\.\d{2}", sent["Authorization"])
        assert sent["Accept-Language"] == "en"
        assert sent["Authorization"] != "Bearer sk-Key.42"


@pytest.mark.parametrize("status", [401, 403, 404])
def test_right_credentials_only(shop: Any, reader_of: Opening, status: int) -> None:
    """An order that is refused to another token is not shown for any."""
    reader = reader_of(f"{shop.url}/orders/{{session_id}}", headers=(("X-Key", Secret("k")),))
    shop.answer({}, status)

    assert not takes_any(reader)


@pytest.mark.parametrize("headers", [(), (("Accept", Secret("text/json")),)])
def test_no_credentials_that_could_be_wrong(reader_of: Opening, headers: Any) -> None:
    """Where no header says who reads, none can hold wrong credentials."""
    with pytest.raises(NotApplicable, match="no credentials are sent"):
        takes_any(reader_of("https://shop.example/orders/{session_id}", headers=headers))


@pytest.mark.parametrize("value", ["Bearer 7", "Basic dXNlcjpwYXNz", "id=a1B2", "x"])
def test_other_credentials(value: str) -> None:
    """Other credentials differ in every letter and digit, and look alike."""
    other = another(Secret(value)).reveal()
    scheme = value.rpartition(" ")[0]

    assert other.startswith(scheme)
    for own, drawn in zip(value[len(scheme) :], other[len(scheme) :], strict=True):
        assert (own != drawn) == own.isalnum()
        assert (own.isdigit(), own.islower()) == (drawn.isdigit(), drawn.islower())
