"""SC-01 where samples cannot say it: the sentence that lists the places, and the others that belong to the finding."""

from __future__ import annotations

from pathlib import Path

from hookassay.scan.engine import scan
from hookassay.scan.finding import Finding

FIRST = """\
import stripe

@app.post("/webhook")
def webhook():
    event = stripe.Webhook.construct_event(request.data, request.headers["Stripe-Signature"], SECRET)
    if event.type == "charge.refunded":
        refund(event)
"""
SECOND = FIRST.replace("/webhook", "/stripe").replace("def webhook", "def stripe_events")


def findings(folder: Path, **files: str) -> list[Finding]:
    """What SC-01 finds in these files; two underscores stand for a slash."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [one for one in scan(folder).findings if one.rule.id == "SC-01"]


def test_every_place_is_listed(tmp_path: Path) -> None:
    """The message names method, path, file and line of each place."""
    (found,) = findings(tmp_path, app=FIRST, billing=SECOND)

    assert found.message == (
        "Stripe's events are handled in 2 places: POST /webhook (app.py:3), POST /stripe (billing.py:3)."
    )


def test_other_places_belong_to_the_finding(tmp_path: Path) -> None:
    """One finding stands at the first place, and the others are shown with it."""
    (found,) = findings(tmp_path, app=FIRST, billing=SECOND)

    assert (found.place.path, [one.path for one in found.hit.also]) == ("app.py", ["billing.py"])


def test_nothing_is_certified_meanwhile(tmp_path: Path) -> None:
    """The rule aborts whatever would be built upon several handlers."""
    (found,) = findings(tmp_path, app=FIRST, billing=SECOND)

    assert found.rule.aborts


def test_a_path_that_no_code_names(tmp_path: Path) -> None:
    """A handler whose route is nowhere in the code is listed with its path unknown."""
    (found,) = findings(tmp_path, app=FIRST, hooks=SECOND.replace('@app.post("/stripe")\n', ""))

    assert "path unknown (hooks.py:3)" in found.message


def test_an_example_beside_the_shop(tmp_path: Path) -> None:
    """What stands among examples is no place while there is a real one."""
    assert findings(tmp_path, app=FIRST, examples__server=SECOND) == []


def test_examples_alone_are_programs_of_their_own(tmp_path: Path) -> None:
    """Of several examples each handles events on its own."""
    assert findings(tmp_path, examples__flask__app=FIRST, examples__fastapi__app=SECOND) == []


def test_an_example_with_two_handlers(tmp_path: Path) -> None:
    """Where there is nothing but one example, its places count."""
    assert len(findings(tmp_path, examples__shop__app=FIRST, examples__shop__billing=SECOND)) == 1


def test_tests_are_no_place(tmp_path: Path) -> None:
    """A handler that tests bring along handles no events of the shop's."""
    assert findings(tmp_path, app=FIRST, tests__fake=SECOND) == []


def test_a_function_that_only_registers_routes(tmp_path: Path) -> None:
    """An application factory around two routes is not the one place that both are in."""
    factory = "import stripe\n\ndef create_app():\n    app = Flask(__name__)\n"
    for text in (FIRST, SECOND):
        factory += "".join(f"    {line}\n" for line in text.splitlines()[2:])
    (found,) = findings(tmp_path, app=factory + "    return app\n")

    assert "in 2 places" in found.message
