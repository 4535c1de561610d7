"""`hookassay stripe-api`: the stand-in for api.stripe.com."""

from __future__ import annotations

import os

import click

from ..errors import UsageError
from ..stripe_api.address import Address
from .group import main


@main.command("stripe-api")
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0 lets containers reach it.")
@click.option("--port", default=12111, show_default=True, type=click.IntRange(1, 65535))
def stripe_api(host: str, port: int) -> None:
    """Run the stand-in for api.stripe.com, for an endpoint that calls back to Stripe.

    It answers for the purchases of `hookassay certify --stripe-api HOST:PORT`, with any key (sk_…, rk_…). Runs on this
    machine may tell it of purchases; with $HOOKASSAY_STRIPE_API_TOKEN set, whoever has the token, from anywhere.
    """
    from ..stripe_api import process
    from ..stripe_api.client import StripeApi

    text = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        address = Address.parse(text)
    except ValueError:
        raise UsageError(f"--host must be a host name or an IP address of this machine, not {host}.") from None
    if StripeApi(address).identify():
        raise UsageError(f"A stand-in runs at {address} already.")
    click.echo(f"The stand-in for api.stripe.com listens at {address.url}; stop it with Ctrl-C.")
    process.serve(address, os.environ)
