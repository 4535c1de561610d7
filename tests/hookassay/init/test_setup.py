"""`hookassay init` as a user meets it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from scripted import Scripted, once, serving

from hookassay.cli import main
from hookassay.reference import free_port

Shop = Callable[[str], Path]
Init = Callable[..., Result]
Patch = pytest.MonkeyPatch

WRITTEN = """\
✔ events are handled at src/webhook.js:7 (Express)
✔ orders are kept in Order (a model of Prisma's)
✔ written: hookassay.toml

Not sure, and marked so in the file:
○ [orders] create: made from the code alone; compare it with what src/checkout.js stores
○ [orders.values] dispute_won: no word for it was found; these are the usual ones

Not tried yet: STRIPE_WEBHOOK_SECRET and DATABASE_URL are set nowhere.
Next:          set them, in the shell or in .env, start the shop, then: hookassay init --check
"""
PLACED = "whsec_c2VjcmV0LW9mLXRoZS1zaG9w"


@pytest.fixture
def init(monkeypatch: pytest.MonkeyPatch) -> Init:
    """Runs the command in a folder, with no variable of this machine's."""
    for name in ("STRIPE_WEBHOOK_SECRET", "DATABASE_URL", "HOOKASSAY_URL", "HOOKASSAY_ORDERS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "100")

    def run(folder: Path, *arguments: str) -> Result:
        monkeypatch.chdir(folder)
        return CliRunner().invoke(main, ["init", *arguments], catch_exceptions=False)

    return run


@pytest.fixture
def refusing() -> Iterator[Scripted]:
    """Something that listens, and refuses whatever it is sent."""
    with serving(once(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno")) as server:
        yield server


class TestWriting:
    def test_ends_with_0_and_says_what_was_found(self, shop: Shop, init: Init) -> None:
        """What was seen, what is not sure, and what to do next."""
        folder = shop("express_prisma")
        done = init(folder, "--yes")

        assert (done.exit_code, done.output) == (0, WRITTEN)
        assert (folder / "hookassay.toml").exists()

    def test_refuses_to_overwrite(self, shop: Shop, init: Init) -> None:
        """A file that a person may have changed is left as it is, and the message says what to do."""
        folder = shop("express_prisma")
        (folder / "hookassay.toml").write_text("# mine\n")
        done = init(folder, "--yes")

        assert (done.exit_code, (folder / "hookassay.toml").read_text()) == (2, "# mine\n")
        assert "--force" in done.output
        assert "--check" in done.output

    def test_overwrites_with_force(self, shop: Shop, init: Init) -> None:
        """It was asked for."""
        folder = shop("express_prisma")
        (folder / "hookassay.toml").write_text("# mine\n")

        assert init(folder, "--yes", "--force").exit_code == 0
        assert "[endpoint]" in (folder / "hookassay.toml").read_text()

    def test_takes_the_url_that_was_named(self, shop: Shop, init: Init) -> None:
        """What a person says is not guessed."""
        folder = shop("rails")
        init(folder, "--yes", "--url", "http://localhost:4999/hook")

        assert '\nurl = "http://localhost:4999/hook"\n' in (folder / "hookassay.toml").read_text()

    def test_refuses_what_is_no_folder(self, shop: Shop, init: Init) -> None:
        """The file must have a place."""
        folder = shop("rails")

        assert init(folder, "Gemfile").exit_code == 2
        assert init(folder, "nowhere").exit_code == 2

    def test_refuses_a_url_that_is_none(self, shop: Shop, init: Init) -> None:
        """Nothing is written with it."""
        folder = shop("rails")
        done = init(folder, "--yes", "--url", "localhost:4242")

        assert done.exit_code == 2
        assert not (folder / "hookassay.toml").exists()

    def test_shows_no_secret(self, shop: Shop, init: Init) -> None:
        """Neither in the file nor on the terminal, whatever .env holds."""
        folder = shop("fastapi_shop")
        values = f"STRIPE_WEBHOOK_SECRET={PLACED}\nDATABASE_URL=postgresql://shop:s3cr3tword@127.0.0.1:9/shop\n"
        (folder / ".env").write_text(values)
        done = init(folder, "--yes")

        shown = done.output + (folder / "hookassay.toml").read_text()
        assert PLACED not in shown
        assert "s3cr3tword" not in shown


class TestTrying:
    def test_what_does_not_run_yet_is_no_failure(self, shop: Shop, init: Init) -> None:
        """It says how the shop is probably started, and what to do then."""
        folder = shop("fastapi_shop")
        done = init(folder, "--yes", "--url", f"http://127.0.0.1:{free_port()}/payments/webhook")

        assert done.exit_code == 0
        assert "The endpoint does not run yet:" in done.output
        assert "uvicorn app.main:app" in done.output
        assert "hookassay init --check" in done.output

    def test_what_runs_and_cannot_be_judged_is_3(self, shop: Shop, init: Init, refusing: Scripted) -> None:
        """The reason is that of the preflight."""
        folder = shop("four_events")
        (folder / ".env").write_text(f"STRIPE_WEBHOOK_SECRET={PLACED}\n")
        (folder / "hookassay.toml").write_text(
            f'[endpoint]\nurl = "{refusing.endpoint().url}"\nsecret = "${{STRIPE_WEBHOOK_SECRET}}"\n'
        )
        done = init(folder, "--check")

        assert done.exit_code == 3
        assert "refuses genuine deliveries exactly as it refuses forged ones" in done.output

    def test_needs_a_file(self, shop: Shop, init: Init) -> None:
        """There is nothing to try."""
        done = init(shop("rails"), "--check")

        assert done.exit_code == 2
        assert "Write it with hookassay init" in done.output

    def test_to_ask_nothing_is_no_consent_to_send(self, shop: Shop, init: Init, monkeypatch: Patch) -> None:
        """Writing a file with --yes sends nothing to another machine."""
        monkeypatch.setattr("hookassay.init.rehearsal.reach", lambda endpoint: None)
        folder = shop("four_events")
        (folder / ".env").write_text(f"STRIPE_WEBHOOK_SECRET={PLACED}\nDATABASE_URL=sqlite:///shop.db\n")
        done = init(folder, "--yes", "--url", "http://shop.invalid/hook")

        assert (done.exit_code, "Not tried:" in done.output) == (0, True)

    def test_another_machine_is_not_sent_to_unasked(self, shop: Shop, init: Init, monkeypatch: Patch) -> None:
        """It is said how to consent."""
        folder = shop("rails")
        text = '[endpoint]\nurl = "http://shop.invalid/hook"\nsecret = "whsec_x"\n'
        (folder / "hookassay.toml").write_text(text)
        monkeypatch.setattr("hookassay.init.rehearsal.reach", lambda endpoint: None)
        done = init(folder, "--check")

        assert done.exit_code == 0
        assert "shop.invalid is another machine" in done.output
        assert "--yes" in done.output

    def test_an_application_in_this_process_is_tried_by_the_run(self, shop: Shop, init: Init) -> None:
        """There is no URL to try."""
        folder = shop("rails")
        (folder / "hookassay.toml").write_text('[endpoint]\napp = "shop:app"\nsecret = "whsec_x"\n')

        assert init(folder, "--check").exit_code == 2
