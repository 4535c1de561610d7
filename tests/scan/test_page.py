"""docs/scan.md is true: its table is that of the rules, its commands and its configuration are taken."""

from __future__ import annotations

import re
from pathlib import Path

from scan_page import PAGE, page

from hookassay import configuration
from hookassay.cli import main

TEXT = PAGE.read_text(encoding="utf-8")


def test_the_page_shows_the_rules() -> None:
    """The table is what the rules say; `python tests/shared/scan_page.py` writes it."""
    assert page(TEXT) == TEXT


def test_options_exist() -> None:
    """Each option that the page gives to `hookassay scan` is one of the command's."""
    known = {option for parameter in main.commands["scan"].params for option in parameter.opts}
    shown = {word for words in re.findall(r"hookassay scan([^\n`]*)", TEXT) for word in re.findall(r"--[a-z-]+", words)}

    assert shown
    assert shown <= known


def test_configuration_is_accepted(tmp_path: Path) -> None:
    """The hookassay.toml of the page is read without a complaint."""
    (text,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    (tmp_path / "hookassay.toml").write_text(text)

    settings = configuration.load_scan(tmp_path, None, {"DATABASE_URL": "sqlite:///shop.db"})

    assert settings.scan.ignore == ("SC-26",)
    assert settings.orders.table == "shop_orders"
    assert settings.scan.source == tmp_path
