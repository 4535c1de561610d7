"""Keys: what is taken, and what whoever names another file is told."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import keys
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from needed import needed

from hookassay.attestation.key import key_id, public_key, signing_key
from hookassay.errors import UsageError

RAW = (Encoding.Raw, PublicFormat.Raw)


class TestSigningKey:
    @pytest.mark.parametrize("ssh", [False, True])
    def test_forms(self, tmp_path: Path, ssh: bool) -> None:
        """A key is taken as openssl writes it and as ssh-keygen writes it."""
        found = signing_key(keys.private(tmp_path / "key", ssh=ssh))

        assert found.public_key().public_bytes(*RAW) == keys.KEY.public_key().public_bytes(*RAW)

    def test_passphrase(self, tmp_path: Path) -> None:
        """A key that needs a passphrase is refused, and why is said."""
        with pytest.raises(UsageError, match=r"protected by a passphrase\. It must be one without"):
            signing_key(keys.private(tmp_path / "key", passphrase="hunter2"))

    def test_passphrase_of_ssh(self, tmp_path: Path) -> None:
        """So is one of ssh-keygen's, whose form does not say it in words."""
        program = needed(shutil.which("ssh-keygen"), "no ssh-keygen is installed (apt-get install openssh-client)")
        subprocess.run([program, "-q", "-t", "ed25519", "-N", "hunter2", "-f", str(tmp_path / "key")], check=True)
        with pytest.raises(UsageError, match=r"protected by a passphrase\. It must be one without"):
            signing_key(tmp_path / "key")

    def test_other_algorithm(self, tmp_path: Path) -> None:
        """A key of another kind is told how to make one of the right kind."""
        key = ec.generate_private_key(ec.SECP256R1())
        (tmp_path / "key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        with pytest.raises(UsageError, match=r"must be a private Ed25519 key.* openssl genpkey -algorithm ed25519"):
            signing_key(tmp_path / "key")

    @pytest.mark.parametrize(
        "content", [b"", b"\xff\x00", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"]
    )
    def test_no_key(self, tmp_path: Path, content: bytes) -> None:
        """A file that holds none is told what it must hold."""
        (tmp_path / "key").write_bytes(content)
        with pytest.raises(UsageError, match="must be a private Ed25519 key"):
            signing_key(tmp_path / "key")

    def test_public_key(self, tmp_path: Path) -> None:
        """The public half signs nothing."""
        with pytest.raises(UsageError, match="must be a private Ed25519 key"):
            signing_key(keys.public(tmp_path / "key"))

    def test_no_file(self, tmp_path: Path) -> None:
        """A file that is not there is named."""
        with pytest.raises(UsageError, match="none cannot be read"):
            signing_key(tmp_path / "none")


class TestPublicKey:
    @pytest.mark.parametrize("ssh", [False, True])
    def test_forms(self, tmp_path: Path, ssh: bool) -> None:
        """A key is taken as openssl writes it and as ssh-keygen writes it."""
        found = public_key(keys.public(tmp_path / "pub", ssh=ssh))

        assert key_id(found) == key_id(keys.KEY.public_key())

    @pytest.mark.parametrize("ssh", [False, True])
    def test_private_key(self, tmp_path: Path, ssh: bool) -> None:
        """Whoever names the private half is told to keep it, and how to write the other one."""
        with pytest.raises(UsageError, match=r"is a private one.* openssl pkey -in KEY -pubout"):
            public_key(keys.private(tmp_path / "key", ssh=ssh))

    def test_other_algorithm(self, tmp_path: Path) -> None:
        """A key of another kind checks nothing."""
        key = rsa.generate_private_key(65537, 2048).public_key()
        (tmp_path / "pub").write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        with pytest.raises(UsageError, match="must be a public Ed25519 key"):
            public_key(tmp_path / "pub")

    @pytest.mark.parametrize("content", [b"", b"ssh-ed25519 AAAA", b"\xff"])
    def test_no_key(self, tmp_path: Path, content: bytes) -> None:
        """A file that holds none is told what it must hold."""
        (tmp_path / "pub").write_bytes(content)
        with pytest.raises(UsageError, match="must be a public Ed25519 key"):
            public_key(tmp_path / "pub")


def test_ids_tell_keys_apart() -> None:
    """Two keys have two ids, of 64 hexadecimal digits."""
    ids = {key_id(key.public_key()) for key in (keys.KEY, keys.ANOTHER)}

    assert [len(one) for one in ids] == [64, 64]
