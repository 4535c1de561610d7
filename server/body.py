"""Reading a request's body: exact bytes, never more than allowed."""

from __future__ import annotations

from typing import BinaryIO, cast

import falcon

DISCARD = 16 * 1024 * 1024
"""Bytes of a body that is too large which are read and dropped, so that its sender gets to see the answer."""


def read_body(req: falcon.Request, limit: int) -> bytes:
    """The body of `req`, at most `limit` bytes of it, with a Content-Length or chunked.

    It is read before anything is decided, so that what a refused request leaves behind is never taken for the next
    request on the same connection. Raises HTTPContentTooLarge beyond `limit`, HTTPBadRequest where the connection ends
    early or the framing is wrong.
    """
    if req.content_length is not None:
        stream = cast(BinaryIO, req.bounded_stream)
    elif req.env.get("wsgi.input_terminated"):  # a chunked body, whose end the WSGI server finds
        stream = cast(BinaryIO, req.stream)
    else:
        return b""
    try:
        body = stream.read(limit + 1)
        rest = len(body)
        while len(body) > limit and rest < DISCARD:
            dropped = len(stream.read(65536))
            if not dropped:
                break
            rest += dropped
    except Exception:  # each WSGI server has exceptions of its own for a client that breaks off or frames wrongly
        raise falcon.HTTPBadRequest(title="The body could not be read") from None
    if len(body) > limit:
        raise falcon.HTTPContentTooLarge(
            title="The body is too large", description=f"At most {limit} bytes are accepted."
        )
    if req.content_length is not None and len(body) < req.content_length:
        raise falcon.HTTPBadRequest(title="The body could not be read")
    return body
