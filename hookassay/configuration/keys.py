"""Every table and key that hookassay.toml may hold, with its variable and its option: one list that all else reads.

The loader, the messages ("did you mean …") and the reference documentation are made from `TABLES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..config import DEFAULT_COLUMNS, DEFAULT_VALUES, OPTIONAL_COLUMNS, Settings
from . import values as kinds
from .headers import DELIVERY_HEADERS, ORDERS_HEADERS
from .values import Kind


@dataclass(frozen=True)
class Key:
    """One key of a table.

    Attributes:
        name: As it stands in the file.
        kind: What its value must be.
        meaning: One sentence for the reference.
        field: The attribute of Settings that keeps it, where it is named otherwise.
        variable: The environment variable that overrides the file.
        option: The command-line option that overrides both.
        private: Whether its value may hold a password or a token, so that no message shows it.
    """

    name: str
    kind: Kind
    meaning: str
    field: str = ""
    variable: str = ""
    option: str = ""
    private: bool = False


@dataclass(frozen=True)
class Table:
    """One table of the file.

    Attributes:
        name: As in the file, `orders.columns` for a table within a table.
        section: The attribute of Settings that keeps it.
        keys: What it may hold.
        mapping: The section's attribute that is a mapping from these keys; empty where each key has its own.
    """

    name: str
    section: str
    keys: tuple[Key, ...]
    mapping: str = ""

    def default(self, key: Key) -> Any:
        """What holds when the key is given nowhere."""
        section = getattr(Settings(), self.section)
        return getattr(section, self.mapping).get(key.name) if self.mapping else getattr(section, key.field or key.name)


ENDPOINT = Table(
    "endpoint",
    "endpoint",
    (
        Key(
            "url",
            kinds.WEBHOOK,
            "The webhook URL, exactly as configured at Stripe; beside app the path alone.",
            variable="HOOKASSAY_URL",
            option="URL",
        ),
        Key(
            "app",
            kinds.APPLICATION,
            "A WSGI or ASGI application to judge in this process, in place of a URL: MODULE:CALLABLE.",
            variable="HOOKASSAY_APP",
            option="--app",
        ),
        Key(
            "secret",
            kinds.SECRET,
            "The signing secret; write ${STRIPE_WEBHOOK_SECRET} rather than the secret itself.",
            variable="STRIPE_WEBHOOK_SECRET",
            option="--secret",
            private=True,
        ),
        Key(
            "secret_file",
            kinds.SECRET_FILE,
            "A file that holds the signing secret, in place of secret.",
            field="secret",
            option="--secret-file",
        ),
        Key(
            "events",
            kinds.EVENTS,
            "The event types the endpoint is subscribed to; all if not given.",
            variable="HOOKASSAY_EVENTS",
            option="--events",
        ),
        Key(
            "api_version",
            kinds.API_VERSION,
            "The API version whose payloads the endpoint receives; all judges in every supported one.",
            variable="HOOKASSAY_API_VERSION",
            option="--api-version",
        ),
        Key("livemode", kinds.BOOLEAN, "The mode the endpoint serves; if not given, events say livemode: false."),
        Key("tolerance", kinds.TOLERANCE, "The age at which the endpoint refuses a signature's timestamp."),
        Key("max_body", kinds.BYTES, "The largest body the endpoint accepts."),
        Key("response_limit", kinds.SECONDS, "How soon an answer must come (DL-03)."),
        Key("account", kinds.ACCOUNT, "The connected account whose events the endpoint handles (Connect)."),
        Key("url_without_secret", kinds.URL, "An instance that was started with the signing secret unset (FG-14)."),
        Key("refuses_to_start", kinds.BOOLEAN, "Whether that instance is meant not to start at all."),
        Key("headers", DELIVERY_HEADERS, "Headers added to every delivery.", option="--header", private=True),
    ),
)

PURCHASE = Table(
    "purchase",
    "purchase",
    (
        Key("metadata", kinds.METADATA, "Metadata the shop needs on a session; may hold {n}, {run} and {uuid}."),
        Key("client_reference_id", kinds.TEXT, "The reference the shop needs on a session; the same placeholders."),
        Key("created_by", kinds.CREATED_BY, "Who creates the order: the webhook, or the shop before paying."),
        Key("currencies", kinds.CURRENCIES, "The currencies the shop sells in; any if not given."),
        Key("modes", kinds.MODES, "The Checkout Session modes the shop uses; any if not given."),
        Key("max_amount", kinds.AMOUNT, "The largest amount the shop sells for; any if not given."),
    ),
)

ORDERS = Table(
    "orders",
    "orders",
    (
        Key(
            "source",
            kinds.TEXT,
            "Where orders are read back: a database URL, an HTTP URL with {session_id}, or cmd:PROGRAM {session_id}.",
            variable="HOOKASSAY_ORDERS",
            option="--orders",
            private=True,
        ),
        Key("table", kinds.TEXT, "The table that the columns are read from."),
        Key("query", kinds.QUERY, "A whole SQL query, in place of table."),
        Key("rows", kinds.EXPRESSION, "Where the rows are in a JSON answer."),
        Key("many", kinds.BOOLEAN, "Whether the source yields every row of a session; if not given, it is found out."),
        Key("money", kinds.MONEY, "Whether amounts are kept in the major unit (dollars) or the minor unit (cents)."),
        Key("open", kinds.BOOLEAN, "Whether the order URL is open to anyone on purpose, as in a test mode."),
        Key("create", kinds.TEXT, "How the shop creates an order before paying: cmd:…, SQL, or a URL.", private=True),
        Key("refund", kinds.TEXT, "How the shop starts a refund itself: the same forms.", private=True),
        Key("headers", ORDERS_HEADERS, "Headers sent to the order URL only.", option="--orders-header", private=True),
    ),
)

COLUMNS = Table(
    "orders.columns",
    "orders",
    tuple(
        Key(name, kinds.COLUMN, f"What the implementation calls {name}.")
        for name in (*DEFAULT_COLUMNS, *OPTIONAL_COLUMNS)
    ),
    mapping="columns",
)

VALUES = Table(
    "orders.values",
    "orders",
    tuple(
        Key(state, kinds.WORDS, f"The implementation's words for {state.replace('_', ' ')}.")
        for state in DEFAULT_VALUES
    ),
    mapping="values",
)

EFFECTS = Table(
    "effects",
    "effects",
    (
        Key("count", kinds.TEXT, "SQL, a URL or cmd:… that gives how often a purchase took effect.", private=True),
        Key("value", kinds.EXPRESSION, "Where the number is in the JSON answer of that URL."),
    ),
)

RUN = Table(
    "run",
    "run",
    (
        Key(
            "settle",
            kinds.SECONDS,
            "The longest wait for an effect; measured if not given.",
            variable="HOOKASSAY_SETTLE",
            option="--settle",
        ),
        Key("timeout", kinds.SECONDS, "For one delivery.", variable="HOOKASSAY_TIMEOUT", option="--timeout"),
        Key(
            "rate",
            kinds.RATE,
            "The most deliveries per second; unbounded if not given.",
            variable="HOOKASSAY_RATE",
            option="--rate",
        ),
        Key(
            "workers",
            kinds.WORKERS,
            "How many processes run scenarios at the same time; races and what could do harm run alone.",
            variable="HOOKASSAY_WORKERS",
            option="--workers",
        ),
        Key(
            "cacert",
            kinds.CERTIFICATES,
            "The authorities trusted for TLS, in place of the system's.",
            variable="HOOKASSAY_CACERT",
            option="--cacert",
        ),
        Key("report", kinds.PATH, "The folder for reports.", variable="HOOKASSAY_REPORT", option="--report"),
        Key("strict", kinds.BOOLEAN, "Whether a failing SHOULD fails the run.", option="--strict"),
        Key("only", kinds.NAMES, "The clauses or groups to judge; all if not given.", option="--only"),
        Key(
            "seed",
            kinds.SEED,
            "What the orders of delivery are drawn from (CV); without one the same are drawn each time.",
            variable="HOOKASSAY_SEED",
            option="--seed",
        ),
        Key(
            "contract",
            kinds.CONTRACT,
            "The version of the contract to judge by; clauses added later are reported, not counted.",
            variable="HOOKASSAY_CONTRACT",
            option="--contract",
        ),
        Key(
            "baseline",
            kinds.PATH,
            "A file of known failures: the run is green while exactly these fail.",
            variable="HOOKASSAY_BASELINE",
            option="--baseline",
        ),
        Key(
            "sign",
            kinds.PATH,
            "A private Ed25519 key, PEM or OpenSSH, that the certificate is signed with.",
            variable="HOOKASSAY_SIGN",
            option="--sign",
        ),
    ),
)

STRIPE_API = Table(
    "stripe_api",
    "stripe_api",
    (
        Key(
            "address",
            kinds.ADDRESS,
            "HOST:PORT of the stand-in for api.stripe.com; started for the run where none runs there.",
            variable="HOOKASSAY_STRIPE_API",
            option="--stripe-api",
        ),
        Key(
            "token",
            kinds.TOKEN,
            "The token that a stand-in was started with; write ${HOOKASSAY_STRIPE_API_TOKEN}.",
            variable="HOOKASSAY_STRIPE_API_TOKEN",
            private=True,
        ),
    ),
)

FAULTS = Table(
    "faults",
    "faults",
    (
        Key("kill", kinds.TEXT, "The command that kills the endpoint.", private=True),
        Key("start", kinds.TEXT, "The command that starts it again.", private=True),
        Key("store_down", kinds.TEXT, "The command that takes its database away.", private=True),
        Key("store_up", kinds.TEXT, "The command that gives it back.", private=True),
        Key(
            "times",
            kinds.TIMES,
            "How often the endpoint is killed, or its database taken away, for each example of a clause.",
            variable="HOOKASSAY_FAULTS_TIMES",
            option="--times",
        ),
        Key(
            "recovery",
            kinds.RECOVERY,
            "Seconds that it may take afterwards until what was under way shows, as with a queue that hands out a dead "
            "worker's job again after a while; the settling time where that is longer.",
        ),
    ),
)

SCAN = Table(
    "scan",
    "scan",
    (
        Key(
            "source",
            kinds.PATH,
            "The source that certify scans before it sends anything; nothing is scanned if not given.",
            option="--source",
        ),
        Key("exclude", kinds.PATTERNS, "What is not read: patterns as in .gitignore, from the folder scanned."),
        Key("ignore", kinds.RULES, "The rules that do not apply to this codebase."),
        Key(
            "fail_on",
            kinds.FAIL_ON,
            "The weakest severity that fails a scan; a rule that aborts fails it in any case.",
            option="--fail-on",
        ),
        Key(
            "database",
            kinds.TEXT,
            "The URL of a live database whose table of orders is looked at too.",
            option="--database",
            private=True,
        ),
    ),
)

TABLES: Mapping[str, Table] = {
    table.name: table for table in (ENDPOINT, PURCHASE, ORDERS, COLUMNS, VALUES, EFFECTS, RUN, STRIPE_API, FAULTS, SCAN)
}

SCAN_READS: Mapping[str, tuple[str, ...]] = {
    "scan": tuple(key.name for key in SCAN.keys),
    "orders": ("table",),
    "orders.columns": tuple(key.name for key in COLUMNS.keys),
}
"""Table → the keys that the scan reads: what only a run needs may lack its variables there."""

RUN_READS: Mapping[str, tuple[str, ...]] = {
    **{name: tuple(key.name for key in table.keys) for name, table in TABLES.items()},
    "scan": ("source",),
}
"""Table → the keys that a run reads: what else [scan] says is read when its source is scanned."""

SEND_READS: Mapping[str, tuple[str, ...]] = {
    "endpoint": RUN_READS["endpoint"],
    "purchase": tuple(name for name in RUN_READS["purchase"] if name != "created_by"),
    "run": RUN_READS["run"],
}
"""Table → the keys that a single delivery reads: no order is created for it, and none is read."""

COMMAND_LINE = (
    Table(
        "",
        "run",
        (
            Key("yes", kinds.BOOLEAN, "Consent to sending to another machine.", option="--yes"),
            Key("verbose", kinds.BOOLEAN, "Print the time per phase.", option="--verbose"),
            Key("quiet", kinds.BOOLEAN, "Print the failures and the verdict only.", option="--quiet"),
        ),
    ),
    Table(
        "",
        "faults",
        (
            Key(
                "built_in",
                kinds.BOOLEAN,
                "Make the faults that are built in for the reference server.",
                option="--faults",
            ),
            Key("store", kinds.STORE, "What the reference server keeps its orders in.", option="--store"),
        ),
    ),
)
"""What only the command line may say: consent is given to one run, never written down, and so is how our own is run."""
