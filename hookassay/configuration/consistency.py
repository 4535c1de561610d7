"""What settings must agree on: rules that no single value can break."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..config import Settings
from ..errors import UsageError


def _shop_creates(settings: Settings) -> bool:
    return settings.purchase.created_by != "shop" or settings.orders.create is not None


def _create_is_used(settings: Settings) -> bool:
    return settings.orders.create is None or settings.purchase.created_by == "shop"


def _value_has_a_url(settings: Settings) -> bool:
    return settings.effects.value is None or (settings.effects.count or "").startswith(("http://", "https://", "/"))


def _refusal_has_a_url(settings: Settings) -> bool:
    return not settings.endpoint.refuses_to_start or settings.endpoint.url_without_secret is not None


RULES: tuple[tuple[Callable[[Settings], bool], str], ...] = (
    (
        _shop_creates,
        '[purchase] created_by = "shop" needs [orders] create: how the shop creates an order before paying '
        '(cmd:…, an SQL statement, or a URL to POST to). Where the webhook creates it, created_by must be "webhook".',
    ),
    (
        _create_is_used,
        '[orders] create is only used by a shop that creates orders itself: set [purchase] created_by = "shop", '
        "or leave create out.",
    ),
    (
        _value_has_a_url,
        "[effects] value finds the number in an HTTP answer: [effects] count must be a URL (http:// or https://, or a "
        "path of the application's with app), or value must be left out.",
    ),
    (
        _refusal_has_a_url,
        "[endpoint] refuses_to_start is about the instance at [endpoint] url_without_secret, which must be given too.",
    ),
)


def check(settings: Settings, place: str) -> None:
    """Refuse settings that do not fit together.

    Raises:
        UsageError: the first rule broken, said after `place`.
    """
    for holds, message in RULES:
        if not holds(settings):
            raise UsageError(f"{place}: {message}")


def one_target(below: Settings, settings: Settings, place: str) -> Settings:
    """`settings` with one target, a URL or an application: what was given last replaces the other.

    Args:
        below: What held before: the file's settings, where `settings` are the environment's over it.
        settings: The settings with what was given now; beside an application `url` may be a path.
        place: Where it was given, for the message.

    Raises:
        UsageError: both were given at once.
    """
    url, app = settings.endpoint.url, settings.endpoint.app
    if app is None or url is None or url.startswith("/"):
        return settings
    if app == below.endpoint.app:
        return replace(settings, endpoint=replace(settings.endpoint, app=None))
    if url == below.endpoint.url:
        return replace(settings, endpoint=replace(settings.endpoint, url=None))
    raise UsageError(
        f"{place}: a URL and an application (app, --app) must not be given together. The URL is judged over HTTP, the "
        "application in this process. Beside an application the path alone may be given, such as /stripe/webhook."
    )
