"""One HTTP/1.1 request while it arrives: where it ends, and when it is too much.

Only the framing is read here (RFC 9112, section 6). What a request means, and whether its head is well-formed in every
other respect, is for the WSGI server to say, once there is the whole of it.
"""

from __future__ import annotations

import re

LARGEST_HEAD = 64 * 1024
"""Bytes of the request line and all headers together."""

LARGEST_BODY = 2 * 1024 * 1024
"""Bytes. No route takes more; some take less, and say so themselves."""

LONGEST_CHUNK_LINE = 256
"""Bytes of a chunk's size with its extensions, and of a trailer."""

_SIZE = re.compile(rb"[0-9A-Fa-f]{1,8}")


class RefusedError(Exception):
    """The request is answered with `status` and `title` without being looked at further."""

    def __init__(self, status: int, title: str) -> None:
        super().__init__(f"{status} {title}")
        self.status = status
        self.title = title


class Arriving:
    """The bytes that have come on a connection and were not handed over yet."""

    def __init__(self) -> None:
        self.data = bytearray()
        self._begin()

    def _begin(self) -> None:
        self._body_at = 0
        """Where the body begins; 0 while the head has not ended."""
        self._end: int | None = None
        """Where the request ends, where its head says so."""
        self._seen = 0
        """How far the head or the chunks have been read."""
        self._content = 0
        """Bytes of content that the chunks read so far hold."""
        self._in_trailers = False
        self.awaits_permission = False
        """Whether the sender waits for `100 Continue` before it sends the body."""

    def add(self, piece: bytes) -> None:
        """Take what has come."""
        self.data += piece

    def whole(self) -> int | None:
        """How many bytes the first request has, once all of it has come; None before.

        Raises RefusedError where it is too large, or where its end cannot be told.
        """
        if not self._body_at and not self._read_head():
            return None
        if self._end is None:
            self._end = self._read_chunks()
        if self._end is None or len(self.data) < self._end:
            return None
        return self._end

    def take(self) -> bytes:
        """The first request, which must be whole; what came behind it stays."""
        assert self._end is not None
        request = bytes(self.data[: self._end])
        del self.data[: self._end]
        self._begin()
        return request

    def _read_head(self) -> bool:
        """Whether the head has come; then it has been read."""
        found = self.data.find(b"\r\n\r\n", max(0, self._seen - 3))
        self._seen = len(self.data)
        if max(found, self._seen if found < 0 else 0) > LARGEST_HEAD:
            raise RefusedError(431, "The headers are too large")
        if found < 0:
            return False
        self._body_at = self._seen = found + 4
        lengths, codings = [], []
        for line in bytes(self.data[:found]).split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            name, value = name.strip().lower(), value.strip(b" \t")
            if name == b"content-length":
                lengths.append(value)
            elif name == b"transfer-encoding":
                codings.append(value.lower())
            elif name == b"expect":
                self.awaits_permission = value.lower() == b"100-continue"
        # Whoever stands in front of this server may have read such a request otherwise (RFC 9112, section 11.2).
        if len(lengths) + len(codings) > 1 or (codings and codings != [b"chunked"]):
            raise RefusedError(400, "The body's length cannot be told")
        if not codings:
            self._end = self._body_at + (self._declared(lengths[0]) if lengths else 0)
        return True

    @staticmethod
    def _declared(length: bytes) -> int:
        if not length.isdigit():
            raise RefusedError(400, "The body's length cannot be told")
        if len(length) > 20 or int(length) > LARGEST_BODY:
            raise RefusedError(413, "The body is too large")
        return int(length)

    def _read_chunks(self) -> int | None:
        """Where a chunked request ends, None before the end has come (RFC 9112, section 7.1)."""
        while True:
            line_end = self.data.find(b"\r\n", self._seen, self._seen + LONGEST_CHUNK_LINE)
            if line_end < 0:
                if len(self.data) - self._seen >= LONGEST_CHUNK_LINE:
                    raise RefusedError(400, "The chunks cannot be read")
                return None
            line = bytes(self.data[self._seen : line_end])
            if self._in_trailers:
                self._seen = line_end + 2
                if not line:
                    return self._seen
                if self._seen - self._body_at > 2 * LARGEST_BODY:
                    raise RefusedError(431, "The trailers are too large")
                continue
            size = _SIZE.match(line)
            if size is None:
                raise RefusedError(400, "The chunks cannot be read")
            length = int(size.group(), 16)
            self._content += length
            chunk_end = line_end + 2 + length + 2
            # Chunks of a byte each carry many times as much framing as content.
            if self._content > LARGEST_BODY or chunk_end - self._body_at > 2 * LARGEST_BODY:
                raise RefusedError(413, "The body is too large")
            if not length:
                self._in_trailers = True
                self._seen = line_end + 2
                continue
            if len(self.data) < chunk_end:
                return None
            if self.data[chunk_end - 2 : chunk_end] != b"\r\n":
                raise RefusedError(400, "The chunks cannot be read")
            self._seen = chunk_end
