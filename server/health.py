"""GET /healthz: whether this server can do its work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import falcon
import peewee

from .models import connected


class Health:
    """Asked by load balancers and process supervisors."""

    def __init__(self, database: peewee.Database) -> None:
        self._database = database
        self._execute: Callable[..., Any] = database.execute_sql

    def on_get(self, _req: falcon.Request, resp: falcon.Response) -> None:
        """Answer 200 when the database answers, 503 when it does not."""
        try:
            with connected(self._database):
                self._execute("SELECT 1").fetchall()
        except (peewee.DatabaseError, peewee.InterfaceError):
            raise falcon.HTTPServiceUnavailable(title="The database does not answer", retry_after=1) from None
        resp.media = {"status": "ok"}
