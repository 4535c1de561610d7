"""The postmark: a delivery as the bytes of a request, signed at the moment when it leaves and not before."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from ..endpoint import Endpoint
from ..wire.connection import Request

_BLOCK = 64
_SIGNED, _LONG = "hookassay-signature-here", "hookassay-length-here"


class Postmark:
    """Writes requests to one endpoint: what does not change is written once."""

    def __init__(self, endpoint: Endpoint, headers: Sequence[tuple[str, str]]) -> None:
        """Write to `endpoint` with these request headers besides the signature and the endpoint's own."""
        model = Request(
            b"",
            (*headers, ("Stripe-Signature", _SIGNED), *endpoint.headers, ("Content-Length", _LONG)),
        ).to_bytes(endpoint)
        self._before, _, rest = model.partition(_SIGNED.encode())
        self._between, _, self._after = rest.partition(_LONG.encode())
        # HMAC (RFC 2104) as its two halves, each prepared with the key: for short messages that is quicker.
        key = endpoint.secret.reveal().encode()
        key = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in key))

    def signature(self, body: bytes, now: int) -> bytes:
        """The value of the Stripe-Signature header for `body` at `now`, in Unix seconds."""
        stamp = b"%d" % now
        inner = self._inner.copy()
        inner.update(b"%b.%b" % (stamp, body))
        outer = self._outer.copy()
        outer.update(inner.digest())
        return b"t=%b,v1=%b" % (stamp, outer.hexdigest().encode())

    def request(self, body: bytes, now: int) -> bytes:
        """The whole request that delivers `body`, signed at `now`."""
        return b"%b%b%b%d%b%b" % (
            self._before,
            self.signature(body, now),
            self._between,
            len(body),
            self._after,
            body,
        )
