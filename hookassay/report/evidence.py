"""The evidence of a clause, small: requests and answers as bytes, redacted, as JSON that was compressed.

Deliveries of one run are much alike, so that two thousand of them take a few hundred kilobytes. A page decompresses
those of a clause when somebody looks at them.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from http import HTTPStatus
from typing import Any

from ..judging.journal import DeliveryRecord
from ..judging.traffic import Traffic
from ..judging.verdict import ClauseResult
from ..redaction import Redactor
from .account import Moment, Read, account, since
from .paper import harmless

SHOWN = 8 * 1024
"""Characters of one request or answer that are shown, head included."""

ROOM = 3_000_000
"""Characters that the evidence of a whole report may take, compressed."""

# What is no text, and what would turn the direction of text, is shown by its number; line feeds and tabs are text.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class Evidence:
    """Packs the evidence of one clause after another, as long as there is room."""

    def __init__(self, redactor: Redactor, room: int = ROOM) -> None:
        """Pack what `redactor` lets through, into `room` characters altogether."""
        self._redactor = redactor
        self._room = room

    def pack(self, result: ClauseResult) -> str | None:
        """The evidence of a clause as base64; empty where there is none, None where there is no room for it.

        Inside is gzip, and in that a JSON list: a list of moments for each scenario.
        """
        scenarios = [
            [self._moment(moment) for moment in account(scenario, self._clean)] for scenario in result.scenarios
        ]
        if not any(scenarios):
            return ""
        if self._room <= 0:
            return None
        text = json.dumps(scenarios, ensure_ascii=False, separators=(",", ":"))
        # The time would make two reports of one run differ.
        packed = gzip.compress(text.encode("utf-8", "backslashreplace"), compresslevel=6, mtime=0)
        found = base64.b64encode(packed).decode("ascii")
        if len(found) > self._room:
            return None
        self._room -= len(found)
        return found

    def _moment(self, moment: Moment) -> dict[str, Any]:
        if isinstance(moment, Read):
            return {"at": since(moment.at), "who": moment.who, "order": moment.what}
        record = moment.record
        told: dict[str, Any] = {
            "at": since(moment.at),
            "who": moment.who,
            "what": moment.what,
            "how": moment.how,
            "kind": moment.kind,
            "answer": moment.answer,
            "id": self._clean(record.event_id),
        }
        if record.traffic is not None:
            told["sent"] = self.sent(record.traffic)
            told["received"] = self.received(record, record.traffic)
        return told

    def sent(self, traffic: Traffic) -> str:
        """The request as text."""
        return self._text(traffic.sent, traffic.unsaid)

    def received(self, record: DeliveryRecord, traffic: Traffic) -> str:
        """The answer as text; its status line is ours, its headers and its body are the endpoint's."""
        if record.status is None:
            return self._clean(record.problem or "no answer")
        known = record.status in HTTPStatus._value2member_map_
        phrase = f" {HTTPStatus(record.status).phrase}" if known else ""
        head = "".join(f"{name}: {value}\n" for name, value in traffic.headers)
        coded = next((value for name, value in traffic.headers if name.lower() == "content-encoding"), "identity")
        whole = f"{record.status}{phrase}\n{head}\n".encode("utf-8", "backslashreplace")
        if coded.strip().lower() not in ("", "identity"):
            # Nobody can read it, and nobody can see whether it holds a secret.
            return self._text(whole + f"({len(traffic.body)} bytes, {coded})".encode("utf-8", "backslashreplace"), 0)
        return self._text(whole + traffic.body, traffic.unheard)

    def _text(self, data: bytes, missing: int) -> str:
        """Bytes as text: redacted before it is cut, so that no half of a secret is left; what is no text is escaped."""
        text = data.decode("utf-8", "backslashreplace").replace("\r\n", "\n")
        unshown = len(text) - SHOWN
        if unshown > 0:
            cut = next((start for start, end in self._redactor.hidden(text) if start < SHOWN < end), SHOWN)
            text = text[:cut]
        text = _CONTROL.sub(lambda found: ascii(found[0])[1:-1], self._redactor.clean(text))
        left = max(unshown, 0) + missing
        return text + (f"\n… {left} more bytes" if left else "")

    def _clean(self, text: str) -> str:
        return harmless(self._redactor.clean(text))
