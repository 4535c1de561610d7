"""`hookassay verify`: check a certificate."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ..errors import Refused, UsageError
from .console import console
from .group import main

VERIFY_EXIT_CODES = """\b
Exit codes:
  0  the certificate is what the key's owner signed
  1  it is refused
  2  wrong usage: a file that cannot be read, or is no key"""


@main.command(epilog=VERIFY_EXIT_CODES)
@click.argument("file")
@click.option(
    "--key",
    required=True,
    metavar="PUB",
    help="The public Ed25519 key of whoever you trust to certify, PEM or OpenSSH.",
)
def verify(file: str, key: str) -> None:
    """Check the certificate FILE, and show what it certifies.

    One that is not signed, was altered, was signed with another key, or is no certificate of hookassay is refused.
    """
    from ..attestation import envelope, statement
    from ..attestation.key import key_id, public_key
    from ..report.verified import print_verified

    trusted = public_key(Path(key))
    try:
        document = json.loads(Path(file).read_bytes())
    except OSError as error:
        raise UsageError(f"The certificate {file} cannot be read ({error.strerror or error}).") from None
    except (ValueError, RecursionError):
        raise UsageError(f"The certificate {file} must be JSON, as certify writes it to certificate.json.") from None
    try:
        told = statement.certified(envelope.unseal(document, trusted))
    except Refused as refused:
        raise Refused(f"{file} is refused. {refused}") from None
    print_verified(told, key_id(trusted), console())
