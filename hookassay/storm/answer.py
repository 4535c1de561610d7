"""The answer to a delivery, read no further than it takes to know its status and that it is over.

Nothing is followed, decompressed or kept. Source: RFC 9112, 4 (status line) and 6.3 (where a message ends).
"""

from __future__ import annotations

from dataclasses import dataclass

LONGEST = 64 * 1024
"""Bytes of an answer that are read; the connection of a longer one is closed, its status counts."""

_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that has ended.

    Attributes:
        status: Its status.
        keep: Whether the connection may be used again.
        retry_after: Seconds that it asks us to wait before we come again.
    """

    status: int
    keep: bool
    retry_after: float = 0.0


_seen: dict[bytes, Answer] = {}
"""Short answers that were read lately: most endpoints answer the same for a second, until its Date changes."""

_SHORT, _FEW = 512, 64


def answer(data: bytes) -> Answer | None:
    """What the bytes received so far say; None while the answer has not ended.

    Raises:
        ValueError: they are no HTTP answer.
    """
    found = _seen.get(data)
    if found is not None:
        return found
    found = _read(data)
    if found is not None and len(data) <= _SHORT:
        if len(_seen) >= _FEW:
            _seen.clear()
        _seen[data] = found
    return found


def _read(data: bytes) -> Answer | None:
    end = data.find(_END)
    if end < 0:
        if not b"HTTP/1.".startswith(data[:7]) or len(data) > LONGEST:
            raise ValueError("no HTTP answer")
        return None
    if data[:7] != b"HTTP/1." or not data[9:12].isdigit() or data[8:9] != b" " or data[12:13] not in b" \r":
        raise ValueError("no HTTP answer")
    status = int(data[9:12])
    if 100 <= status < 200:
        # 103 and the like announce the answer; 101 would change the protocol, which nobody asked for.
        return _read(data[end + 4 :]) if status != 101 else Answer(status, keep=False)
    head = data[:end].lower()
    keep = b"\r\nconnection: close" not in head and (data[7:8] == b"1" or b"\r\nconnection: keep-alive" in head)
    retry_after = _retry_after(head) if status >= 300 else 0.0
    if status in (204, 304):
        return Answer(status, keep, retry_after)
    body = len(data) - end - 4
    if b"\r\ntransfer-encoding:" in head:
        if _chunks_end(data, end + 4):
            return Answer(status, keep, retry_after)
    else:
        place = head.find(b"\r\ncontent-length:")
        if place < 0:
            # Its end is the connection's, which need not be waited for.
            return Answer(status, keep=False, retry_after=retry_after)
        stop = head.find(b"\r\n", place + 17)
        digits = head[place + 17 : stop if stop >= 0 else end].strip()
        if not digits.isdigit() or len(digits) > 18:
            raise ValueError("no HTTP answer")
        length = int(digits)
        if body == length:
            return Answer(status, keep, retry_after)
        # More than was announced would be taken for the next answer; more than we read is not waited for.
        if body > length or length > LONGEST:
            return Answer(status, keep=False, retry_after=retry_after)
    return Answer(status, keep=False, retry_after=retry_after) if body > LONGEST else None


def _chunks_end(data: bytes, place: int) -> bool:
    """Whether the chunks that begin at `place` have come to their end (RFC 9112, 7.1)."""
    while True:
        stop = data.find(b"\r\n", place)
        if stop < 0:
            return False
        try:
            size = int(data[place:stop].partition(b";")[0], 16)
        except ValueError:
            raise ValueError("no HTTP answer") from None
        if size == 0:
            return data[stop : stop + 4] == _END or data.find(_END, stop) >= 0
        if size < 0:
            raise ValueError("no HTTP answer")
        place = stop + 2 + size + 2
        if place > len(data):
            return False


def _retry_after(head: bytes) -> float:
    """The seconds of a Retry-After; a date is not waited for."""
    place = head.find(b"\r\nretry-after:")
    if place < 0:
        return 0.0
    digits = head[place + 14 :].partition(b"\r\n")[0].strip()
    return float(digits) if digits.isdigit() and len(digits) < 9 else 0.0
