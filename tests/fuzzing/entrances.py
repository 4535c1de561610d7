"""What is fuzzed: the ways in which bytes from outside reach the reference server, each with what must always hold."""

from __future__ import annotations

import atexit
import io
import json
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import reference_shop
from gunicorn.config import Config
from gunicorn.http import RequestParser
from gunicorn.http.errors import NoMoreData, ParseException
from hookassay.server.arriving import Arriving, RefusedError
from hookassay.server.models import close_database
from reference_shop import JUNK, Purchase, Shop, sign

CORPUS = Path(__file__).parent / "corpus"

FORGET_AFTER = 1000
"""Inputs after which the database is emptied, so that a long search does not slow down."""


class Entrances:
    """The server on a database of its own, asked without a socket."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="fuzzing-")
        atexit.register(self._folder.cleanup)
        self._shop = Shop(reference_shop.settings_for(f"sqlite:///{self._folder.name}/orders.db"))
        self._shop.database.execute_sql("PRAGMA synchronous = off")
        self._asked = 0
        self._gunicorn = Config()

    def close(self) -> None:
        """Close and remove the database."""
        close_database(self._shop.database)
        self._folder.cleanup()

    def signed_body(self, data: bytes) -> None:
        """Whatever Stripe signs is taken or refused, and is no fault of the server's."""
        status = self._post(data, sign(data))
        assert 200 <= status < 300 or 400 <= status < 500, f"a signed body was answered {status}"

    def header_and_body(self, data: bytes) -> None:
        """Whatever comes without Stripe's signature is refused: the header up to the first line end, and the body.

        `NOW` in the header stands for the time, which a search could not find.
        """
        header, _, body = data.partition(b"\n")
        header = header.replace(b"NOW", b"%d" % time.time())
        status = self._post(body, header.decode("latin-1"))
        assert 400 <= status < 500, f"an unsigned request was answered {status}"

    def request(self, data: bytes) -> None:
        """Where a request is said to end, it ends for gunicorn too: nothing is left to pass for another request."""
        arriving = Arriving()
        arriving.add(data)
        try:
            if arriving.whole() is None:
                return
            parser = RequestParser(self._gunicorn, [arriving.take()], ("127.0.0.1", 1))
            next(parser).body.read()
        except (RefusedError, ParseException, NoMoreData, StopIteration):
            return  # the connection is closed
        assert not parser.unreader.buf.getvalue(), "something is left of the request"

    def _post(self, body: bytes, header: str) -> int:
        self._forget()
        answered: list[str] = []

        def start_response(status: str, _headers: object, _error: object = None) -> Callable[[bytes], object]:
            answered.append(status)
            return io.BytesIO().write

        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/stripe/webhook",
            "QUERY_STRING": "",
            "SERVER_NAME": "shop.example",
            "SERVER_PORT": "443",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_STRIPE_SIGNATURE": header,
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.url_scheme": "https",
        }
        list(self._shop.app(environ, start_response))
        return int(answered[-1].split()[0])

    def _forget(self) -> None:
        self._asked += 1
        if self._asked % FORGET_AFTER == 0:
            for table in ("events", "facts", "orders"):
                self._shop.database.execute_sql(f"DELETE FROM {table}")


SHARES = {"signed_body": 0.6, "header_and_body": 0.1, "request": 0.3}
"""Every entrance, and how much of the time a search spends at it."""


def seeds(name: str) -> Mapping[str, bytes]:
    """What a search begins with, by what it is: an event of each kind, and bodies that are none."""
    purchase = Purchase(name="seed")
    events = {
        "completed": purchase.completed(),
        "free": purchase.completed(payment_intent=None, amount_total=0, payment_status="no_payment_required"),
        "refunded": purchase.refunded(400),
        "refund": purchase.refund("created", 400, "pending", payment_intent={"id": "pi_seed"}),
        "refund-updated": purchase.refund("charge.refund.updated", 400, "failed", charge=None),
        "dispute": purchase.dispute("created", "needs_response"),
        "intent": purchase.intent("payment_failed"),
    }
    bodies = {
        **{kind: json.dumps({**event, "id": f"evt_{kind}"}).encode() for kind, event in events.items()},
        **{kind.replace(" ", "-"): text[:1000].encode() for kind, text in JUNK.items()},
    }
    if name == "signed_body":
        return bodies
    if name == "request":
        head, chunked = b"POST / HTTP/1.1\r\nHost: a\r\n", b"Transfer-Encoding: chunked\r\n\r\n"
        requests = (
            head + b"\r\n",
            head + b"Content-Length: 2\r\n\r\n{}",
            head + b"Content-Length: 2\r\n" + chunked + b"0\r\n\r\n",
            head + b"Expect: 100-continue\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
            head + chunked + b"2\r\n{}\r\n0\r\n\r\n",
            head + chunked + b"2;a=b\r\n{}\r\n0\r\nA: b\r\n\r\n",
            head + chunked + b"0\r\n\r\n" + head + b"\r\n",
            b"\r\nGET /healthz HTTP/1.0\r\nX: y\r\n\r\n",
        )
        return {f"request-{place}": request for place, request in enumerate(requests)}
    headers = (
        "",
        "t=NOW,v1=00",
        "t=1,v1=00",
        "t=,v1=",
        "t=1,t=2,v1=a,v1=b,v0=c",
        "t=99999999999999999999,v1=\xe9",
        "=,=",
        "t=1;v1=1",
    )
    return {f"header-{place}": f"{header}\n{{}}".encode("latin-1") for place, header in enumerate(headers)}


WORDS = (
    *("id", "object", "event", "type", "data", "livemode", "account", "metadata", "user_id", "currency", "mode"),
    *("amount", "amount_total", "amount_refunded", "payment_intent", "charge", "latest_charge", "status"),
    *("payment_status", "paid", "setup", "succeeded", "failed", "evt_1", "\\\\ud800", "\\\\u0000", "1e400", "9e15"),
    *("checkout.session.completed", "charge.refunded", "refund.created", "charge.dispute.created"),
    *("payment_intent.payment_failed", "t=NOW", "v1=", "null", "true", "-1", "NaN", "1.5"),
    *("Content-Length: ", "Transfer-Encoding: chunked", "HTTP/1.1", "\\x0d\\x0a", "\\x0d\\x0a\\x0d\\x0a"),
)
"""What a search puts together besides single bytes, as libFuzzer's dictionaries spell it."""
