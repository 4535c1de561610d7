"""SC-02 and SC-03 where samples cannot say it: what a genuine secret looks like, and that none is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from dulwich import porcelain

from hookassay.scan.checks.secrets import genuine, template
from hookassay.scan.engine import scan

# In two pieces each, so that no reader of this file takes them for leaked ones.
LIVE = "sk_" + "live_51HqLyjWDarjtT1zdp7dcAbCdEf"
SIGNING = "whsec" + "_9fKq2LmZ8xWv3RtYb6Nc1PdHs7JgTuQe"


@pytest.mark.parametrize(
    "secret",
    [
        LIVE,
        SIGNING,
        "rk_" + "test_51Jx9fKq2LmZ8xWv3RtYb6Nc",
        "whsec" + "_5bb7b6a9f0c3d2e1748596a7b8c9d0e1f203142536475869708192a3b4c5d6e7",
    ],
)
def test_random_text_is_a_secret(secret: str) -> None:
    """What Stripe and its CLI make up is random, and long."""
    assert genuine(secret)


@pytest.mark.parametrize(
    "secret",
    [
        "sk_live_...",
        "sk_test_123",
        "sk_live_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "sk_live_YourSecretKeyGoesHere1234567",
        "sk_test_51Abc123Def456Ghi789Jkl012Mno345",
        "whsec_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cw",
        "whsec_test_secret_of_the_specs_1234A",
        "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
    ],
)
def test_a_placeholder_is_no_secret(secret: str) -> None:
    """What a person types, or what Stripe's documentation shows to everybody, is none."""
    assert not genuine(secret)


@pytest.mark.parametrize(
    ("name", "shown"),
    [(".env.example", True), ("example.env", True), (".env.dist", True), (".env.local", False), ("prod.env", False)],
)
def test_templates_of_env_files(name: str, *, shown: bool) -> None:
    """A template is told by its name."""
    assert template(f"config/{name}") is shown


def test_git_keeps_an_env_file(tmp_path: Path) -> None:
    """A .env with secrets is found once git has it, and not before."""
    (tmp_path / ".env").write_text(f"STRIPE_SECRET_KEY={LIVE}\n", encoding="utf-8")
    porcelain.init(tmp_path)
    before = scan(tmp_path).findings
    porcelain.add(tmp_path, [str(tmp_path / ".env")])

    assert [one.rule.id for one in before] == []
    assert [one.rule.id for one in scan(tmp_path).findings] == ["SC-03"]


def test_a_folder_inside_a_repository(tmp_path: Path) -> None:
    """What git keeps is known by its path from the repository's top, whatever folder is scanned."""
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / ".env").write_text(f"STRIPE_WEBHOOK_SECRET={SIGNING}\n", encoding="utf-8")
    porcelain.init(tmp_path)
    porcelain.add(tmp_path, [str(shop / ".env")])

    assert [one.rule.id for one in scan(shop).findings] == ["SC-03"]


def test_no_message_holds_a_secret(tmp_path: Path) -> None:
    """A message names the kind of a secret, and the hit says what the reports must hide."""
    (tmp_path / "shop.py").write_text(f'KEY = "{LIVE}"\n', encoding="utf-8")
    (found,) = scan(tmp_path).findings

    assert LIVE not in found.message
    assert found.hit.secrets == (LIVE,)
