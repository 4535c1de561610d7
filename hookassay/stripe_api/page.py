"""One page of a list, as Stripe cuts it (docs.stripe.com/api/pagination)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .errors import ApiError, missing

DEFAULT_LIMIT = 10
LARGEST_LIMIT = 100


def page(items: Sequence[Mapping[str, Any]], parameters: Mapping[str, str], url: str, noun: str) -> dict[str, Any]:
    """The list envelope around the page of `items`, newest first, that `parameters` ask for.

    Args:
        items: All that there is, newest first.
        parameters: `limit` (1 to 100, default 10), `starting_after` and `ending_before` (ids); others are ignored.
        url: The list's own.
        noun: What an error message calls an item.

    Raises:
        ApiError: a parameter is malformed, or names no item.
    """
    limit = _limit(parameters.get("limit"))
    after, before = parameters.get("starting_after"), parameters.get("ending_before")
    if after is not None and before is not None:
        raise ApiError(400, "Only one of starting_after and ending_before may be given.", param="ending_before")
    if before is not None:
        candidates = items[: _place(items, before, "ending_before", noun)]
        chosen = candidates[-limit:]
    else:
        candidates = items if after is None else items[_place(items, after, "starting_after", noun) + 1 :]
        chosen = candidates[:limit]
    return {"object": "list", "data": list(chosen), "has_more": len(candidates) > len(chosen), "url": url}


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        raise ApiError(400, f"Invalid integer: {text}", code="parameter_invalid_integer", param="limit")
    limit = int(text)
    if limit < 1:
        message = "This value must be greater than or equal to 1."
        raise ApiError(400, message, code="parameter_invalid_integer", param="limit")
    if limit > LARGEST_LIMIT:
        message = f"This value must be less than or equal to {LARGEST_LIMIT} (it currently is '{limit}')."
        raise ApiError(400, message, code="parameter_invalid_integer", param="limit")
    return limit


def _place(items: Sequence[Mapping[str, Any]], object_id: str, parameter: str, noun: str) -> int:
    for place, item in enumerate(items):
        if item["id"] == object_id:
            return place
    raise missing(noun, object_id, parameter, status=400)
