"""A burst: the events of many purchases at the same instant, each of which must show in the end.

Source: docs.stripe.com/webhooks, "Configure your handler to process incoming events with an asynchronous queue": spikes
of deliveries come with every month's renewals. What is refused is sent again, for as long as that gets further.
"""

from __future__ import annotations

import time

from ..errors import ContractViolation, NotApplicable
from ..orders.book import same
from ..orders.settling import LONGEST_AFTER_MANY
from ..wire.connection import in_words
from .scene import Role, Scene

PURCHASES = 50
HOLD = 0.01
PAUSE = 0.5
RAISED = "checkout.session.completed"


class Burst:
    """Fifty purchases, paid at once."""

    def __init__(self, scene: Scene) -> None:
        """Prepare a burst on `scene`'s stage."""
        self._scene = scene
        self._roles: list[Role] = []

    def run(self) -> None:
        """Deliver the completed checkouts at the same instant, then what else Stripe reports of the payments.

        Raises:
            NotApplicable: the endpoint is not subscribed to the event.
        """
        scene = self._scene
        subscription = scene.bench.settings.endpoint.events
        if subscription is not None and RAISED not in subscription:
            raise NotApplicable(f"not subscribed to {RAISED}")
        self._roles = [scene.cast(f"purchase {number + 1}") for number in range(PURCHASES)]
        bundles = [role.story.tell("the payment") for role in self._roles]
        others = [name for name in bundles[0].types if name != RAISED and (not subscription or name in subscription)]
        for event_type in (RAISED, *others):
            parcels = [
                scene.bench.dispatch.parcel(role.purchase.session_id, bundle.of(event_type))
                for role, bundle in zip(self._roles, bundles, strict=True)
            ]
            volley = scene.bench.dispatch.fire(parcels, HOLD)
            for parcel, answer in zip(parcels, volley.answers, strict=True):
                scene.courier.adopt(parcel, answer)
            if event_type == RAISED:
                scene.record.note(f"{PURCHASES} at once: answered {in_words(volley.answers)}")

    def loses_nothing(self) -> None:
        """Expect every delivery to be acknowledged in the end, and every purchase to show.

        Raises:
            ContractViolation: one is not, or does not.
        """
        self._until_acknowledged()
        scene = self._scene
        if scene.courier.outstanding:
            raise ContractViolation(
                f"a 2xx for each of {PURCHASES} deliveries in the end",
                f"none for {scene.courier.outstanding}; answered {in_words(scene.courier.answers[-PURCHASES:])}",
            )
        if not scene.bench.book.readable:
            return
        shown, missing = scene.bench.settling.eventually(
            self._missing,
            lambda missing: not missing,
            scene.courier,
            outstanding=PURCHASES,
            overhead=scene.bench.book.overhead * PURCHASES,
        )
        if not shown:
            raise ContractViolation(f"an effect of each of {PURCHASES} purchases", f"none of {len(missing)} of them")

    def _until_acknowledged(self) -> None:
        """Try again what was refused, as long as each round of attempts gets further."""
        courier = self._scene.courier
        end = time.monotonic() + LONGEST_AFTER_MANY
        in_vain = 0
        while courier.outstanding and in_vain < 4 and time.monotonic() < end:
            before = courier.outstanding
            time.sleep(min(max(PAUSE, courier.asked_until - time.monotonic()), LONGEST_AFTER_MANY))
            courier.pump(last=True)
            in_vain = in_vain + 1 if courier.outstanding == before else 0

    def _missing(self) -> list[Role]:
        """The purchases that do not show yet."""
        scene = self._scene
        return [role for role in self._roles if same(role.before, scene.orders(role))]
