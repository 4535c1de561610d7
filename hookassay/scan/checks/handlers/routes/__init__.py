"""How each framework names a route: what method and path lead to which function."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from ....code.outline import Outline
from . import go, javascript, php, python, ruby
from .route import Mount, Route

_READERS: Mapping[str, Callable[[Outline], Iterator[Route | Mount]]] = MappingProxyType(
    {"python": python.read, "javascript": javascript.read, "ruby": ruby.read, "php": php.read, "go": go.read}
)


def routes(outline: Outline) -> Iterator[Route | Mount]:
    """The routes that a file names, and where it mounts routers."""
    yield from _READERS[outline.source.family](outline)
