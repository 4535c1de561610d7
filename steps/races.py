"""Races: deliveries whose last byte leaves at the same instant."""

from __future__ import annotations

from pytest_bdd import parsers, then, when

from hookassay.judging.race import Race
from hookassay.judging.scene import Scene


@when(parsers.parse("{contest} arrive together, round after round"), target_fixture="race")
def _(scene: Scene, contest: str) -> Race:
    race = Race(scene, contest)
    race.run()
    return race


@then("each round ends right, with exactly one order")
def _(race: Race) -> None:
    race.ends_right()
