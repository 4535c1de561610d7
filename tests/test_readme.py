"""What the README shows is true: its configuration is accepted, its commands exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hookassay import configuration
from hookassay.cli import certify, main

README = (Path(__file__).resolve().parents[1] / "README.md").read_text()
CONFIGURATIONS = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
COMMANDS = re.findall(r"hookassay (certify|scan|serve|clauses|stripe-api)((?:[^\n`\\]|\\\n)*)", README)


@pytest.mark.parametrize("text", CONFIGURATIONS)
def test_configuration_is_accepted(text: str, tmp_path: Path) -> None:
    """Each hookassay.toml of the README is read without a complaint."""
    path = tmp_path / "hookassay.toml"
    path.write_text(text)

    settings = configuration.load(path, {"STRIPE_WEBHOOK_SECRET": "whsec_x", "DB_PASSWORD": "secret"})

    assert settings.orders.source is not None


def test_options_exist() -> None:
    """Each option that the README gives to a command is one of the command's."""
    known = {option for command in main.commands.values() for parameter in command.params for option in parameter.opts}

    shown = {word for _, rest in COMMANDS for word in re.findall(r"(?<!\S)--[a-z-]+", rest)}

    assert shown <= known, shown - known
    assert "--orders" in {option for parameter in certify.params for option in parameter.opts}
