"""docs/scan-packages.md is true to the judgements of the findings in public packages."""

from __future__ import annotations

import pytest
from scan_packages import PAGE, Package, packages, page

from hookassay.scan.rule import rules

LEAST = 5


def test_the_page_shows_the_judgements() -> None:
    """The page is what packages.yml says; `python tests/shared/scan_packages.py --write` writes it."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_packages_enough_were_judged() -> None:
    """At least five packages are named, each by its version."""
    assert len({package.name for package in packages() if package.version}) >= LEAST


@pytest.mark.parametrize("package", packages(), ids=lambda package: package.name)
def test_a_finding_is_judged_with_its_reason(package: Package) -> None:
    """Each finding names a rule that exists, a line, and why it is right or wrong."""
    known = {rule.id for rule in rules()}
    assert [one for one in package.findings if one.rule not in known or ":" not in one.place or not one.reason] == []
