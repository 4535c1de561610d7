"""Requests that take turns: while one waits for its commit, those that came with it are begun.

A thread for each request costs more than the request itself: it is woken, wakes the one that writes, and sleeps until
its event is stored. Here a request is a greenlet. It runs until it would have to wait for a commit; there it gives way,
so that the others are verified and read first, and one commit holds them all. Nothing else gives way, so nothing can
change in the middle of anything. Where no turns are taken (another worker class, a test), giving way does nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import TypeVar

from greenlet import getcurrent, greenlet

T = TypeVar("T")


class _Turn(greenlet):
    """A request under way."""


def give_way() -> None:
    """Let those that take turns with this one go first, as far as they come."""
    turn = getcurrent()
    if isinstance(turn, _Turn) and turn.parent is not None:
        turn.parent.switch()


def take_turns(serve: Callable[[T], None], requests: Iterable[T]) -> None:
    """Serve all `requests`, each until it gives way, and then each to its end. `serve` must not raise."""
    paused: deque[_Turn] = deque()
    for request in requests:
        turn = _Turn(serve)
        turn.switch(request)
        if not turn.dead:
            paused.append(turn)
    while paused:
        turn = paused.popleft()
        turn.switch()
        if not turn.dead:
            paused.append(turn)
