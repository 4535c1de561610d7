"""The reference server, as somebody deployed it: under gunicorn, on a SQLite file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import gunicorn_process
from judged import SECRET


@dataclass(frozen=True)
class Deployed:
    """A webhook endpoint, and the database of its orders."""

    url: str
    database: Path

    @property
    def orders(self) -> str:
        return f"sqlite:///{self.database}"


@contextmanager
def running(folder: Path) -> Iterator[Deployed]:
    """The reference server with its database in `folder`, until the end of the block."""
    database = folder / "shop.db"
    env = {
        "STRIPE_SECRET_KEY": "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
        "STRIPE_WEBHOOK_SECRET": SECRET,
        "DATABASE_URL": f"sqlite:///{database}",
    }
    with gunicorn_process.running("hookassay.server.wsgi:app", env=env) as base:
        yield Deployed(f"{base}/stripe/webhook", database)
