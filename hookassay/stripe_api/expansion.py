"""Expanding: ids that become the objects they name (docs.stripe.com/expand)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .errors import ApiError
from .resource import BY_KIND

DEEPEST = 4
"""Levels that one path may have: `data.payment_intent.customer.default_source` is the deepest."""

Lookup = Callable[[str, str], "Mapping[str, Any] | None"]
"""Gives the object of this kind and id, or None; the kind `*` stands for any."""

Wish = dict[str, "Wish"]


def wishes(paths: Iterable[str]) -> Wish:
    """The tree of what `paths` ask for.

    Raises:
        ApiError: a path is too deep, or empty.
    """
    tree: Wish = {}
    for path in paths:
        names = path.split(".")
        if not all(names):
            raise ApiError(400, f"This property cannot be expanded ({path}).")
        if len(names) > DEEPEST:
            message = f"You cannot expand more than {DEEPEST} levels of a property. Property: {path}"
            raise ApiError(400, message, code="property_expansion_max_depth")
        branch = tree
        for name in names:
            branch = branch.setdefault(name, {})
    return tree


def expanded(thing: Mapping[str, Any], wish: Wish, lookup: Lookup) -> dict[str, Any]:
    """A copy of `thing`, a complete object or a list of them, with what `wish` asks for, and only that.

    Raises:
        ApiError: something cannot be expanded.
    """
    if thing.get("object") == "list":
        for name in wish:
            if name != "data":
                hint = f" You may want to try expanding 'data.{name}' instead."
                raise ApiError(400, f"This property cannot be expanded ({name}).{hint}")
        return {**thing, "data": [expanded(item, wish.get("data", {}), lookup) for item in thing["data"]]}
    return _descended(thing, wish, lookup, str(thing.get("object")), "")


def _descended(part: Mapping[str, Any], wish: Wish, lookup: Lookup, kind: str, path: str) -> dict[str, Any]:
    """`part` of an object of `kind`, which stands at `path` within it."""
    resource = BY_KIND.get(kind)
    includable = resource.includable if resource else ()
    copy = {name: value for name, value in part.items() if f"{path}{name}" not in includable}
    for name, inner in wish.items():
        here = f"{path}{name}"
        target = resource.expandable.get(here) if resource else None
        value = part.get(name)
        if here in includable:
            copy[name] = _included(part, name, inner, lookup)
        elif target is not None:
            copy[name] = _resolved(value, target, inner, lookup)
        elif inner and isinstance(value, Mapping) and isinstance(value.get("object"), str):
            copy[name] = expanded(value, inner, lookup)
        elif inner and isinstance(value, Mapping):
            copy[name] = _descended(value, inner, lookup, kind, f"{here}.")
        elif inner and isinstance(value, list) and all(isinstance(item, Mapping) for item in value):
            copy[name] = [expanded(item, inner, lookup) for item in value]
        else:
            raise ApiError(400, f"This property cannot be expanded ({name}).")
    # What is embedded hides its own includable fields as well.
    for name, value in copy.items():
        if name not in wish and isinstance(value, Mapping):
            whole = isinstance(value.get("object"), str)
            copy[name] = expanded(value, {}, lookup) if whole else _hidden(value, f"{path}{name}.", includable)
    return copy


def _hidden(part: Mapping[str, Any], path: str, includable: Iterable[str]) -> Mapping[str, Any]:
    """A part of an object that nothing in is expanded."""
    return {name: value for name, value in part.items() if f"{path}{name}" not in includable}


def _included(part: Mapping[str, Any], name: str, inner: Wish, lookup: Lookup) -> Any:
    """A field that shows because it is expanded; what is not known is an empty list, or null within an object."""
    value = part.get(name)
    if value is None and "id" in part:
        value = _empty(part, name)
    return expanded(value, inner, lookup) if isinstance(value, Mapping) and "object" in value else value


def _resolved(value: Any, kind: str, inner: Wish, lookup: Lookup) -> Any:
    """The object that an id names; an id that the API knows nothing of stays one."""
    found = lookup(kind, value) if isinstance(value, str) and kind else None
    if found is None:
        found = value if isinstance(value, Mapping) else None
    return value if found is None else expanded(found, inner, lookup)


def _empty(owner: Mapping[str, Any], name: str) -> dict[str, Any]:
    url = f"/v1/{owner['object']}s/{owner['id']}/{name}"
    return {"object": "list", "data": [], "has_more": False, "url": url}
