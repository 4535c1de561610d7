"""What went over the wire in one attempt, kept as it was: whoever writes a report redacts it then."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..sender.dispatch import Attempt
from ..wire.connection import Headers, Request

KEPT_BYTES = 16 * 1024
"""Of a longer body the beginning is kept."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """A request and its answer.

    Attributes:
        request: What was sent; the end of a long body is missing, its length stands in a header.
        authority: The host that it was sent to, as in its Host header.
        target: The path and query that it was sent to.
        headers: The answer's headers, as received.
        body: The beginning of the answer's body.
        unsaid: Bytes of the request's body that were sent and not kept.
        unheard: Bytes of the answer's body that were received and not kept.
    """

    request: Request
    authority: str
    target: str
    headers: Headers
    body: bytes
    unsaid: int = 0
    unheard: int = 0

    @classmethod
    def of(cls, attempt: Attempt) -> Traffic:
        """What went over the wire in `attempt`; nothing is copied but the beginning of what is long."""
        request, endpoint, answer = attempt.request, attempt.endpoint, attempt.answer
        unsaid, unheard = len(request.body) - KEPT_BYTES, len(answer.body) - KEPT_BYTES
        if unsaid > 0:
            headers = request.headers
            if not any(name.lower() in ("content-length", "transfer-encoding") for name, _ in headers):
                headers = (*headers, ("Content-Length", str(len(request.body))))
            request = replace(request, body=request.body[:KEPT_BYTES], headers=headers)
        return cls(
            request,
            endpoint.authority,
            endpoint.target,
            answer.headers,
            answer.body[:KEPT_BYTES],
            max(unsaid, 0),
            max(unheard, 0),
        )

    @property
    def size(self) -> int:
        """About how many bytes this keeps in memory."""
        return len(self.request.body) + len(self.body)

    @property
    def sent(self) -> bytes:
        """The request as it went over the wire, as far as it was kept."""
        return self.request.written(self.authority, self.target)
