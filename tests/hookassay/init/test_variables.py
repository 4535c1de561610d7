"""The variables that a shop reads, and the one that holds its signing secret."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hookassay.init import variables
from hookassay.scan.survey import Survey

Look = Callable[[dict[str, str]], Survey]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("app.py", 'secret = os.environ["STRIPE_HOOK_SECRET"]  # stripe'),
        ("app.py", 'secret = os.getenv("STRIPE_HOOK_SECRET")  # stripe'),
        ("app.js", "const secret = process.env.STRIPE_HOOK_SECRET"),
        ("app.rb", 'secret = ENV.fetch("STRIPE_HOOK_SECRET")'),
        ("app.php", "<?php $secret = env('STRIPE_HOOK_SECRET');"),
        ("app.go", 'package main\nvar secret = os.Getenv("STRIPE_HOOK_SECRET")'),
        ("app.py", "class Settings(BaseSettings):\n    stripe_hook_secret: str\n"),
    ],
)
def test_a_variable_is_seen_where_code_reads_it(name: str, code: str, look: Look) -> None:
    """Each language has its way to ask for a variable."""
    assert "STRIPE_HOOK_SECRET" in variables.read(look({name: code})).named


def test_the_own_file_wins_over_its_template(look: Look) -> None:
    """What .env says is a value, what .env.example says an example."""
    found = variables.read(look({".env": "PORT=4000\n", ".env.example": "PORT=3000\nDB_HOST=localhost\n"}))

    assert (found.told("PORT"), found.told("DB_HOST"), dict(found.values)) == ("4000", "localhost", {"PORT": "4000"})


def test_values_are_not_shown() -> None:
    """A secret does not get into a message by way of `repr`."""
    assert "whsec_hidden" not in repr(variables.Variables({}, {"STRIPE_WEBHOOK_SECRET": "whsec_hidden"}))


class TestSecret:
    def test_is_the_variable_never_its_value(self, look: Look) -> None:
        """The file refers to the variable whose value begins as signing secrets do."""
        told = variables.read(look({".env": "PAYMENTS_KEY=whsec_c2VjcmV0\n"}))

        assert variables.secret(told).value == "${PAYMENTS_KEY}"

    def test_of_another_name_is_found(self, look: Look) -> None:
        """STRIPE_ENDPOINT_SECRET is what Stripe's own samples call it."""
        told = variables.read(look({"app.js": "stripe(process.env.STRIPE_ENDPOINT_SECRET)"}))

        assert (variables.secret(told).value, variables.secret(told).sure) == ("${STRIPE_ENDPOINT_SECRET}", True)

    def test_is_not_sure_where_there_are_two(self, look: Look) -> None:
        """Several endpoints have several secrets."""
        told = variables.read(look({".env": "STRIPE_WEBHOOK_SECRET=\nSTRIPE_CONNECT_WEBHOOK_SECRET=\n"}))

        assert (variables.secret(told).value, variables.secret(told).sure) == ("${STRIPE_WEBHOOK_SECRET}", False)

    def test_is_not_sure_where_there_is_none(self, look: Look) -> None:
        """The usual name is a guess."""
        assert not variables.secret(variables.read(look({"app.py": "pass"}))).sure

    def test_is_no_code_of_an_error(self, look: Look) -> None:
        """A name in quotes that complains of the secret."""
        told = variables.read(look({"app.js": 'const codes = ["STRIPE_WEBHOOK_SECRET_NOT_FOUND"]'}))

        assert variables.secret(told).value == "${STRIPE_WEBHOOK_SECRET}"

    def test_is_never_one_that_browsers_get(self, look: Look) -> None:
        """What a bundler hands to browsers is no secret to verify with."""
        told = variables.read(look({".env": "NEXT_PUBLIC_STRIPE_WEBHOOK_SECRET=whsec_x\n"}))

        assert variables.secret(told).value == "${STRIPE_WEBHOOK_SECRET}"
