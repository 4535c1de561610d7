"""What is judged, started where it has to be: an endpoint, an application in this process, or the reference server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING

from .. import configuration
from ..config import Settings
from ..endpoint import Endpoint
from ..errors import UsageError
from ..importing import Transcript, importable, load
from ..stripe_api.address import Address

if TYPE_CHECKING:
    from ..faults import Faults
    from ..stripe_api.client import StripeApi


@dataclass(frozen=True)
class Target:
    """What is judged.

    Attributes:
        settings: What the run is told of it.
        endpoint: Where it is.
        transcript: What it prints, where it is in this process.
        faults: Those that are built in for it; None where they are those that the settings declare.
    """

    settings: Settings
    endpoint: Endpoint
    transcript: Transcript | None = None
    faults: Faults | None = None


@contextmanager
def target(settings: Settings, stripe_api: StripeApi | None) -> Iterator[Target]:
    """The endpoint that is configured, or else the reference server, started for this run."""
    if settings.endpoint.app is not None:
        with _application(settings, settings.endpoint.app) as target:
            yield target
        return
    if settings.endpoint.url is not None:
        yield Target(settings, configuration.endpoint(settings))
        return
    from .. import reference

    if settings.orders.source is not None:
        raise UsageError("--orders was given without a URL. Name the webhook URL whose orders these are.")
    base = stripe_api.address.url if stripe_api is not None else None
    faults = settings.faults
    with reference.starting(base, faults=faults.built_in, store=faults.store) as ready:
        # What the run needs is loaded while the server starts.
        import_module("..judging.run", __package__)
        import_module("..orders.sql", __package__)
        server = ready()
        told = reference.judged_by(settings, server)
        yield Target(told, configuration.endpoint(told), faults=server.faults)


@contextmanager
def _application(settings: Settings, name: str) -> Iterator[Target]:
    """The application that `name` stands for, in this process, and what it prints meanwhile."""
    from ..wire.application import hosting

    # What the run needs is loaded first: a module of the application's may have the name of a library's.
    import_module("..judging.run", __package__)
    import_module("..orders.sql", __package__)
    import_module("..report.junit", __package__)
    import_module("..report.html", __package__)
    transcript = Transcript()
    # A copy of this process would be a copy of the application, with a database of its own where that is in memory.
    told = replace(settings, run=replace(settings.run, workers=1))
    with (
        transcript.taking(),
        importable(settings.folder),
        hosting(lambda: load(name, transcript.tail)) as application,
    ):
        yield Target(told, configuration.endpoint(told, application), transcript)


@contextmanager
def stand_in(settings: Settings) -> Iterator[StripeApi | None]:
    """The stand-in for Stripe's API, where one was asked for: before anything is delivered."""
    if settings.stripe_api.address is None:
        yield None
        return
    from ..stripe_api import process

    with process.running(Address.parse(settings.stripe_api.address), settings.stripe_api.token) as api:
        yield api
