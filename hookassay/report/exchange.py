"""One delivery on the terminal: the request, the answer, and where the time went."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress

from rich.console import Console

from ..endpoint import Endpoint
from ..redaction import Redactor
from ..sender.signature import HONEST
from ..wire.connection import Answer, Request
from ..wire.stopwatch import Timing
from .paper import Paper


def print_exchange(
    console: Console,
    redactor: Redactor,
    endpoint: Endpoint,
    request: Request,
    answer: Answer,
    timing: Timing,
    *,
    signing: str = HONEST,
) -> None:
    """Print what was sent and what came back, bodies that are JSON indented, and whether it was acknowledged."""
    paper = Paper(console, redactor)
    paper.line((f"{request.method} {endpoint.url}", "bold"))
    paper.line("Signed: ", "as Stripe does" if signing == HONEST else f"forged, {signing}")
    paper.line()
    head, _, _ = request.to_bytes(endpoint).partition(b"\r\n\r\n")
    for line in (*_text(head).split("\r\n"), "", *_body(request.body)):
        paper.line((">", "cyan"), f" {line}")
    paper.line()
    for line in _answered(answer):
        paper.line(("<", "green" if answer.acknowledged else "red"), f" {line}")
    paper.line()
    paper.line("Timing: ", _timing(timing))
    paper.line((_outcome(answer, signing), "bold green" if answer.acknowledged else "bold red"))


def raw(redactor: Redactor, endpoint: Endpoint, request: Request, answer: Answer) -> bytes:
    """The request exactly as it was sent, but for what is secret, and the answer after it."""
    head = "\r\n".join(_head(answer)) if answer.status is not None else answer.problem
    parts = (request.to_bytes(endpoint), b"\n\n", head.encode(), b"\r\n\r\n", answer.body, b"\n")
    text = b"".join(parts).decode("utf-8", "surrogateescape")
    return redactor.clean(text).encode("utf-8", "surrogateescape")


def _answered(answer: Answer) -> Iterator[str]:
    if answer.status is None:
        yield f"no answer: {answer.problem}"
        return
    yield from _head(answer)
    if answer.body:
        yield ""
        yield from _body(answer.body)


def _head(answer: Answer) -> Iterator[str]:
    yield str(answer.status)
    for name, value in answer.headers:
        yield f"{name}: {value}"


def _body(body: bytes) -> list[str]:
    """The lines of a body, indented where it is JSON."""
    text = _text(body)
    with suppress(ValueError):
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    return text.splitlines() or [""]


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _timing(timing: Timing) -> str:
    if timing.connect is None:
        return f"no connection after {_milliseconds(timing.total)}"
    told = f"connected in {_milliseconds(timing.connect)}, "
    if timing.first_byte is not None:
        told += f"first byte of the answer after {_milliseconds(timing.first_byte)}, "
    return f"{told}{_milliseconds(timing.total)} in all"


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def _outcome(answer: Answer, signing: str) -> str:
    if answer.status is None:
        return "not answered"
    if signing == HONEST:
        return "acknowledged" if answer.acknowledged else "not acknowledged: Stripe would send it again"
    if answer.acknowledged:
        return "acknowledged, although it is a forgery: look whether it had an effect"
    return "refused, as a forgery must be"
