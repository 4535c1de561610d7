"""Defects of parsing: something else is verified than the bytes that came."""

from __future__ import annotations

import json
from collections.abc import Callable

from hookassay.server.settings import Settings
from hookassay.server.webhook import UnverifiedError, Webhook

from .registry import WSGIApp, defect
from .variant import variant

# How more than two of the defects below are mended.
RAW_BODY = (
    "Verify the signature over the exact bytes of the request body, read before any parser or middleware changes them. "
    "Parse the JSON afterwards."
)


def verifying(rewrite: Callable[[bytes], bytes]) -> type[Webhook]:
    """The webhook resource that verifies what `rewrite` makes of a body; a ValueError of its is a refusal."""

    class Wrong(Webhook):
        def verify(self, body: bytes, header: str | None) -> str:
            try:
                rewritten = rewrite(body)
            except (ValueError, RecursionError):
                raise UnverifiedError from None
            return super().verify(rewritten, header)

    return Wrong


@defect(
    source="D09",
    fails="SG-05 SG-06 FG-07",
    known_as="signature checked over the re-serialised body",
    fix=RAW_BODY,
)
def rewritten_by_json_dumps(settings: Settings) -> WSGIApp:
    """Verifies json.dumps(request.json), which Stripe never sent."""
    return variant(settings, webhook=verifying(lambda body: json.dumps(json.loads(body)).encode()))


@defect(
    source="D09",
    fails="SG-05 SG-06 FG-07",
    known_as="signature checked over the body as compact JSON",
    fix=RAW_BODY,
)
def rewritten_by_json_stringify(settings: Settings) -> WSGIApp:
    """Verifies JSON.stringify(req.body): compact events pass, and the indented ones that Stripe sends do not."""

    def stringify(body: bytes) -> bytes:
        return json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False).encode()

    return variant(settings, webhook=verifying(stringify))


@defect(
    source="D09",
    fails="SG-05 FG-07",
    known_as="signature checked over the trimmed body",
    fix=RAW_BODY,
)
def stripped(settings: Settings) -> WSGIApp:
    """Strips the body's white space before verifying it."""
    return variant(settings, webhook=verifying(bytes.strip))


@defect(
    source="D10",
    fails="SG-06",
    known_as="signature checked over the body as Latin-1",
    fix=RAW_BODY,
)
def decoded_as_latin1(settings: Settings) -> WSGIApp:
    """Decodes the body as Latin-1, so that text outside ASCII is not what was signed."""
    return variant(settings, webhook=verifying(lambda body: body.decode("latin-1").encode()))
