"""Requests that take turns: each is begun before any of them goes on."""

from __future__ import annotations

import pytest
from hookassay.server.turns import give_way, take_turns


def test_all_are_begun_first() -> None:
    """Those that give way go on, in the same sequence, when all have been begun."""
    told: list[str] = []

    def serve(name: str) -> None:
        told.append(f"{name} begins")
        give_way()
        told.append(f"{name} goes on")
        give_way()
        told.append(f"{name} ends")

    take_turns(serve, "ab")

    assert told == ["a begins", "b begins", "a goes on", "b goes on", "a ends", "b ends"]


def test_who_gives_no_way() -> None:
    """A request that never gives way is served before the next is begun."""
    told: list[str] = []

    def serve(name: str) -> None:
        told.append(f"{name} begins")
        told.append(f"{name} ends")

    take_turns(serve, "ab")

    assert told == ["a begins", "a ends", "b begins", "b ends"]


def test_outside() -> None:
    """Who takes no turns gives way to nobody."""
    give_way()


def test_the_end_of_the_process() -> None:
    """What ends the process in the middle of a request is not kept back."""

    def serve(name: str) -> None:
        raise SystemExit(name)

    with pytest.raises(SystemExit, match="a"):
        take_turns(serve, "ab")
