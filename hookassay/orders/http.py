"""Orders read back from a URL that answers with JSON."""

from __future__ import annotations

import secrets
import string
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from ..config import OrdersSettings
from ..endpoint import Endpoint, Secret
from ..errors import HarnessError, NotApplicable, NotJudged, NotTestable, UsageError
from ..redaction import redacted
from .client import Client, open_client
from .document import RowFinder, parsed
from .placeholders import SESSION_ID, check_braces, in_url
from .reader import NOBODY, Row
from .source import Source

_NO_ORDER = (204, 404, 410)
_NO_CREDENTIALS = ("accept", "content-type", "user-agent")
"""How the names of headers begin that say what is read, and not who reads."""


class HttpReader:
    """Reads `https://…{session_id}…`, or a path of an application in this process.

    404, 410, 204, `null` and `[]` are no order.

    `[orders.headers]` go to this URL only.
    """

    kind = "http"
    overhead = 0.0

    def __init__(
        self,
        settings: OrdersSettings,
        source: Source,
        timeout: float = 10.0,
        cacert: Path | None = None,
        endpoint: Endpoint | None = None,
    ) -> None:
        """Prepare to read `source`; nothing is sent yet. `timeout` in seconds bounds one request.

        Raises:
            UsageError: the URL has no `{session_id}`, or an expression is wrong.
        """
        self._url = source.location
        self._shown = source.shown
        check_braces(self._url, "The order URL", SESSION_ID)
        if "{session_id}" not in self._url:
            raise UsageError(
                "The order URL must hold {session_id} where the Checkout Session's id belongs, as in "
                f"https://shop.example/orders/{{session_id}}; got {self._shown}."
            )
        self._finder = RowFinder(settings, many=False)
        self._timeout = timeout
        self._cacert = cacert
        self._endpoint = endpoint
        self._headers = settings.headers
        self._client = self._open(settings.headers)

    @property
    def many(self) -> bool:
        """Whether several orders of one session would be seen: as declared, else whether the answers are lists."""
        return self._finder.many

    def check(self) -> None:
        """Ask for a session that no shop has.

        Raises:
            NotJudged: the URL refuses us, redirects, or does not answer that there is no order.
        """
        try:
            self.read(NOBODY)
        except HarnessError as error:
            raise NotJudged(
                f"{error} Asked for a session that has no order, it must answer 404, null or an empty list. "
                "Check --orders (or [orders] source in hookassay.toml)."
            ) from None

    def read(self, session_id: str) -> Sequence[Row]:
        """Every order of `session_id`.

        Raises:
            NotJudged: 401, 403, a redirect, or an answer without the columns that clauses look at.
            HarnessError: 429, 5xx or no answer, after retries; another status; no JSON.
        """
        url = in_url(self._url, {"session_id": session_id})
        answer = self._client.get(url)
        if answer.status in _NO_ORDER:
            return []
        if answer.status != 200:
            raise HarnessError(f"{redacted(url)} answered {answer.status}: {answer.excerpt(self._client.secrets)}")
        return self._finder.rows(parsed(answer.body, self._shown), self._shown)

    def is_public(self, session_id: str) -> bool:
        """Whether the order of `session_id` is shown to a GET without `[orders.headers]`.

        What is said of a session that no shop has as well, such as that one must log in, is no order.

        Raises:
            NotTestable: it is, and the URL holds a user, a password or a query, which may be the credentials.
        """
        return self._is_shown(session_id, ())

    def takes_any_credentials(self, session_id: str) -> bool:
        """Whether the order of `session_id` is shown where the `[orders.headers]` have the wrong content.

        What they hold is replaced, letter by letter and digit by digit, by what looks alike and is drawn at random.

        Raises:
            NotApplicable: there are no such headers.
            NotTestable: it is, and the URL holds a user, a password or a query, which may be the credentials.
        """
        headers = [
            (name, value if name.lower().startswith(_NO_CREDENTIALS) else another(value))
            for name, value in self._headers
        ]
        if headers == list(self._headers):
            raise NotApplicable("no credentials are sent ([orders.headers])")
        return self._is_shown(session_id, headers)

    def _is_shown(self, session_id: str, headers: Sequence[tuple[str, Secret]]) -> bool:
        anyone = self._open(headers)
        try:
            seen = self._shown_to(anyone, session_id)
            shown = bool(seen) and seen != self._shown_to(anyone, NOBODY)
        finally:
            anyone.close()
        parts = urlsplit(self._url)
        if shown and (parts.username or parts.password or parts.query):
            raise NotTestable("the order URL itself may hold the credentials; give them with --orders-header")
        return shown

    def _shown_to(self, client: Client, session_id: str) -> list[Row]:
        """What `client` is shown as orders; none where it is refused, led elsewhere, or shown a page or an error."""
        try:
            answer = client.get(in_url(self._url, {"session_id": session_id}))
            return self._finder.rows(parsed(answer.body, self._shown), self._shown) if answer.status == 200 else []
        except (NotJudged, HarnessError):
            return []

    def _open(self, headers: Sequence[tuple[str, Secret]]) -> Client:
        return open_client(self._url, headers, self._timeout, self._cacert, self._endpoint)

    def close(self) -> None:
        """Close every connection."""
        self._client.close()


def another(value: Secret) -> Secret:
    """A header's value of the same form, with what stands last in it (behind `Bearer`, say) drawn anew."""
    scheme, space, own = value.reveal().rpartition(" ")
    return Secret(scheme + space + "".join(map(_another_letter, own)))


def _another_letter(letter: str) -> str:
    for alike in (string.digits, string.ascii_lowercase, string.ascii_uppercase):
        if letter in alike:
            return secrets.choice(alike.replace(letter, ""))
    return letter
