"""Several deliveries on one connection, a forged one among them.

Source: RFC 9112, 9.3 (persistence) and 6 (message body): a server that answers before it has read the body takes the
rest of it for the next request.
"""

from __future__ import annotations

import time

from ..errors import ContractViolation, NotTestable
from ..sender.dispatch import Parcel, retried
from ..sender.signature import HONEST
from ..wire.connection import Answer, in_words
from .expectation import Expectation
from .scene import TOO_MANY_REQUESTS, Scene

FORGED = "the signature of another secret"
FIRST, FORGERY, LAST = "the first purchase", "the forged purchase", "the last purchase"
ATTEMPTS = 3
PAUSE = 1.0  # seconds
UNAVAILABLE = 503


class KeepAlive:
    """Three deliveries on one connection, the middle one forged."""

    def __init__(self, scene: Scene) -> None:
        """Prepare a conversation on `scene`'s stage."""
        self._scene = scene

    def run(self) -> None:
        """Hold the conversation, and again where an honest delivery is refused.

        A single refusal says nothing: an endpoint may refuse any attempt. What it refuses time and again behind a
        forgery, acknowledging what came before it and the same delivery on a connection of its own, it did not read as
        it was sent. A connection that was closed is none that was misread.

        Raises:
            ContractViolation: the last delivery is misread each time, or an honest one not acknowledged alone either.
            NotTestable: the deliveries are refused for another reason, such as their rate.
        """
        scene = self._scene
        parcels = [self._parcel(FIRST, HONEST), self._parcel(FORGERY, FORGED), self._parcel(LAST, HONEST)]
        first, _, last = answers = scene.bench.dispatch.converse(parcels)
        scene.courier.adopt(parcels[0], first)
        scene.courier.adopt(parcels[2], last)
        scene.until(lambda: scene.courier.outstanding == 0)
        if scene.courier.outstanding:
            raise ContractViolation("a 2xx for both honest deliveries", f"answered {in_words(scene.courier.answers)}")
        misread = 0
        for attempt in range(1, ATTEMPTS + 1):
            if attempt > 1:
                time.sleep(PAUSE)
                parcels = [retried(parcel) for parcel in parcels]
                first, _, last = answers = scene.bench.dispatch.converse(parcels)
            if not _refused(first) and not _refused(last):
                return
            misread += first.acknowledged and last.status not in (TOO_MANY_REQUESTS, UNAVAILABLE)
        described = ", then ".join(answer.describe() for answer in answers)
        seen = f"{described}, {ATTEMPTS} times; alone they are acknowledged"
        if misread < ATTEMPTS:
            raise NotTestable(f"deliveries in a row are refused ({seen}); where it is for their rate, give --rate N")
        raise ContractViolation(
            "an answer of its own for each of three deliveries on one connection, the second one forged", seen
        )

    def both_take_effect(self) -> None:
        """Expect the deliveries before and after the forged one to take effect."""
        for name in (FIRST, LAST):
            # What else Stripe reports of the payment: an endpoint may be paid by another event than the one sent.
            self._scene.deliver("the payment", name=name)
            Expectation(self._scene).takes_effect(name)

    def _parcel(self, name: str, signing: str) -> Parcel:
        scene = self._scene
        role = scene.cast(name)
        event = scene.subscribed(role.story.tell("the payment"))[-1]
        return scene.bench.dispatch.parcel(role.purchase.session_id, event, signing=signing)


def _refused(answer: Answer) -> bool:
    """Whether an answer is no 2xx, or no HTTP at all."""
    return not answer.acknowledged and (answer.status is not None or answer.problem.startswith("not a valid HTTP"))
