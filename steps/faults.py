"""Faults: an endpoint that is killed, or loses what it stands on, while a delivery is under way."""

from __future__ import annotations

from pytest_bdd import parsers, then, when

from hookassay.judging.api_outage import ApiOutage
from hookassay.judging.crash import Crash
from hookassay.judging.scene import Scene


@when(parsers.parse("the endpoint is killed under {fact}, {moment}, time and again"), target_fixture="crash")
def _(scene: Scene, fact: str, moment: str) -> Crash:
    crash = Crash(scene, fact, scene.bench.faults.deaths)
    crash.run(moment)
    return crash


@when(parsers.parse("its store goes away under {fact}, {moment}, time and again"), target_fixture="crash")
def _(scene: Scene, fact: str, moment: str) -> Crash:
    crash = Crash(scene, fact, scene.bench.faults.outages)
    crash.run(moment)
    return crash


@when(parsers.parse("Stripe's API fails under {fact}, time and again"), target_fixture="crash")
def _(scene: Scene, fact: str) -> Crash:
    api = scene.bench.stripe_api
    assert api is not None, "DU-04 needs the stand-in"
    outage = ApiOutage(api)
    crash = Crash(scene, fact, [outage.fault])
    crash.run("before the last byte")
    outage.require_questions()
    return crash


@then("what was acknowledged shows, without being delivered again")
def _(crash: Crash) -> None:
    crash.keeps_what_was_acknowledged()


@then("what was not acknowledged shows once, when it was delivered again")
def _(crash: Crash) -> None:
    crash.ends_right()


@then("each purchase shows once in the end")
def _(crash: Crash) -> None:
    crash.all_end_right()
