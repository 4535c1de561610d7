from __future__ import annotations

from hookassay.config import EndpointSettings, PurchaseSettings
from hookassay.sender.purchase import PurchaseBook
from hookassay.stripe_api.store import Store


def thing(object_id: str, created: int = 1, kind: str = "charge", **fields: object) -> dict[str, object]:
    return {"id": object_id, "object": kind, "created": created, **fields}


def put(store: Store, purchase: str, *things: dict[str, object], account: str | None = None) -> None:
    store.put(purchase, list(things), [], account=account, api_version="2026-10-28.endive")


def test_a_later_state_replaces_the_earlier() -> None:
    """What a purchase has no more is gone, and what it has is as told last."""
    store = Store()
    put(store, "cs_1", thing("ch_1", paid=False), thing("re_1", kind="refund"))
    put(store, "cs_1", thing("ch_1", paid=True))

    found = store.find("charge", "ch_1", None)

    assert found is not None
    assert found["paid"] is True
    assert store.find("refund", "re_1", None) is None


def test_the_kind_must_be_right() -> None:
    """An id of another kind is not found, unless any kind will do."""
    store = Store()
    put(store, "cs_1", thing("ch_1"))

    assert store.find("refund", "ch_1", None) is None
    assert store.find("*", "ch_1", None) is not None


def test_accounts_are_kept_apart() -> None:
    """What belongs to a connected account is seen with its name only."""
    store = Store()
    put(store, "cs_1", thing("ch_1"), account="acct_1")

    assert store.accounts() == {"acct_1"}
    assert store.find("charge", "ch_1", None) is None
    assert store.find("charge", "ch_1", "acct_1") is not None
    assert store.every("charge", None) == []


def test_the_newest_come_first() -> None:
    """A list begins with what was created last, and of one second with what was told last."""
    store = Store()
    put(store, "cs_1", thing("ch_1", 5), thing("ch_2", 5))
    put(store, "cs_2", thing("ch_3", 9))

    assert [one["id"] for one in store.every("charge", None)] == ["ch_3", "ch_2", "ch_1"]
    assert [one["id"] for one in store.every("charge", None, beside="ch_1")] == ["ch_2", "ch_1"]


def test_the_oldest_purchase_is_forgotten() -> None:
    """There is room for so many purchases; what two of them share stays with the newer one."""
    store = Store(most=2)
    for number in range(3):
        put(store, f"cs_{number}", thing(f"ch_{number}"), thing("cus_1", kind="customer"))

    assert store.find("charge", "ch_0", None) is None
    assert store.find("charge", "ch_2", None) is not None
    assert store.find("customer", "cus_1", None) is not None


def test_updates_outlive_what_is_told() -> None:
    """Metadata that a server set stays, a key that it took away stays away, and other fields are replaced."""
    store = Store()
    put(store, "cs_1", thing("ch_1", metadata={"a": "1"}))
    store.update("ch_1", {"a": None, "b": "2"}, {"description": "seen"})
    put(store, "cs_1", thing("ch_1", metadata={"a": "1"}, paid=True))

    found = store.find("charge", "ch_1", None)

    assert found is not None
    assert (found["metadata"], found["description"], found["paid"]) == ({"b": "2"}, "seen", True)


def test_a_snapshot_event_has_a_thin_twin() -> None:
    """The thin twin of each event is found by its own id, complete."""
    store = Store()
    purchase = PurchaseBook(PurchaseSettings(), EndpointSettings(), "a1b2c3d4").new()
    event = purchase.paid().events[0]
    store.put(purchase.session_id, [], [event.payload()], account=None, api_version="")

    found = store.find_thin(event.thin().id, None)

    assert found is not None
    assert (found["snapshot_event"], found["related_object"]["id"]) == (event.id, event.object_id)
    assert store.find_thin("evt_test_65x", None) is None
    assert [one["id"] for one in store.every_thin(None)] == [event.thin().id]
