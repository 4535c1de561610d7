"""PostgreSQL through Peewee, with psycopg's connection pool underneath."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import peewee
import psycopg
import psycopg_pool

CONNECT_TIMEOUT = 5
"""Seconds to wait for the server, or for a connection of the pool to become free."""

ERRORS = peewee.ExceptionWrapper(vars(peewee)["EXCEPTIONS"])  # which its type stubs leave out
"""A context in which a driver's errors become Peewee's, as in its own calls."""


class PooledPostgres(peewee.PostgresqlDatabase):
    """A Peewee database whose connections come from a psycopg pool.

    The pool is opened by the first connection of each process: its threads would not survive a fork.
    """

    def __init__(self, url: str, *, max_size: int) -> None:
        self._url = url
        self._max_size = max_size
        self._pool: psycopg_pool.ConnectionPool[Any] | None = None
        self._pool_owner = 0
        self._pool_guard = threading.Lock()
        super().__init__(url, prefer_psycopg3=True)

    def _connect(self) -> Any:
        return self._open_pool().getconn()

    def _close(self, conn: Any) -> None:
        pool = self._pool
        try:
            if pool is not None:
                pool.putconn(conn)
        except ValueError:  # it was lent by a pool that is no more
            conn.close()

    @contextmanager
    def pipelined(self) -> Iterator[None]:
        """Send statements on without waiting for what the ones before them say, until a result is asked for.

        What was sent last, the commit included, is known to have succeeded when the context has ended without an error.
        """
        connection: psycopg.Connection[Any] = self.connection()  # type: ignore[no-untyped-call]
        with ERRORS, connection.pipeline():
            yield

    def drop_broken_connections(self) -> None:
        """Give up every connection, after the server restarted, say.

        A pool that cannot reconnect tries ever more seldom, up to minutes apart, and lets each who asks wait meanwhile.
        The next use asks the server itself, which says at once whether it is there.
        """
        pool = self._taken_away()
        if pool is not None:
            # To end a thread of it that waits for the server takes seconds.
            threading.Thread(target=pool.close, daemon=True).start()

    def close_pool(self) -> None:
        """Close all idle connections; the next use opens the pool again."""
        pool = self._taken_away()
        if pool is not None:
            pool.close()

    def _taken_away(self) -> psycopg_pool.ConnectionPool[Any] | None:
        """This process's pool, which is nobody's from here on."""
        with self._pool_guard:
            pool, self._pool = self._pool, None
        return pool if self._pool_owner == os.getpid() else None

    def _open_pool(self) -> psycopg_pool.ConnectionPool[Any]:
        with self._pool_guard:
            if self._pool is None or self._pool_owner != os.getpid():
                # One connection first, so that a wrong address fails at once and with the server's reason;
                # the pool itself would only report a timeout.
                psycopg.connect(self._url, connect_timeout=CONNECT_TIMEOUT).close()
                self._pool = psycopg_pool.ConnectionPool(
                    self._url,
                    min_size=1,
                    max_size=self._max_size,
                    timeout=CONNECT_TIMEOUT,
                    kwargs={"autocommit": True, "connect_timeout": CONNECT_TIMEOUT},
                    open=True,
                )
                self._pool_owner = os.getpid()
            return self._pool
