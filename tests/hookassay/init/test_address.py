"""The webhook URL: the path of the route, and the port."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hookassay.init import address, variables
from hookassay.init.guess import Guess
from hookassay.init.handler import find as handler
from hookassay.scan.survey import Survey

Look = Callable[[dict[str, str]], Survey]

FLASK = """
import stripe
from flask import Flask, request
app = Flask(__name__)
@app.post("/hooks/stripe")
def hook():
    event = stripe.Webhook.construct_event(request.data, request.headers["Stripe-Signature"], secret)
    return event["type"] == "charge.refunded"
"""


def found(survey: Survey) -> Guess:
    return address.find(survey, handler(survey), variables.read(survey))


def test_a_route_and_a_port_are_the_url(look: Look) -> None:
    """Both stand in the code."""
    guess = found(look({"app.py": f"{FLASK}\napp.run(port=4001)\n"}))

    assert (guess.value, guess.sure) == ("http://localhost:4001/hooks/stripe", True)


def test_the_port_of_a_framework_is_a_guess(look: Look) -> None:
    """Nothing says that the shop listens where Flask does by itself."""
    guess = found(look({"app.py": FLASK}))

    assert (guess.value, guess.sure) == ("http://localhost:5000/hooks/stripe", False)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".env", "PORT=4567\n"),
        ("Makefile", "run:\n\tgunicorn --bind 127.0.0.1:4567 app:app\n"),
        ("Dockerfile", "FROM python\nEXPOSE 4567\nCMD gunicorn app:app # stripe port\n"),
        ("server.js", "const stripe = 1; app.listen(process.env.PORT || 4567)"),
        ("Procfile", "web: uvicorn app:app --port 4567\n"),
    ],
)
def test_a_port_is_told_in_many_places(name: str, text: str, look: Look) -> None:
    """Files that say how a thing is started say its port."""
    assert found(look({"app.py": FLASK, name: text})).value == "http://localhost:4567/hooks/stripe"


def test_where_the_stripe_cli_forwards_events_is_believed(look: Look) -> None:
    """It is the URL itself."""
    listens = '{"scripts": {"events": "stripe listen --forward-to localhost:4100/api/hook"}}'
    guess = found(look({"app.py": FLASK, "package.json": listens}))

    assert (guess.value, guess.sure) == ("http://localhost:4100/api/hook", True)


def test_djangos_include_is_a_prefix(look: Look) -> None:
    """The route of an application is below where the project includes it."""
    survey = look(
        {
            "manage.py": "import os  # host",
            "site/urls.py": 'from django.urls import include, path\npath("pay/", include("shop.urls"))  # order',
            "shop/urls.py": "from django.urls import path\nfrom .views import hook\n"
            'urlpatterns = [path("hook/", hook)]',
            "shop/views.py": "import stripe\nfrom django.http import HttpResponse\n"
            "def hook(request):\n    event = stripe.Webhook.construct_event(request.body, 'x', 'y')\n"
            "    return event.type == 'charge.refunded'\n",
        }
    )

    assert found(survey).value == "http://localhost:8000/pay/hook/"


def test_two_handlers_are_asked_about(look: Look) -> None:
    """Which of them Stripe delivers to cannot be seen."""
    other = FLASK.replace("/hooks/stripe", "/other").replace("charge.refunded", "charge.failed")
    guess = found(look({"app.py": f"{FLASK}\napp.run(port=4001)\n", "other.py": other}))

    assert "too" in guess.why
    assert not guess.sure


def test_a_parameter_in_the_path_must_be_filled_in(look: Look) -> None:
    """A tenant's name, say."""
    guess = found(look({"app.py": FLASK.replace("/hooks/", "/hooks/<tenant>/") + "\napp.run(port=4001)\n"}))

    assert "parameter" in guess.why
    assert not guess.sure


def test_nothing_to_see_is_said(look: Look) -> None:
    """Without a handler the path is the usual one."""
    guess = found(look({"app.py": "pass"}))

    assert (guess.value, guess.sure) == ("http://localhost:4242/stripe/webhook", False)
