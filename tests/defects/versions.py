"""Defects of versions: what is right for the latest API version's payloads, and wrong for an older one's."""

from __future__ import annotations

from hookassay.server.facts import READERS
from hookassay.server.settings import Settings

from .registry import WSGIApp, defect
from .state import reading
from .variant import variant

OF_REFUNDS = ("refund.created", "refund.updated", "refund.failed", "charge.refund.updated")


@defect(
    source="synthetic",
    fails="RF-01 RF-06 RF-12",
    known_as="refunds read from refund events alone",
    fix=(
        "Handle charge.refunded and charge.refund.updated too, or use API version 2024-10-28.acacia or later. Older "
        "ones send refund events only for refunds without a charge."
    ),
    arguments="--api-version 2023-10-16",
)
def refund_events_only(settings: Settings) -> WSGIApp:
    """Refunds are read from refund.* events alone, which API versions before 2024-10-28 do not send for charges."""
    del READERS["charge.refunded"], READERS["charge.refund.updated"]
    return variant(settings)


@defect(
    source="synthetic",
    fails="RF-08 RF-09 RF-12 RP-03 CV-01",
    known_as="customer demanded of every refund",
    fix=(
        "Read only fields that the endpoint's API version has, and expect others to be absent. Find the customer by "
        "the order of the refund's payment."
    ),
    arguments="--api-version 2025-03-31.basil",
)
def customer_of_the_refund(settings: Settings) -> WSGIApp:
    """A refund's customer is read, which API versions before 2026-07-29 do not have: its events are never taken."""
    reading(lambda event: event.object["customer"], *OF_REFUNDS)
    return variant(settings)
