"""Ed25519 keys, as `openssl genpkey` and `ssh-keygen` write them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
    load_ssh_private_key,
    load_ssh_public_key,
)

from ..errors import UsageError

_MAKE = "openssl genpkey -algorithm ed25519 -out KEY"
_PUBLISH = "openssl pkey -in KEY -pubout -out PUB"


def signing_key(file: Path) -> Ed25519PrivateKey:
    """The private key in `file`: PEM (PKCS #8), or OpenSSH's own form; not encrypted.

    Raises:
        UsageError: there is none that can be used.
    """
    data = _read(file, "signing key")
    load = load_ssh_private_key if b"OPENSSH PRIVATE KEY" in data else load_pem_private_key
    key = _loaded(lambda: load(data, None))
    if isinstance(key, Ed25519PrivateKey):
        return key
    if b"ENCRYPTED" in data or _is_locked(data):
        raise UsageError(
            f"The signing key {file} is protected by a passphrase. It must be one without, kept as a secret of your CI."
        )
    raise UsageError(f"The signing key {file} must be a private Ed25519 key, PEM or OpenSSH. Make one: {_MAKE}")


def public_key(file: Path) -> Ed25519PublicKey:
    """The public key in `file`: PEM (SubjectPublicKeyInfo), or a line as in OpenSSH's `.pub`.

    Raises:
        UsageError: there is none that can be used.
    """
    data = _read(file, "key")
    if b"PRIVATE KEY" in data:
        raise UsageError(
            f"The key {file} is a private one. --key must be its public half, which may be shown: {_PUBLISH}"
        )
    load: Callable[[bytes], Any] = load_ssh_public_key if data.lstrip().startswith(b"ssh-") else load_pem_public_key
    key = _loaded(lambda: load(data.strip()))
    if isinstance(key, Ed25519PublicKey):
        return key
    raise UsageError(f"The key {file} must be a public Ed25519 key, PEM or OpenSSH. Write it: {_PUBLISH}")


def key_id(key: Ed25519PublicKey) -> str:
    """What tells a key from others: the SHA-256 of its DER form, in hex."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _read(file: Path, what: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UsageError(f"The {what} {file} cannot be read ({error.strerror or error}).") from None


def _loaded(load: Callable[[], Any]) -> Any:
    """What was loaded; None for what the library does not take, in whatever way it says so."""
    try:
        return load()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None


def _is_locked(data: bytes) -> bool:
    """Whether a key in OpenSSH's form is encrypted."""
    try:
        load_ssh_private_key(data, None)
    except (TypeError, ValueError, UnsupportedAlgorithm) as error:
        return "assword" in str(error)
    return False
