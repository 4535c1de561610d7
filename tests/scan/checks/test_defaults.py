"""Defaults for secrets: what is hidden, and what is asked in another file."""

from __future__ import annotations

from pathlib import Path

from hookassay.scan.engine import ScanSettings, scan
from hookassay.scan.finding import Finding


def found(folder: Path, **files: str) -> list[Finding]:
    """What SC-04 finds in modules of Python of these names."""
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return [one for one in scan(folder, ScanSettings()).findings if one.rule.id == "SC-04"]


def test_the_text_of_a_default_is_named_as_a_secret(tmp_path: Path) -> None:
    """Reports are told what to mask, and the message holds none of it."""
    (one,) = found(tmp_path, shop='SECRET = os.getenv("STRIPE_WEBHOOK_SECRET", "whsec_of_the_shop")\n')
    assert one.hit.secrets == ("whsec_of_the_shop",)
    assert "whsec" not in one.message


def test_an_empty_default_names_no_secret(tmp_path: Path) -> None:
    """An empty text is nothing that a report could mask."""
    (one,) = found(tmp_path, shop='SECRET = os.getenv("STRIPE_WEBHOOK_SECRET", "")\n')
    assert one.hit.secrets == ()


def test_a_condition_elsewhere_about_something_general_excuses_nothing(tmp_path: Path) -> None:
    """`if secret` in another file may be about another secret."""
    shop = 'secret = os.getenv("STRIPE_WEBHOOK_SECRET", "")\n'
    assert found(tmp_path, shop=shop, other="import stripe\nif not secret:\n    raise ValueError\n")


def test_a_default_that_is_a_text_is_not_excused_by_a_condition(tmp_path: Path) -> None:
    """A check for emptiness never sees that the variable was missing."""
    shop = 'secret = os.getenv("STRIPE_WEBHOOK_SECRET", "whsec_x")\nif not secret:\n    raise ValueError\n'
    assert found(tmp_path, shop=shop)


def test_tests_may_have_defaults(tmp_path: Path) -> None:
    """Code of tests signs its own deliveries."""
    assert not found(tmp_path, test_shop='secret = os.getenv("STRIPE_WEBHOOK_SECRET", "whsec_x")\n')
