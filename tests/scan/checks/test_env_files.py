"""SC-05 to SC-08 where samples cannot say it: the words of their messages, and that these hold no value."""

from __future__ import annotations

from pathlib import Path

import pytest

from hookassay.scan.engine import scan

LIVE = "sk_" + "live_51HqLyjWDarjtT1zdp7dcAbCdEf"
BOTH = "STRIPE_SECRET_KEY=sk_test_...\nSTRIPE_WEBHOOK_SECRET=whsec_...\n"


def messages(folder: Path, env: str, name: str = ".env", code: str = "import stripe\n") -> list[str]:
    """What is said about a .env beside some code."""
    (folder / name).write_text(env, encoding="utf-8")
    (folder / "shop.py").write_text(code, encoding="utf-8")
    return [f"{one.rule.id} {one.message}" for one in scan(folder).findings]


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ("STRIPE_SECRET_KEY=sk_test_...\n", ["SC-06 STRIPE_WEBHOOK_SECRET is missing in .env."]),
        ("STRIPE_SECRET_KEY=\nSTRIPE_WEBHOOK_SECRET=whsec_...\n", ["SC-06 STRIPE_SECRET_KEY is blank."]),
        (
            "STRIPE_SECRET_KEY=sk_test_...\nSTRIPE_WEBHOOK_SECRET=sk_test_...\n",
            [
                "SC-07 STRIPE_WEBHOOK_SECRET holds a value that begins with sk_; here belongs "
                "the signing secret of the webhook endpoint (whsec_)."
            ],
        ),
        (
            BOTH + "STRIPE_API_KEY=sk_test_...\n",
            ["SC-08 STRIPE_API_KEY is another secret of Stripe's; the name to use is STRIPE_SECRET_KEY."],
        ),
        (BOTH, []),
    ],
)
def test_variables_are_named(env: str, said: list[str], tmp_path: Path) -> None:
    """What is missing, blank, swapped or too much is named."""
    assert messages(tmp_path, env) == said


def test_another_name_for_the_same(tmp_path: Path) -> None:
    """A secret under another name is said to be the one that is missing."""
    said = messages(tmp_path, "STRIPE_SECRET_KEY=sk_test_...\nSTRIPE_SIGNING_SECRET=whsec_...\n")

    assert "SC-06 STRIPE_WEBHOOK_SECRET is missing; call STRIPE_SIGNING_SECRET so." in said


def test_a_template_is_named_as_one(tmp_path: Path) -> None:
    """Where there is no .env, the names that its template lacks are missing there."""
    said = messages(tmp_path, "STRIPE_SECRET_KEY=\n", name=".env.example")

    assert said == ["SC-06 STRIPE_WEBHOOK_SECRET is missing in .env.example."]


def test_code_without_stripe(tmp_path: Path) -> None:
    """A codebase that does not mention Stripe needs no secret of Stripe's."""
    assert messages(tmp_path, "STRIPE_SECRET_KEY=sk_test_...\n", code="print('hello')\n") == []


def test_values_are_not_shown(tmp_path: Path) -> None:
    """No message holds a value, and the hit says what the reports must hide."""
    (tmp_path / ".env").write_text(f"NEXT_PUBLIC_STRIPE_SECRET_KEY={LIVE}\n", encoding="utf-8")
    (found,) = [one for one in scan(tmp_path).findings if one.rule.id == "SC-05"]

    assert LIVE not in found.message
    assert found.hit.secrets == (LIVE,)
