"""What a configured value must be: one `Kind` for each sort of value, with the nearest valid one for a wrong one."""

from __future__ import annotations

import difflib
import math
import re
import ssl
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import jmespath

from ..endpoint import Endpoint, Secret, in_process
from ..sender import version
from ..sender.event import TYPES
from ..stripe_api.address import Address

MISSPELT = 0.9
"""How near to a word another one is that was meant to be that word, as difflib counts: 1 for the same."""


class Wrong(ValueError):  # noqa: N818 - reads as it is raised, and never leaves this package
    """A value is not of its kind.

    Attributes:
        nearest: The nearest valid value, or None where nothing is near.
        must: What it must be, where that says more than the kind does.
        within: The key inside a free table that holds the wrong value.
    """

    def __init__(self, nearest: Any = None, *, must: str = "", within: str = "") -> None:
        """Keep what the message is made of; the place and the value are added by whoever knows them."""
        super().__init__(must)
        self.nearest = nearest
        self.must = must
        self.within = within


@dataclass(frozen=True)
class Kind:
    """One sort of value.

    Attributes:
        must: What a value must be, as it reads after "must be".
        parse: Gives the value that Settings keeps; raises `Wrong` or UsageError.
        from_text: Turns the text of a variable or an option into what the file would hold; raises ValueError.
        path: Whether it is a path, which starts from the file's folder.
    """

    must: str
    parse: Callable[[Any], Any]
    from_text: Callable[[str], Any] = str
    path: bool = False


def nearest(word: str, valid: Iterable[str]) -> str | None:
    """The valid word that `word` most resembles, whatever its case and hyphens; None if it resembles none."""
    close = difflib.get_close_matches(word.strip().lower().replace("-", "_"), list(valid), n=1, cutoff=0.6)
    return close[0] if close else None


