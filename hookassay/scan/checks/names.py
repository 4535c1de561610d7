"""What the name of an environment variable says about its value: a secret of Stripe's, or what anybody may see."""

from __future__ import annotations

import re

SECRET_KEY, WEBHOOK_SECRET = "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"

PUBLIC_PREFIXES = (
    "NEXT_PUBLIC_",
    "VITE_",
    "REACT_APP_",
    "NUXT_PUBLIC_",
    "EXPO_PUBLIC_",
    "GATSBY_",
    "PUBLIC_",
    "VUE_APP_",
    "PARCEL_",
)
"""Variables that begin so are written into what a browser gets (Next.js, Vite, Create React App, Nuxt, Expo, …)."""

_SHOWN = re.compile(r"PUBLISHABLE|PUBLIC_?KEY|(^|_)PK(_|$)|CLIENT_SECRET")
# A word about the secret rather than the secret: STRIPE_WEBHOOK_SECRET_ARN, STRIPE_WEBHOOK_URL, STRIPE_SECRET_ENABLED.
_ABOUT = re.compile(r"_(URLS?|URI|PATH|ROUTE|ENDPOINT|HOST|PORT|ID|ARN|NAME|FILE|VERSION|TOLERANCE|ENABLED|TIMEOUT)$")
_HIDDEN = re.compile(r"SECRET|SIGNING|WHSEC|RESTRICTED|PRIVATE|API_?KEY|WEBHOOK_?KEY|(^|_)[SR]K(_|$)")
_WEBHOOK = re.compile(r"WEBHOOK|WHSEC|SIGNING|ENDPOINT_?SECRET|(^|_)WH_")


def of_stripe(name: str) -> bool:
    """Whether a variable of this name belongs to Stripe."""
    return "STRIPE" in name.upper()


def exposed(name: str) -> bool:
    """Whether a bundler hands a variable of this name to the browser."""
    return name.upper().startswith(PUBLIC_PREFIXES)


def secret(name: str) -> bool:
    """Whether a variable of Stripe's with this name holds a secret, as far as its name says."""
    upper = name.upper()
    if not of_stripe(upper) or _SHOWN.search(upper) or _ABOUT.search(upper):
        return False
    return bool(_HIDDEN.search(upper))


def hidden(name: str) -> bool:
    """Whether its name leaves no doubt that it is a secret: what is called an API key may be a publishable one."""
    return secret(name) and secret(re.sub(r"API_?KEY", "", name.upper()))


def publishable(name: str) -> bool:
    """Whether a variable of this name is meant for what everybody may see, a publishable key above all."""
    return bool(_SHOWN.search(name.upper()))


def webhook(name: str) -> bool:
    """Whether a secret of this name is one that deliveries are signed with, rather than a key of the API."""
    return bool(_WEBHOOK.search(name.upper()))
