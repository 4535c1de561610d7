"""`hookassay serve`: the reference server."""

from __future__ import annotations

import os

import click

from .group import main


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=4242, show_default=True, type=click.IntRange(0, 65535))
@click.option("--database", metavar="URL", help="sqlite:///PATH or postgresql://…; default: $DATABASE_URL.")
@click.option("--workers", type=click.IntRange(1), help="gunicorn's worker processes; default 2.")
def serve(host: str, port: int, database: str | None, workers: int | None) -> None:
    """Run the reference server under gunicorn.

    It needs STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET in the environment, and ORDERS_TOKEN to open GET /orders/….
    """
    from .. import reference

    environment = dict(os.environ)
    if database:
        environment["DATABASE_URL"] = database
    reference.serve(host, port, workers, environment)
