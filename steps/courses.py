"""Courses: in which order everything about a purchase arrives."""

from __future__ import annotations

from pytest_bdd import parsers, then, when

from hookassay.judging.convergence import Convergence
from hookassay.judging.scene import Scene


@when(parsers.parse("every order of arrival is tried for {facts}"), target_fixture="convergence")
def _(scene: Scene, facts: str) -> Convergence:
    convergence = Convergence(scene)
    convergence.every_order(facts)
    return convergence


@when("drawn orders of arrival are tried for long lifecycles, with answers lost", target_fixture="convergence")
def _(scene: Scene) -> Convergence:
    convergence = Convergence(scene)
    convergence.drawn_orders()
    return convergence


@when("the events of several purchases arrive between one another", target_fixture="convergence")
def _(scene: Scene) -> Convergence:
    convergence = Convergence(scene)
    convergence.interleavings()
    return convergence


@then("each purchase ends as its facts say")
def _(convergence: Convergence) -> None:
    convergence.each_ends_as_the_facts_say()
