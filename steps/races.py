"""Races: copies whose last byte leaves at the same instant."""

from __future__ import annotations

from pytest_bdd import then, when

from hookassay.judging.race import Race
from hookassay.judging.scene import Scene


@when("copies of one completed checkout arrive together, round after round", target_fixture="race")
def _(scene: Scene) -> Race:
    race = Race(scene)
    race.run()
    return race


@then("each round makes exactly one order")
def _(race: Race) -> None:
    race.doubles_nothing()
