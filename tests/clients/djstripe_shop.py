"""`djstripe_shop.py DATABASE API SECRET`: a Django project whose dj-stripe keeps Stripe's objects in its database.

It runs in an environment of its own, which has dj-stripe and knows nothing of hookassay. dj-stripe takes no event for
granted: it fetches each object from Stripe's API, at API, and what that refers to. The webhook's URL is printed.
"""

from __future__ import annotations

import sys
from socketserver import ThreadingMixIn
from uuid import uuid4
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from django.conf import settings
from django.urls import include, path

urlpatterns: list[object] = []


class Server(ThreadingMixIn, WSGIServer):
    """A thread for each request."""

    daemon_threads = True


class Handler(WSGIRequestHandler):
    """Writes no line for each request."""

    def log_message(self, *args: object) -> None:
        """Nothing."""


def configure(database: str, api: str) -> None:
    """Set Django up, its tables made."""
    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1"],
        DATABASES={
            "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": database, "OPTIONS": {"timeout": 20}},
        },
        DEBUG=True,
        DJSTRIPE_FOREIGN_KEY_TO_FIELD="id",
        # Tables are made as the models say: dj-stripe's many migrations take minutes on SQLite.
        MIGRATION_MODULES={"djstripe": None},
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "djstripe"],
        ROOT_URLCONF=__name__,
        SECRET_KEY="of a test",
        STRIPE_API_HOST=api,
        STRIPE_LIVE_MODE=False,
        STRIPE_TEST_SECRET_KEY="sk_test_4eC39HqLyjWDarjtT1zdp7dc",
        USE_TZ=True,
    )
    django.setup()
    from django.core.management import call_command

    call_command("migrate", run_syncdb=True, verbosity=0)


def serve(secret: str) -> None:
    """Take deliveries for ever."""
    from django.core.wsgi import get_wsgi_application
    from djstripe.event_handlers import djstripe_receiver
    from djstripe.models import Event, Refund, WebhookEndpoint

    @djstripe_receiver(["refund.created", "refund.updated", "refund.failed"])
    def keep_refund(sender: type, event: Event, **_: object) -> None:
        """Fetch the refund; dj-stripe itself does nothing about these events."""
        found = Refund(id=event.data["object"]["id"], livemode=False).api_retrieve()
        Refund.sync_from_stripe_data(found)

    urlpatterns.append(path("stripe/", include("djstripe.urls", namespace="djstripe")))
    endpoint = WebhookEndpoint.objects.create(
        id="we_1OfATest", djstripe_uuid=uuid4(), secret=secret, enabled_events=["*"], livemode=False, status="enabled"
    )
    with make_server("127.0.0.1", 0, get_wsgi_application(), Server, Handler) as server:
        print(f"http://127.0.0.1:{server.server_port}/stripe/webhook/{endpoint.djstripe_uuid}/", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    configure(*sys.argv[1:3])
    serve(sys.argv[3])
