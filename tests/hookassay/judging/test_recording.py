"""What is kept of a failed scenario, and what becomes of it when it is delivered again."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from results import clause, result, violation
from toy_shop import Staging

from hookassay.config import PurchaseSettings, Settings
from hookassay.errors import UsageError
from hookassay.judging import casting
from hookassay.judging.journal import KEPT_DELIVERIES
from hookassay.judging.recording import Recording, recorded
from hookassay.judging.scene import Scene

RUN, OTHER = "a1b2c3d4", "0f9e8d7c"


def recording(scene: Scene) -> Recording:
    """The recording of what was delivered in the scene so far."""
    scene.record.expected, scene.record.seen = "a refunded order", "a paid order"
    found = Recording.of(clause("OO-01"), scene.record, result(run=RUN))
    assert found is not None
    return found


def test_every_delivery_is_kept(scene: Scene) -> None:
    """What was delivered is there in its order, each as it was signed and answered."""
    scene.deliver("a full refund")
    scene.forge("the payment", "half a signature")
    found = recording(scene)

    assert [delivery.parcel.event_type for delivery in found.deliveries] == [
        one.event_type for one in scene.record.deliveries
    ]
    assert {delivery.parcel.signing for delivery in found.deliveries} == {"honest", "half a signature"}
    assert {delivery.status for delivery in found.deliveries} == {200, 400}


def test_nothing_of_the_secret_is_kept(scene: Scene) -> None:
    """Neither a signature nor the secret is in the file, only how it was signed."""
    scene.deliver("the payment")
    text = recording(scene).text()

    assert "whsec_" not in text
    assert "v1=" not in text


def test_as_a_file(scene: Scene) -> None:
    """What is written is what is read."""
    scene.deliver("the payment", signing="a v0 after the v1")
    scene.deliver_as_stripe("a full refund")
    found = recording(scene)

    read = Recording.parse(found.text(), "1.json")

    assert replace(read, manner=found.manner) == found
    assert read.manner.headers == found.manner.headers


def test_bytes_that_are_no_text(scene: Scene) -> None:
    """A body that is not UTF-8 comes back as it was."""
    scene.deliver("the payment")
    found = recording(scene)
    first = replace(found.deliveries[0], parcel=replace(found.deliveries[0].parcel, body=b"\xff\x00"))
    found = replace(found, deliveries=(first,))

    assert Recording.parse(found.text(), "1.json").deliveries == (first,)


def test_every_id_becomes_another(scene: Scene) -> None:
    """Nothing of the recorded run is left in any body, and what belonged together still does."""
    scene.deliver("the payment")
    scene.deliver("a full refund")
    fresh = recording(scene).afresh(OTHER, 2_000_000_000)

    bodies = [delivery.parcel.body.decode() for delivery in fresh.deliveries]
    assert not any(RUN in body for body in bodies)
    intents = {
        json.loads(body)["data"]["object"].get("payment_intent") for body in bodies if '"charge"' in body
    }  # fmt: skip
    assert len(intents - {None}) == 1
    assert fresh.about[0] != scene.role().purchase.session_id
    assert json.loads(bodies[0])["id"] == fresh.deliveries[0].parcel.event_id


def test_ids_that_differ_in_case_only_go_on_doing_so(scene: Scene) -> None:
    """Where two purchases' ids differ in the case of their letters, the fresh ones do."""
    scene.deliver("the payment")
    casting.in_other_case(scene, "the other")
    scene.deliver("the payment", name="the other")
    first, second = recording(scene).afresh(OTHER, 2_000_000_000).about

    assert first != second
    assert first.lower() == second.lower()
    assert OTHER in first


def test_moments_move(scene: Scene) -> None:
    """An event that was a minute old is a minute old again."""
    scene.deliver("the payment")
    found = recording(scene)
    then = json.loads(found.deliveries[0].parcel.body)["created"]

    now = json.loads(found.afresh(OTHER, found.at + 86_400).deliveries[0].parcel.body)["created"]

    assert now - then == 86_400


def test_references_of_the_shop_become_others(staging: Staging) -> None:
    """A reference that holds a UUID holds a fresh one, in the event and for the shop's own action."""
    scene = staging(Settings(purchase=PurchaseSettings(client_reference_id="cart-{uuid}")))
    scene.deliver("the payment")
    found = recording(scene)
    fresh = found.afresh(OTHER, found.at)

    before, after = (one.purchases[0]["client_reference_id"] for one in (found, fresh))
    assert before != after
    assert json.loads(fresh.deliveries[-1].parcel.body)["data"]["object"]["client_reference_id"] == after


def test_purchases_are_kept_for_the_shop(scene: Scene) -> None:
    """What the shop's own action needs comes back from the file, amounts as numbers."""
    scene.deliver("the payment")
    purchase = Recording.parse(recording(scene).text(), "1.json").purchases[0]

    assert (purchase["amount"], purchase["amount_major"]) == (1000, Decimal(10))


def test_waiting_is_kept(scene: Scene) -> None:
    """Where a scenario waited, a pause is kept; the time between two deliveries is none."""
    scene.deliver("the payment")
    records = scene.record.deliveries
    records[-1] = replace(records[-1], at=records[-1].at + 0.4)
    pauses = [delivery.pause for delivery in recording(scene).deliveries]

    assert pauses[:-1] == [0.0] * (len(pauses) - 1)
    assert 0.3 < pauses[-1] < 0.5


def test_a_volley_stays_together(scene: Scene) -> None:
    """What left at once is known as such."""
    event = scene.tell("the payment").events[-1]
    scene.bench.dispatch.fire([scene.bench.dispatch.parcel(scene.role().purchase.session_id, event)] * 2, 0.01)
    found = recording(scene)

    assert found.races
    assert {delivery.parcel.together for delivery in found.deliveries} == {"volley 1"}


def test_what_was_cut_is_no_recording(scene: Scene) -> None:
    """Where the journal did not keep all, a replay would show something else."""
    scene.deliver("the payment")
    many = violation("OO-01", "a", "b", "c", deliveries=scene.record.deliveries[:1] * KEPT_DELIVERIES)

    assert Recording.of(clause("OO-01"), many, result()) is None


def test_nothing_delivered_is_no_recording() -> None:
    """A scenario that looked at answers of others has nothing to deliver again."""
    assert Recording.of(clause("OO-01"), violation("OO-01", "a", "b", "c", deliveries=[]), result()) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1}', '{"format": 2}', "null"])
def test_other_files_are_refused(tmp_path: Path, text: str) -> None:
    """What is no recording is named, with what to give in its place."""
    (tmp_path / "1.json").write_text(text)

    with pytest.raises(UsageError, match=r"1.json is no recording of this version's. Name a folder"):
        recorded(tmp_path)


def test_an_unknown_signing(scene: Scene, tmp_path: Path) -> None:
    """A way of signing that this version does not have is told the nearest."""
    scene.deliver("the payment")
    (tmp_path / "1.json").write_text(recording(scene).text().replace('"honest"', '"honst"'))

    with pytest.raises(UsageError, match=r"is called 'honst'. Did you mean honest\?"):
        recorded(tmp_path)


def test_no_file(tmp_path: Path) -> None:
    """A path that leads nowhere, or to an empty folder, is told what it must be."""
    with pytest.raises(UsageError, match="holds no recording"):
        recorded(tmp_path)
    with pytest.raises(UsageError, match=r"cannot be read \(No such file"):
        recorded(tmp_path / "OO-01")
