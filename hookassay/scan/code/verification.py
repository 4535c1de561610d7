"""The calls that verify a delivery with one of Stripe's libraries."""

from __future__ import annotations

from functools import lru_cache
from typing import cast

from ast_grep_py import Config, SgNode

from ..rule import utilities
from ..source import Source


@lru_cache(maxsize=4)
def verifications(source: Source) -> list[SgNode]:
    """The calls in a source that verify a delivery, as the patterns of rules mean it."""
    config = {"rule": {"matches": "verification"}, "utils": dict(utilities()[source.family])}
    return source.root.find_all(cast(Config, config))
