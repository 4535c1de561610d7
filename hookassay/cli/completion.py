"""What the shell offers behind TAB: clauses and groups, event types, forgeries, API versions.

Click does the rest: `eval "$(_HOOKASSAY_COMPLETE=bash_source hookassay)"`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click
from click.shell_completion import CompletionItem

from ..config import ALL_API_VERSIONS


def clauses(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Clause ids, group ids and group names; behind a comma the next of a list."""
    from ..judging.contract import Contract

    contract = Contract.load()
    known = [(clause.id, clause.title) for clause in contract]
    known += [(group.name, group.title) for group in contract.groups]
    known += [(group.id, group.title) for group in contract.groups]
    return list(_listed(known, incomplete))


def event_types(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The event types of a purchase; behind a comma the next of a list."""
    from ..sender.event import TYPES

    return list(_listed([(name, "") for name in TYPES], incomplete))


def forgeries(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The forgeries by their names, with dashes for spaces, so that no shell needs quotes."""
    from ..sender import catalogue

    known = [(name.replace(" ", "-"), words) for name, words in catalogue.forgeries()]
    return [CompletionItem(name, help=words) for name, words in _beginning(known, incomplete)]


def api_versions(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The API versions that are judged in with `all`, and `all` itself."""
    from ..sender.version import SUPPORTED

    known = [(name, "") for name in (*SUPPORTED, ALL_API_VERSIONS)]
    return [CompletionItem(name) for name, _ in _beginning(known, incomplete)]


def _listed(known: Iterable[tuple[str, str]], incomplete: str) -> Iterator[CompletionItem]:
    before, comma, last = incomplete.rpartition(",")
    for name, words in _beginning(known, last):
        yield CompletionItem(f"{before}{comma}{name}", help=words or None)


def _beginning(known: Iterable[tuple[str, str]], incomplete: str) -> Iterator[tuple[str, str]]:
    return ((name, words) for name, words in known if name.casefold().startswith(incomplete.casefold()))
