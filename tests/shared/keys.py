"""Ed25519 keys as files, for the tests of certificates."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ANOTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))


def private(file: Path, key: Ed25519PrivateKey = KEY, *, ssh: bool = False, passphrase: str = "") -> Path:
    """Write a private key as `openssl` does, or as `ssh-keygen` does."""
    form = PrivateFormat.OpenSSH if ssh else PrivateFormat.PKCS8
    lock: KeySerializationEncryption = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    file.write_bytes(key.private_bytes(Encoding.PEM, form, lock))
    return file


def public(file: Path, key: Ed25519PrivateKey = KEY, *, ssh: bool = False) -> Path:
    """Write a public key as `openssl` does, or as `ssh-keygen` does."""
    if ssh:
        file.write_bytes(key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH) + b" somebody\n")
    else:
        file.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return file
