"""A shop behind real connections, which treats them as it is told to, and the scene of a run that judges it."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from dataclasses import dataclass, field

from scripted import SECRET, Scripted
from stripe import SignatureVerificationError, WebhookSignature

from hookassay.config import Settings
from hookassay.judging.bench import Bench, observer
from hookassay.judging.journal import Journal
from hookassay.judging.scene import Scene
from hookassay.orders.book import OrderBook
from hookassay.orders.settling import Settling
from hookassay.orders.vocabulary import Vocabulary
from hookassay.sender.dispatch import Dispatch
from hookassay.sender.purchase import PurchaseBook

REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 409: "Conflict", 429: "Too Many Requests", 503: "Busy"}

Instead = Callable[["Delivery"], int | bytes | None]
"""What is answered in place of 200 to what is signed and 400 to what is not: a status, or bytes as they stand."""


@dataclass(frozen=True)
class Delivery:
    """One request as the shop sees it.

    Attributes:
        signed: Whether its signature is right.
        body: Its body.
        place: How many came before it on its connection.
        behind_a_refusal: Whether one of those was refused.
        seen_before: Whether the same body came before, on any connection.
    """

    signed: bool
    body: bytes
    place: int
    behind_a_refusal: bool
    seen_before: bool


@dataclass
class WireShop:
    """The script of a server: see `scripted.serving`.

    Attributes:
        instead: Gives another answer than the right one.
        version: The HTTP version that its answers are in.
        headers: What each answer carries besides its length.
        closes: Whether it closes the connection behind an answer with this status.
    """

    instead: Instead = lambda delivery: None
    version: str = "1.1"
    headers: str = ""
    closes: Callable[[int], bool] = lambda status: False
    bodies: set[bytes] = field(default_factory=set)

    def __call__(self, sock: socket.socket, server: Scripted, number: int) -> None:
        place, refused = 0, False
        while data := server.receive(sock, number):
            _, _, body = data.partition(b"\r\n\r\n")
            delivery = Delivery(_signed(data), body, place, refused, body in self.bodies)
            self.bodies.add(body)
            answer = self.instead(delivery)
            if answer is None:
                answer = 200 if delivery.signed else 400
            if isinstance(answer, bytes):
                sock.sendall(answer)
                return
            head = f"HTTP/{self.version} {answer} {REASONS[answer]}\r\n{self.headers}Content-Length: 0\r\n\r\n"
            sock.sendall(head.encode())
            if self.closes(answer):
                return
            place, refused = place + 1, refused or answer != 200


def scene_at(server: Scripted, path: str = "/webhook") -> Scene:
    """The scene of a run against `server` that has no order reader and waits for effects no longer than 30 ms."""
    endpoint, journal, settings = server.endpoint(path), Journal(), Settings()
    bench = Bench(
        settings=settings,
        endpoint=endpoint,
        shop=PurchaseBook(settings.purchase, settings.endpoint, "a1b2c3d4"),
        dispatch=Dispatch(endpoint, observer(journal, lambda text: text)),
        book=OrderBook(None, Vocabulary(settings.orders)),
        settling=Settling(0.03),
        journal=journal,
    )
    return Scene(bench, journal.open("DL-11", "a scenario"))


def _signed(data: bytes) -> bool:
    head, _, body = data.partition(b"\r\n\r\n")
    header = re.search(rb"Stripe-Signature: (.*)\r\n", head)
    try:
        WebhookSignature.verify_header(body, header[1].decode() if header else "", SECRET.reveal(), 300)
    except (SignatureVerificationError, TypeError, ValueError):
        return False
    return True
