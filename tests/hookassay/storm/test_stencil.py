"""Stencils: the text about one purchase from that about another."""

from __future__ import annotations

import pytest

from hookassay.errors import HarnessError
from hookassay.storm.stencil import cut, own_of

FIRST = 100_000


def test_a_filled_stencil_is_the_text_about_that_number() -> None:
    """Number and UUID are replaced wherever they stand, and nothing else is."""

    def made(number: int) -> list[bytes]:
        return [f"a {number} b {number} 100".encode(), f"{own_of(number)} {number}".encode(), b"none"]

    stencils = cut(made, FIRST)

    assert [stencil.fill(123_456) for stencil in stencils] == made(123_456)


def test_texts_that_differ_in_more_are_refused() -> None:
    """What a number changes otherwise than by standing there would be delivered wrongly."""
    with pytest.raises(HarnessError, match="differ in more than their ids"):
        cut(lambda number: [b"x" * (number % 9973)], FIRST)


def test_a_uuid_is_always_the_same_and_nobody_elses() -> None:
    """The UUID of a purchase follows from its number."""
    assert own_of(1) == own_of(1) != own_of(2)
    assert len(own_of(1)) == 36