def commas(text: str) -> list[str]:
    """The words of a comma-separated text."""
    return [word.strip() for word in text.split(",") if word.strip()]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Wrong(str(value) if isinstance(value, (int, float, date)) and not isinstance(value, bool) else None)
    if not value.strip() or "\0" in value:
        raise Wrong
    return value


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise Wrong({"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(str(value).lower()))


def _number(least: float, most: float, *, whole: bool = False) -> Callable[[Any], Any]:
    def parse(value: Any) -> Any:
        if isinstance(value, str):
            try:
                value = float(value)
            except ValueError:
                raise Wrong from None
            raise Wrong(int(value) if value.is_integer() else value)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise Wrong
        if isinstance(value, float) and not math.isfinite(value):
            raise Wrong
        if not least <= value <= most:
            raise Wrong(least if value < least else most if most < math.inf else None)
        if whole and not isinstance(value, int):
            raise Wrong(round(value))
        return value if whole else float(value)

    return parse


def _number_in(text: str) -> int | float:
    return int(text) if re.fullmatch(r"[+-]?\d+", text.strip()) else float(text)


def _choice(*words: str, meant: Mapping[str, str] = MappingProxyType({})) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        if value in words:
            return str(value)
        raise Wrong(meant.get(str(value).lower()) or nearest(str(value), words))

    return parse


def _list_of(parse: Callable[[Any], str]) -> Callable[[Any], tuple[str, ...]]:
    def parse_all(value: Any) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise Wrong(commas(value) or None if isinstance(value, str) else None)
        if not value:
            raise Wrong
        found = []
        for item in value:
            try:
                found.append(parse(item))
            except Wrong as wrong:
                if wrong.nearest is None:
                    raise
                raise Wrong([wrong.nearest if other == item else other for other in value]) from None
        return tuple(dict.fromkeys(found))

    return parse_all


def _event_type(value: Any) -> str:
    text = _text(value)
    # Stripe takes no pattern but "*", and new types appear every month: only the form can be judged.
    if not re.fullmatch(r"[\w\[\]]+(\.[\w\[\]]+)+", text):
        raise Wrong(text.strip() if re.fullmatch(r"\s*[\w.]+\.\w+\s*", text) else None)
    # One letter wrong would leave out every clause about refunds, say. No type of Stripe's is as near to another one.
    close = [] if text in TYPES else difflib.get_close_matches(text, TYPES, n=1, cutoff=MISSPELT)
    if close:
        raise Wrong(close[0])
    return text


def _events(value: Any) -> tuple[str, ...] | None:
    return None if value == ["*"] else _list_of(_event_type)(value)


def _matching(pattern: str, mend: Callable[[str], str | None] | None = None) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        text = _text(value)
        if not re.fullmatch(pattern, text):
            raise Wrong(mend(text) if mend else None)
        return text

    return parse


def _api_version(value: Any) -> str:
    near = version.nearest(value.isoformat() if isinstance(value, date) else str(value))
    if value != near or not isinstance(value, str):
        raise Wrong(near)
    if value < version.SUPPORTED[0]:
        raise Wrong(
            version.SUPPORTED[0],
            must=f"{version.SUPPORTED[0]} or newer, because the payloads of older API versions are not known",
        )
    return value


def _url(value: Any) -> str:
    text = _text(value)
    if re.match(r"(localhost|[\d.]+|[\w.-]+\.\w+)(:\d+)?(/|$)", text):
        raise Wrong(("http://" if text.startswith(("localhost", "127.")) else "https://") + text)
    return Endpoint(text, Secret("")).url


def _webhook(value: Any) -> str:
    """A whole URL, or a path for an application in this process; the latter may name the host that it is asked as."""
    text = _text(value)
    if not text.startswith("/"):
        return _url(text)
    Endpoint(in_process(text), Secret(""))
    return text


def _application(value: Any) -> str:
    text = _text(value).strip()
    if not re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d].*", text, re.DOTALL):
        module, _, name = text.removesuffix(".py").partition(":")
        module = module.strip("./").removesuffix(".py").replace("/", ".")
        near = f"{module}:{name or 'app'}"
        raise Wrong(near if re.fullmatch(r"[^\W\d][\w.]*:[^\W\d][\w.]*", near) else None)
    return text


def _address(value: Any) -> str:
    text = _text(value)
    try:
        return str(Address.parse(text))
    except ValueError:
        near = text.strip().removeprefix("http://").rstrip("/")
        raise Wrong(f"127.0.0.1:{near.lstrip(':')}" if near.lstrip(":").isdigit() else near) from None


def _token(value: Any) -> Secret:
    text = _text(value)
    if not re.fullmatch(r"[!-~]+", text):
        raise Wrong
    return Secret(text)


def _expression(value: Any) -> str:
    text = _text(value)
    try:
        jmespath.compile(text)
    except jmespath.exceptions.JMESPathError:
        raise Wrong from None
    return text


def _query(value: Any) -> str:
    text = _text(value)
    if not re.search(r"(?<!:):session_id\b", text):
        raise Wrong
    return text


def _certificates(value: Any) -> Path:
    path = Path(_text(value))
    try:
        ssl.create_default_context(cafile=str(path))
    except OSError as error:  # ssl.SSLError is one
        raise Wrong(must=f"a PEM file of certificates; {path} cannot be used ({error.strerror or error})") from None
    return path


def _secret(value: Any) -> Secret:
    """A signing secret without the newline that files and pipes end in; a blank one is kept, for its user to refuse."""
    if not isinstance(value, str):
        raise Wrong
    text = value.rstrip("\r\n")
    if not text.strip():
        return Secret("")
    if re.search(r"\s", text) or not text.isprintable():
        raise Wrong(must="one word: it holds a space, a line break or a control character, and Stripe's never do")
    if re.match(r"[rsp]k_(live|test)_", text):
        raise Wrong(must="the endpoint's signing secret (whsec_…), which is not the account's API key")
    return Secret(text)


def _secret_file(value: Any) -> Secret:
    path = Path(_text(value))
    if path.name.startswith("whsec_"):
        raise Wrong(must="the path of a file that holds the secret, not the secret itself")
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise Wrong(must=f"a readable file that holds the secret; {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Wrong(must=f"a text file in UTF-8 that holds the secret; {path} is not") from None
    return _secret(text)


def _metadata(value: Any) -> dict[str, str]:
    # Limits: https://docs.stripe.com/metadata#data (50 keys, 40 characters a key, 500 a value, no square brackets).
    if not isinstance(value, dict) or len(value) > 50:
        raise Wrong
    for name, text in value.items():
        if not 1 <= len(name) <= 40 or "[" in name or "]" in name:
            raise Wrong(must="named in 1 to 40 characters without square brackets", within=name)
        if not isinstance(text, str) or len(text) > 500:
            near = str(text) if isinstance(text, int) and not isinstance(text, bool) else None
            raise Wrong(near, must="text of at most 500 characters", within=name)
    return dict(value)


def _column(value: Any) -> str:
    return "" if value is False else _text(value)


def _rule(value: Any) -> str:
    from ..scan.rule import rules  # reads every rule: nothing but a scan needs them

    text = _text(value)
    known = {rule.id: rule.name for rule in rules()}
    if text in known:
        return text
    wanted = text.strip().upper().replace("_", "-")
    number = re.fullmatch(r"(?:SC-?)?(\d{1,2})", wanted)
    named = [rule_id for rule_id, name in known.items() if name.upper() == wanted]
    close = [f"SC-{int(number[1]):02}"] if number else named or difflib.get_close_matches(wanted, list(known), n=1)
    raise Wrong(close[0] if close and close[0] in known else None)


def _words(value: Any) -> tuple[Any, ...]:
    words = value if isinstance(value, list) else [value]
    if not words or not all(isinstance(word, (str, bool, int)) for word in words):
        raise Wrong
    return tuple(words)


BOOLEAN = Kind("true or false", _boolean, lambda text: {"true": True, "false": False}.get(text.strip().lower(), text))
TEXT = Kind("text that is not blank", _text)
SECONDS = Kind("a number of seconds from 0.01 to 3600", _number(0.01, 3600), _number_in)
RATE = Kind("a number of deliveries per second, at least 0.01", _number(0.01, 1e9), _number_in)
WORKERS = Kind("a whole number of processes from 1 to 64", _number(1, 64, whole=True), _number_in)
RECOVERY = Kind("a number of seconds from 0 to 3600", _number(0, 3600), _number_in)
TIMES = Kind("a whole number from 1 to 10000", _number(1, 10_000, whole=True), _number_in)
SEED = Kind("a whole number from 0", _number(0, 2**63, whole=True), _number_in)
TOLERANCE = Kind("a whole number of seconds, at least 60", _number(60, math.inf, whole=True), _number_in)
BYTES = Kind("a whole number of bytes, at least 1024", _number(1024, math.inf, whole=True), _number_in)
AMOUNT = Kind("a whole number of minor units (cents), at least 1", _number(1, math.inf, whole=True), _number_in)
EVENTS = Kind("event types such as checkout.session.completed, at least one (or * alone for all)", _events, commas)
CONTRACT = Kind(
    "a version of the contract such as 2026.1", _matching(r"\d{4}\.\d+", lambda text: text.strip().lstrip("v"))
)
NAMES = Kind("clause ids or groups such as RP-05 or replayed, at least one", _list_of(_text), commas)
API_VERSION = Kind('an API version in the form YYYY-MM-DD or YYYY-MM-DD.train, or "all"', _api_version)
ADDRESS = Kind("HOST:PORT such as 127.0.0.1:12111, or [::1]:12111", _address)
TOKEN = Kind("a token of letters, digits and punctuation without spaces", _token)
ACCOUNT = Kind("a connected account's id (acct_…)", _matching(r"acct_\w+"))
URL = Kind("a whole URL such as http://localhost:4242/stripe/webhook", _url)
WEBHOOK = Kind("a whole URL such as http://localhost:4242/stripe/webhook, or beside --app a path", _webhook)
APPLICATION = Kind("a module and what is in it, such as shop.wsgi:app or shop:create_app()", _application)
PATH = Kind("a path", lambda value: Path(_text(value)), path=True)
CERTIFICATES = Kind("a PEM file of certificates", _certificates, path=True)
SECRET = Kind("the endpoint's signing secret (whsec_…)", _secret)
SECRET_FILE = Kind("a readable file that holds the secret", _secret_file, path=True)
PATTERNS = Kind("patterns as in .gitignore, at least one", _list_of(_text), commas)
RULES = Kind("ids of the scan's rules such as SC-12, at least one", _list_of(_rule), commas)
FAIL_ON = Kind(
    '"error", "warning", "note" or "never"',
    _choice(
        "error", "warning", "note", "never", meant={"none": "never", "off": "never", "all": "note", "info": "note"}
    ),
)
STORE = Kind("sqlite or postgresql", _choice("sqlite", "postgresql", meant={"postgres": "postgresql"}))
CREATED_BY = Kind(
    '"webhook" or "shop"',
    _choice("webhook", "shop", meant={"stripe": "webhook", "endpoint": "webhook", "app": "shop", "merchant": "shop"}),
)
MONEY = Kind(
    '"major" or "minor"',
    _choice("major", "minor", meant={"cents": "minor", "cent": "minor", "euros": "major", "dollars": "major"}),
)
MODES = Kind(
    'a list of "payment", "setup" and "subscription", at least one',
    _list_of(_choice("payment", "setup", "subscription")),
    commas,
)
CURRENCIES = Kind(
    "a list of currency codes in lower case such as usd, at least one",
    _list_of(_matching("[a-z]{3}", lambda text: text.strip().lower() if len(text.strip()) == 3 else None)),
    commas,
)
EXPRESSION = Kind("a JMESPath expression (jmespath.org)", _expression)
QUERY = Kind("an SQL query that binds :session_id", _query)
METADATA = Kind("a table of at most 50 texts", _metadata)
COLUMN = Kind("a column's name, or false if it is not exposed", _column)
WORDS = Kind("a word or a list of words (text, true, false, whole numbers), at least one", _words)
