"""Scripts: the events of a purchase, and which purchase gets which."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable

import pytest

from hookassay.errors import UsageError
from hookassay.judging.lifecycle import parse
from hookassay.sender.story import Story
from hookassay.storm.script import LIFECYCLES, VOLLEY, Repertoire, enough

Make = Callable[..., Repertoire]


def test_a_body_is_what_the_purchase_itself_would_report(repertoire: Repertoire) -> None:
    """A filled body is byte by byte that of the event of the purchase with this number."""
    for place in range(12):
        script = repertoire.script(place)
        story = Story(repertoire.purchase_at(place))
        told = [event for fact in script.facts for event in story.tell(fact)]
        number = repertoire.forecast.first + place

        assert [stencil.fill(number) for stencil in script.bodies[: script.half]] == [one.body() for one in told]


def test_a_second_event_differs_in_its_id_alone(repertoire: Repertoire) -> None:
    """What comes again as another event reports the same object."""
    script = repertoire.script(0)
    first, second = (json.loads(script.bodies[place].fill(123_456)) for place in (0, script.half))

    assert first.pop("id") != second.pop("id")
    assert first == second


def test_what_a_purchase_gets_follows_from_seed_and_place(make: Make) -> None:
    """The same seed draws the same again, another one something else."""
    one, same, other = (
        [repertoire.course(place)[1] for place in range(20)]
        for repertoire in (make(seed=1), make(seed=1), make(seed=2))
    )

    assert one == same != other


def test_every_event_leaves_and_a_duplicate_never_before_it(repertoire: Repertoire) -> None:
    """All events of a purchase leave; what comes again comes behind the first or at once with it."""
    for place in range(40):
        script, groups = repertoire.course(place)
        told: set[int] = set()
        for group in groups:
            firsts = {event for event in group if event < script.half}
            assert all(event % script.half in told | firsts for event in group)
            assert len(group) <= VOLLEY
            told |= firsts
        assert told == set(range(script.half))


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.8])
def test_so_many_are_duplicates_as_were_asked_for(make: Make, share: float) -> None:
    """The share of deliveries that deliver again is what was asked for."""
    repertoire = make(duplicates=share)
    firsts = every = 0
    for place in range(2000):
        script, groups = repertoire.course(place)
        firsts += script.half
        every += sum(map(len, groups))

    assert 1 - firsts / every == pytest.approx(share, abs=0.02)


def test_every_lifecycle_happens(repertoire: Repertoire) -> None:
    """Among some hundred purchases each lifecycle is found."""
    found = Counter(repertoire.script(place).facts for place in range(400))

    assert set(found) == {parse(text) for text, _ in LIFECYCLES}


def test_only_subscribed_types_are_delivered(make: Make) -> None:
    """An endpoint that is subscribed to two types gets these, about facts that they tell."""
    events = ("checkout.session.completed", "charge.refunded")
    repertoire = make(events)

    kinds = {kind for script in repertoire.scripts for _, kind in script.events}
    assert kinds == set(events)
    assert not any("dispute" in fact for script in repertoire.scripts for fact in script.facts)


def test_a_subscription_to_nothing_of_a_payment_is_refused(make: Make) -> None:
    """Where nothing can be known of any purchase the reason is said."""
    with pytest.raises(UsageError, match="holds none of the events"):
        make(("customer.created",))


def test_enough_purchases_for_so_many_deliveries(make: Make) -> None:
    """So many purchases are taken that there are as many deliveries, and no whole purchase more."""
    repertoire = make(purchases=1)
    count = enough(repertoire, 500)

    planned = [sum(map(len, repertoire.course(place)[1])) for place in range(count)]
    assert sum(planned[:-1]) < 500 <= sum(planned)
