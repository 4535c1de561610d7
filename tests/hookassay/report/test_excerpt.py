"""No report of a scan shows a secret, wherever it turns up."""

from __future__ import annotations

from pathlib import Path

import pytest
from scanned import FORMATS, SECRETS, SHORT_SECRET, finding, place, rule, scan

from hookassay.report.excerpt import Curtain
from hookassay.scan.engine import Scan
from hookassay.scan.finding import Finding, Hit
from hookassay.scan.suppression import Suppression
from hookassay.scan.tree import Skipped

LINES = {
    "live key": "stripe.api_key = '{}'",
    "restricted key": "stripe = new Stripe(`{}`)",
    "signing secret": "secret = '{}'",
    "ordinary words": "secret = os.getenv('STRIPE_WEBHOOK_SECRET', '{}')",
    "database password": "db = connect('postgresql://shop:{}@db/shop'); key = 1",
}


def everywhere(secret: str, line: str) -> Scan:
    """A scan that met a secret in every place that a report has."""
    broken = rule()
    other = place(line, path=f"also/{secret}.py", line=4)
    where = place(line, secret, path=f"{secret}/web.py")
    hit = Hit("SC-90", where, f"It is `{secret}` here.", (other,), (secret,))
    comment = Suppression("a.py", 3, 2, ("SC-90",), f"because {secret} is old")
    return Scan(
        Path("/src") / secret,
        (Finding(broken, hit), finding(line, "=", line=30)),
        ((Finding(broken, hit), comment),),
        (Skipped(f"{secret}.bin", f"cannot be read ({secret})"),),
        (f"{secret}.py:3: `ignore SC-90` ignores nothing; remove it.",),
        2,
        0.1,
        (broken,),
        "",
        (secret,),
    )


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_is_shown_nowhere(kind: str, name: str) -> None:
    """A secret is masked in root, path, line, message, other places, reasons and notes, in every format."""
    secret = SECRETS[kind]
    found = everywhere(secret, LINES[kind].format(secret))

    shown = FORMATS[name](found, Curtain(found))

    assert secret not in shown
    assert secret.split("_")[-1] not in shown
    assert "***" in shown


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("kind", [kind for kind in SECRETS if kind != "database password"])
def test_a_secret_that_no_rule_found_is_not_shown(kind: str, name: str) -> None:
    """A secret that happens to stand in the line of another finding is masked too."""
    line = LINES[kind].format(SECRETS[kind])
    found = scan(finding(line, "="), finding("x", also=(place(line),)))

    assert SECRETS[kind] not in FORMATS[name](found, Curtain(found))


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    "line",
    [
        "const key = process.env.STRIPE_SECRET_KEY || 'hunter2-hunter2';",
        "const key = process.env['STRIPE_SECRET_KEY'] ?? \"hunter2-hunter2\"",
        "secret = ENV.fetch('STRIPE_WEBHOOK_SECRET', 'hunter2-hunter2')",
        "secret = ENV['STRIPE_WEBHOOK_SECRET'] || 'hunter2-hunter2'",
        "'secret' => env('STRIPE_WEBHOOK_SECRET', 'hunter2-hunter2'),",
        "$secret = getenv('STRIPE_WEBHOOK_SECRET') ?: 'hunter2-hunter2';",
        'secret := "hunter2-hunter2"',
        "password: `hunter2-hunter2`,",
        "if secret == 'hunter2-hunter2' {",
    ],
)
def test_a_literal_beside_a_secrets_name_is_not_shown(line: str, name: str) -> None:
    """What a secret is given, compared with or replaced by is masked although no rule names it."""
    found = scan(finding(line, "=" if "=" in line else "p"))

    assert "hunter2" not in FORMATS[name](found, Curtain(found))


@pytest.mark.parametrize("name", FORMATS)
def test_a_value_in_a_dotenv_file_is_not_shown(name: str) -> None:
    """Of a .env file the names are shown, and no value."""
    found = scan(finding("STRIPE_SECRET_KEY=correct horse", path=".env"))
    shown = FORMATS[name](found, Curtain(found))

    assert "correct horse" not in shown


@pytest.mark.parametrize("name", FORMATS)
def test_a_short_secret_is_masked_where_it_was_found(name: str) -> None:
    """A secret of three letters is masked in its own line and message, and no other word is."""
    found = scan(finding(f"start('{SHORT_SECRET}'); abcd()", message="`abc` is it.", secrets=(SHORT_SECRET,)))
    shown = FORMATS[name](found, Curtain(found))

    assert "'abc'" not in shown
    assert "`abc`" not in shown


def test_a_word_that_is_a_secret_leaves_paths_alone() -> None:
    """A default such as `webhook` does not make the path of a file unreadable."""
    found = scan(finding("get('webhook')", path="webhook/stripe.py", secrets=("webhook",)))

    assert Curtain(found).path("webhook/stripe.py") == "webhook/stripe.py"


@pytest.mark.parametrize("before", [0, 190, 590, 601, 5_000])
def test_half_a_secret_is_not_shown_where_a_line_is_cut(before: int) -> None:
    """A secret at the edge of what is looked at of a very long line is not shown in half."""
    key = SECRETS["live key"]
    line = f"{key} " + "x" * before + " WRONG " + "y" * before + f" {key}"
    shown = Curtain(scan()).line(place(line, "WRONG"))

    assert "WRONG" in shown
    assert "KJHG" not in shown


def test_the_mark_is_below_its_text_beside_a_secret() -> None:
    """A secret that was masked before, in or behind the place does not move the mark."""
    key = SECRETS["live key"]
    line = f"a('{key}'); WRONG('{key}'); b('{key}')"
    shown = Curtain(scan()).excerpt(place(line, f"WRONG('{key}')"), (), 80)

    assert shown.text[shown.start : shown.start + shown.width] == "WRONG('***')"


def test_a_message_that_quotes_much_is_cut() -> None:
    """A message stays a sentence although what it quotes is long."""
    assert len(Curtain(scan()).message(finding(message="x" * 5_000))) == 400


@pytest.mark.parametrize("name", ["terminal", "github"])
def test_a_name_of_a_file_is_on_one_line(name: str) -> None:
    """A file whose name holds a line break puts no line of its own, and so no command, into a log."""
    path = "a\n::error::b.py"
    found = scan(finding(path=path), skipped=(Skipped(path, "binary"),), notes=(f"{path}:1: remove it.",))

    assert not any(line.strip().startswith("::error::") for line in FORMATS[name](found, Curtain(found)).splitlines())
