from __future__ import annotations

import dataclasses
import io
import ssl
from pathlib import Path
from typing import get_args

import pytest
from stripe.params import WebhookEndpointCreateParams

from hookassay.config import DEFAULT_VALUES, LATEST_API_VERSION, Settings
from hookassay.configuration import endpoint, load, overlay
from hookassay.configuration.keys import COMMAND_LINE, TABLES
from hookassay.endpoint import Secret
from hookassay.errors import UsageError
from hookassay.sender.event import TYPES


@pytest.fixture
def told(tmp_path, monkeypatch):
    """Loads a hookassay.toml of the given text from a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def load_text(text, environ=None, **options):
        Path("hookassay.toml").write_text(text, encoding="utf-8")
        return load(None, environ or {}, **options)

    return load_text


@pytest.fixture
def refusal(told):
    """The message that a hookassay.toml of the given text is refused with."""

    def message(text, environ=None, **options):
        with pytest.raises(UsageError) as caught:
            told(text, environ, **options)
        return str(caught.value)

    return message


def refused(**options):
    with pytest.raises(UsageError) as caught:
        overlay(Settings(), **options)
    return str(caught.value)


class TestFile:
    """Which file is read, and how."""

    def test_no_file_means_all_defaults(self, tmp_path, monkeypatch):
        """Without hookassay.toml and variables, a run is told the defaults, in the working folder."""
        monkeypatch.chdir(tmp_path)

        assert load(None, {}) == Settings(folder=tmp_path)

    def test_an_empty_file_means_all_defaults(self, told, tmp_path):
        """A file that says nothing changes nothing."""
        assert told("") == Settings(folder=tmp_path)

    def test_the_working_folders_file_is_found(self, told):
        """hookassay.toml in the working folder needs no option."""
        assert told("[run]\nstrict = true").run.strict is True

    def test_relative_paths_start_from_the_files_folder(self, tmp_path, monkeypatch):
        """A file elsewhere names paths as seen from there."""
        (tmp_path / "shop").mkdir()
        (tmp_path / "shop" / "my.toml").write_text('[run]\nreport = "out"')
        monkeypatch.chdir(tmp_path)

        settings = load(Path("shop/my.toml"), {})

        assert settings.folder == tmp_path / "shop"
        assert settings.run.report == tmp_path / "shop" / "out"

    def test_a_missing_file_is_named(self, tmp_path):
        """--config with a file that is not there says so, and what to do."""
        with pytest.raises(UsageError, match=r"nowhere.toml cannot be read \(No such file.*--config FILE"):
            load(tmp_path / "nowhere.toml", {})

    def test_a_folder_is_no_file(self, tmp_path):
        """A folder given as the file is refused without a traceback."""
        with pytest.raises(UsageError, match="cannot be read"):
            load(tmp_path, {})

    def test_other_encodings_are_refused(self, tmp_path):
        """A file in UTF-16 is refused, saying which encoding it must have."""
        (tmp_path / "a.toml").write_text("[run]", encoding="utf-16")

        with pytest.raises(UsageError, match=r"a\.toml must be a text file in UTF-8"):
            load(tmp_path / "a.toml", {})

    def test_a_byte_order_mark_is_ignored(self, tmp_path):
        """Editors that begin a UTF-8 file with a mark do no harm."""
        (tmp_path / "a.toml").write_text("[run]\nstrict = true", encoding="utf-8-sig")

        assert load(tmp_path / "a.toml", {}).run.strict

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("[orders]\nmoney = minor", 'line 2, column 9: Invalid value: a value must be "text" in quotes'),
            ("[run]\nstrict", "line 2, column 7: Expected '='"),
            ("= 3", "line 1, column 1: Invalid statement: a line must be key = value"),
            ("[run]\n[run]", "line 2, column 5: Cannot declare"),
            ('[run]\nreport = "a', "line 2, column 12: Unterminated string: a text must end"),
            ('[run]\nreport = "a\\q"', "a backslash must be doubled"),
            ("a = " + "9" * 5000, "not valid TOML"),
            ("a = " + "[" * 5000, "not valid TOML"),
        ],
    )
    def test_a_syntax_error_says_where_and_what_to_do(self, refusal, text, said):
        """What is not TOML is refused with file, line, column and what must stand there."""
        message = refusal(text)

        assert message.startswith("hookassay.toml")
        assert said in message

    def test_a_syntax_error_does_not_show_the_line(self, refusal):
        """A secret that was left without quotes does not end up in the message."""
        assert "whsec" not in refusal("[endpoint]\nsecret = whsec_hidden")


class TestVariablesInTheFile:
    """`${VAR}` in any text of the file."""

    def test_are_replaced_anywhere_in_a_text(self, told):
        """A variable may be a part of a text, more than once."""
        settings = told('[orders]\nsource = "postgresql://${U}:${P}@db/shop"', {"U": "shop", "P": "pa ss"})

        assert settings.orders.source == "postgresql://shop:pa ss@db/shop"

    def test_are_replaced_in_lists_and_tables(self, told):
        """Lists and tables within tables are texts too."""
        settings = told(
            '[purchase]\nmetadata = { user_id = "${ID}" }\ncurrencies = ["${C}"]\n'
            '[orders.headers]\nAuthorization = "Bearer ${T}"\n[orders.values]\npaid = ["${W}"]',
            {"ID": "42", "C": "eur", "T": "abc", "W": "bezahlt"},
        )

        assert settings.purchase.metadata == {"user_id": "42"}
        assert settings.purchase.currencies == ("eur",)
        assert settings.orders.headers == (("Authorization", Secret("Bearer abc")),)
        assert settings.orders.values["paid"] == ("bezahlt",)

    def test_are_written_literally_with_two_dollars(self, told):
        """`$${` is a literal `${`, and any other dollar is a dollar."""
        settings = told('[purchase]\nclient_reference_id = "$${A}-$1-$$-$"')

        assert settings.purchase.client_reference_id == "${A}-$1-$$-$"

    def test_are_replaced_once(self, told):
        """What a variable holds is not looked into again."""
        assert told('[purchase]\nclient_reference_id = "${A}"', {"A": "${A}"}).purchase.client_reference_id == "${A}"

    def test_that_are_not_set_are_named(self, refusal):
        """An unset variable is named with its key and file."""
        message = refusal('[purchase.metadata]\nuser_id = "${NOBODY}"')

        assert "hookassay.toml: [purchase] metadata.user_id: the environment variable NOBODY is not set" in message

    @pytest.mark.parametrize("text", ["${", "${}", "${A", "${1A}", "${A:-b}"])
    def test_that_are_no_names_are_refused(self, refusal, text):
        """A `${` that does not name a variable is refused, saying how a literal one is written."""
        assert "write $${ for a literal ${" in refusal(f'[purchase]\nclient_reference_id = "{text}"', {"A": "1"})


class TestUnknownWords:
    """Misspelt tables and keys."""

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("[endpiont]", "hookassay.toml: endpiont is unknown. Did you mean endpoint?"),
            ("[run]\nsetle = 1", "[run] setle is unknown. Did you mean settle? The keys that may stand there: settle,"),
            ('[endpoint]\napi-version = "x"', "Did you mean api_version?"),
            ('[endpoint]\napiVersion = "x"', "Did you mean api_version?"),
            ("[orders.columns]\nstaus = 'x'", "[orders.columns] staus is unknown. Did you mean status?"),
            ("[orders.values]\npayed = 'x'", "[orders.values] payed is unknown. Did you mean paid?"),
            ("[orders.colums]\nstatus = 'x'", "[orders] colums is unknown. Did you mean columns?"),
            ("[orders]\nmetadata = 3", "[orders] metadata is unknown. It belongs in [purchase]."),
            ('url = "http://localhost/"', "hookassay.toml: url is unknown. It belongs in [endpoint]."),
            ("[run]\nyes = true", "[run] yes is unknown."),
            (
                "[faults]\nrevive = 'x'",
                "The keys that may stand there: kill, start, store_down, store_up, times, recovery.",
            ),
        ],
    )
    def test_are_refused_with_the_nearest(self, refusal, text, said):
        """An unknown word is named, with the nearest valid one, its right table, and the valid ones."""
        assert said in refusal(text)

    @pytest.mark.parametrize("text", ["endpoint = 3", "[[endpoint]]", "[orders]\ncolumns = 'x'", "[[orders.values]]"])
    def test_a_table_must_be_a_table(self, refusal, text):
        """A value or a list where a table belongs is refused, saying how a table is written."""
        assert "must be one table, [" in refusal(text)


WRONG = [
    ('[orders]\nmoney = "cents"', '[orders] money must be "major" or "minor", not "cents". Did you mean "minor"?'),
    ('[orders]\nmoney = "Major"', 'Did you mean "major"?'),
    ("[orders]\nmoney = 3", '"major" or "minor", not 3.'),
    ('[purchase]\ncreated_by = "merchant"', 'must be "webhook" or "shop", not "merchant". Did you mean "shop"?'),
    ('[purchase]\ncreated_by = "webhok"', 'Did you mean "webhook"?'),
    ("[run]\nsettle = -1", "settle must be a number of seconds from 0.01 to 3600, not -1. Did you mean 0.01?"),
    ("[run]\nsettle = 1e9", "Did you mean 3600?"),
    ("[run]\nsettle = nan", "a number of seconds"),
    ("[run]\nsettle = inf", "a number of seconds"),
    ("[run]\nsettle = true", "a number of seconds"),
    ('[run]\nsettle = "5"', 'not "5". Did you mean 5?'),
    ("[run]\ntimeout = 0", "Did you mean 0.01?"),
    ("[run]\nrate = 0", "at least 0.01, not 0."),
    ("[run]\nworkers = 0", "a whole number of processes from 1 to 64, not 0. Did you mean 1?"),
    ('[run]\nstrict = "true"', 'must be true or false, not "true". Did you mean true?'),
    ("[run]\nstrict = 2", "must be true or false, not 2."),
    ('[run]\nonly = "RP-05,replayed"', 'Did you mean ["RP-05", "replayed"]?'),
    ("[run]\nonly = []", "at least one, not []."),
    ("[run]\nreport = ''", "report must be a path"),
    ('[endpoint]\nevents = "charge.refunded"', 'Did you mean ["charge.refunded"]?'),
    ("[endpoint]\nevents = [3]", "event types such as checkout.session.completed"),
    ("[endpoint]\nevents = []", "at least one"),
    ('[endpoint]\nevents = ["charge.*"]', "event types such as"),
    ('[endpoint]\nevents = ["charge.refunded "]', 'Did you mean ["charge.refunded"]?'),
    ('[endpoint]\nevents = ["charge.refundd"]', 'Did you mean ["charge.refunded"]?'),
    ('[endpoint]\nevents = ["checkout_session.completed"]', 'Did you mean ["checkout.session.completed"]?'),
    ('[endpoint]\napi_version = "2026-10-28-endive"', 'Did you mean "2026-10-28.endive"?'),
    ('[endpoint]\napi_version = "latest"', f'Did you mean "{LATEST_API_VERSION}"?'),
    ("[endpoint]\napi_version = 2023-10-16", 'not 2023-10-16. Did you mean "2023-10-16"?'),
    ('[endpoint]\napi_version = "2026-13-28"', "in the form YYYY-MM-DD"),
    ('[endpoint]\napi_version = "2024-10-28"', 'not "2024-10-28". Did you mean "2024-10-28.acacia"?'),
    (
        '[endpoint]\napi_version = "2020-08-27"',
        "must be 2022-11-15 or newer, because the payloads of older API versions",
    ),
    ('[endpoint]\napi_version = "ALL"', 'Did you mean "all"?'),
    ("[endpoint]\ntolerance = 30", "a whole number of seconds, at least 60, not 30. Did you mean 60?"),
    ("[endpoint]\ntolerance = 300.5", "Did you mean 300?"),
    ("[endpoint]\nmax_body = 10", "at least 1024, not 10. Did you mean 1024?"),
    ('[endpoint]\naccount = "shop"', "acct_…"),
    ('[endpoint]\nurl = "localhost:4242/hook"', 'Did you mean "http://localhost:4242/hook"?'),
    ('[endpoint]\nurl = "shop.example.com/hook"', 'Did you mean "https://shop.example.com/hook"?'),
    ('[endpoint]\nurl = "ftp://x/"', "[endpoint] url: The URL must be the whole webhook URL"),
    ("[purchase]\nmetadata = { user_id = 42 }", "metadata.user_id must be text of at most 500 characters, not 42. Did"),
    ("[purchase.metadata]\n'a[b]' = 'x'", "without square brackets"),
    ('[purchase]\ncurrencies = ["USD"]', 'Did you mean ["usd"]?'),
    ("[purchase]\ncurrencies = [3]", "such as usd, at least one, not [3]."),
    ('[purchase]\nmodes = ["payments"]', 'Did you mean ["payment"]?'),
    ("[purchase]\nmax_amount = 9.99", "a whole number of minor units"),
    ("[purchase]\nclient_reference_id = ' '", "text that is not blank"),
    ("[orders]\nquery = 'SELECT 1'", "an SQL query that binds :session_id"),
    ("[orders]\nrows = 'data['", "a JMESPath expression"),
    ("[orders.columns]\nstatus = true", "a column's name, or false"),
    ("[orders.values]\npaid = []", "at least one"),
    ("[orders.values]\npaid = 1.5", "a word or a list of words"),
    ("[endpoint.headers]\nHost = 'x'", "[endpoint] headers.Host must be left out: it comes from the URL"),
    ("[endpoint.headers]\nX-A = 3", "headers.X-A must be one line of plain ASCII text"),
]


class TestValues:
    """What each value must be."""

    @pytest.mark.parametrize(("text", "said"), WRONG)
    def test_a_wrong_value_is_refused_with_the_nearest(self, refusal, text, said):
        """A wrong value says where it stands, what it must be, and the nearest valid one."""
        message = refusal(text)

        assert message.startswith("hookassay.toml: [")
        assert said in message

    def test_a_file_that_says_everything(self, told, tmp_path):
        """Every key of every table arrives in Settings."""
        settings = told(EVERYTHING)

        assert settings.endpoint.events == ("charge.refunded", "made.up.type")
        assert settings.endpoint.secret == Secret("whsec_file")
        assert settings.endpoint.headers == (("X-Bypass", "abc"),)
        assert settings.purchase.modes == ("payment", "setup")
        assert settings.orders.query == "SELECT * FROM o WHERE s = :session_id"
        assert settings.effects.value == "total"
        assert settings.run.only == ("RP-05", "replayed")
        assert settings.stripe_api.address == "127.0.0.1:12111"
        assert settings.faults.store_up == "start db"

    def test_the_documented_example_is_valid(self, told):
        """The example of the order vocabulary loads, and the words it shows are the defaults."""
        settings = told(
            """
            [endpoint]
            url = "https://staging.example.com/stripe/webhook"
            events = ["checkout.session.completed", "charge.refunded", "charge.dispute.created"]
            api_version = "2026-10-28.endive"

            [purchase]                       # what this shop needs to recognise a purchase
            metadata = { user_id = "42" }
            client_reference_id = "cart-{n}"

            [orders]
            source = "postgresql://shop@localhost/shop"
            money = "major"                  # or "minor"
            [orders.values]                  # the implementation's own words for each state
            paid = ["paid", "complete"]
            refunded = ["refunded"]
            partially_refunded = ["partially_refunded"]
            disputed = ["disputed"]
            dispute_won = ["won"]
            dispute_lost = ["lost"]
            """
        )

        assert settings.orders.values == DEFAULT_VALUES
        assert settings.purchase.client_reference_id == "cart-{n}"

    def test_unknown_event_types_are_allowed(self, told):
        """Stripe adds event types every month, so only their form is judged."""
        assert told('[endpoint]\nevents = ["v2.core.account[requirements].updated"]').endpoint.events

    def test_no_type_of_stripes_is_taken_for_a_misspelt_one(self, told):
        """Whatever an endpoint can be subscribed to at Stripe is accepted, however near to another type it is."""
        (types,) = get_args(WebhookEndpointCreateParams.__annotations__["enabled_events"])
        subscription = [one for one in get_args(types) if one != "*"]

        assert told(f"[endpoint]\nevents = {subscription}").endpoint.events == tuple(subscription)
        assert set(TYPES) <= set(subscription)

    def test_a_star_subscribes_to_all(self, told):
        """`*` is how Stripe itself writes a subscription to everything."""
        assert told('[endpoint]\nevents = ["*"]').endpoint.events is None

    def test_a_column_may_be_renamed_or_not_exposed(self, told):
        """A name renames a column and `false` blanks it; the others keep their default."""
        columns = told('[orders.columns]\ncreated_at = false\nstatus = "state"\ncurrency = "cur"').orders.columns

        assert columns["created_at"] == ""
        assert (columns["status"], columns["currency"], columns["id"]) == ("state", "cur", "id")

    def test_given_words_replace_those_of_their_state_only(self, told):
        """One state's words are replaced, a single word needs no list, and the other states keep their default."""
        values = told("[orders.values]\nrefunded = true\npaid = [1, 'ok']").orders.values

        assert values == {**DEFAULT_VALUES, "refunded": (True,), "paid": (1, "ok")}

    def test_certificates_are_read_before_the_run(self, refusal):
        """A file of certificates that cannot be used is refused at once, by its path."""
        assert "no.pem cannot be used (No such file or directory)" in refusal('[run]\ncacert = "no.pem"')

    def test_an_unknown_home_is_an_ordinary_name(self, told, tmp_path):
        """`~nobody-here` is no home folder, so it is taken as it stands."""
        assert told('[run]\nreport = "~nobody-here/out"').run.report == tmp_path / "~nobody-here/out"

    def test_certificates_must_be_pem(self, refusal, tmp_path):
        """A file that holds no certificate is refused."""
        (tmp_path / "a.pem").write_text("nothing")

        assert "must be a PEM file of certificates" in refusal('[run]\ncacert = "a.pem"')

    def test_usable_certificates_are_kept(self, told, tmp_path, monkeypatch):
        """A usable file of certificates is kept as a path that does not depend on the working folder."""
        monkeypatch.setattr(ssl, "create_default_context", lambda *, cafile: None)

        assert told('[run]\ncacert = "a.pem"').run.cacert == tmp_path / "a.pem"


EVERYTHING = """
[endpoint]
url = "https://staging.example.com/stripe/webhook"
secret = "whsec_file"
events = ["charge.refunded", "made.up.type", "charge.refunded"]
api_version = "2023-10-16"
livemode = false
tolerance = 600
max_body = 1048576
response_limit = 5
account = "acct_1"
url_without_secret = "http://localhost:4243/hook"
refuses_to_start = true
headers = { X-Bypass = "abc" }
[purchase]
metadata = { user_id = "42" }
client_reference_id = "cart-{n}"
created_by = "shop"
currencies = ["usd", "eur"]
modes = ["payment", "setup"]
max_amount = 99900
[orders]
source = "sqlite:///shop.db"
query = "SELECT * FROM o WHERE s = :session_id"
rows = "data[*]"
many = false
money = "minor"
create = "cmd:make {session_id}"
refund = "cmd:refund {session_id}"
columns = { status = "state" }
values = { paid = "ok" }
headers = { Authorization = "Bearer abc" }
[effects]
count = "https://shop.example.com/effects/{session_id}"
value = "total"
[run]
settle = 3
timeout = 20
rate = 50
report = "out"
strict = true
only = ["RP-05", "replayed"]
[stripe_api]
address = "127.0.0.1:12111"
[faults]
kill = "kill it"
start = "start it"
store_down = "stop db"
store_up = "start db"
"""


ODD = [
    "3",
    "-3",
    "1e400",
    "nan",
    "true",
    "''",
    "' '",
    '"\\u0000"',
    "'€'",
    "[]",
    "[[]]",
    "[3]",
    "['']",
    "['a', 3]",
    "{}",
]
ODD += ["{ a = [] }", "{ a = { b = 1 } }", "2026-01-01", "2026-01-01T00:00:00Z", "00:00:00", "9" * 400]


class TestOddValues:
    """Whatever TOML can hold ends in a value or a message."""

    @pytest.mark.parametrize("odd", ODD)
    def test_never_end_in_a_traceback(self, told, odd):
        """Every key takes an odd value or refuses it with a message that names the key."""
        for table in TABLES.values():
            for key in table.keys:
                try:
                    told(f"[{table.name}]\n{key.name} = {odd}")
                except UsageError as error:
                    assert key.name in str(error)  # noqa: PT017 - either outcome is right


class TestConsistency:
    """Settings that must agree."""

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ('[purchase]\ncreated_by = "shop"', 'created_by = "shop" needs [orders] create'),
            ('[orders]\ncreate = "cmd:make"', 'set [purchase] created_by = "shop"'),
            ('[effects]\nvalue = "n"', "[effects] count must be a URL"),
            ('[effects]\nvalue = "n"\ncount = "SELECT 1"', "[effects] count must be a URL"),
            ("[endpoint]\nrefuses_to_start = true", "url_without_secret, which must be given too"),
            ('[orders]\ntable = "orders"\nquery = ":session_id"', "table and query must not be given together"),
            ('[endpoint]\nsecret = "a"\nsecret_file = "b"', "secret and secret_file must not be given together"),
        ],
    )
    def test_is_demanded(self, refusal, text, said):
        """Keys that contradict each other are refused, saying which of them to change."""
        message = refusal(text)

        assert message.startswith("hookassay.toml: [")
        assert said in message


ENVIRONMENT = [
    ("HOOKASSAY_URL", "http://localhost:1/b", "endpoint", "url", "http://localhost:1/b"),
    ("HOOKASSAY_ORDERS", "sqlite:///b.db", "orders", "source", "sqlite:///b.db"),
    ("HOOKASSAY_EVENTS", "a.b, c.d", "endpoint", "events", ("a.b", "c.d")),
    ("HOOKASSAY_SETTLE", "2.5", "run", "settle", 2.5),
    ("HOOKASSAY_TIMEOUT", "7", "run", "timeout", 7.0),
    ("HOOKASSAY_RATE", "9", "run", "rate", 9.0),
    ("HOOKASSAY_WORKERS", "8", "run", "workers", 8),
    ("HOOKASSAY_SEED", "3", "run", "seed", 3),
    ("HOOKASSAY_API_VERSION", "2022-11-15", "endpoint", "api_version", "2022-11-15"),
    ("HOOKASSAY_API_VERSION", "all", "endpoint", "api_version", "all"),
    ("STRIPE_WEBHOOK_SECRET", "whsec_env", "endpoint", "secret", Secret("whsec_env")),
]


class TestEnvironment:
    """Variables over the file."""

    @pytest.mark.parametrize(("variable", "text", "section", "field", "value"), ENVIRONMENT)
    def test_overrides_the_file(self, told, variable, text, section, field, value):
        """A variable wins over what the file says."""
        settings = told(EVERYTHING, {variable: text})

        assert getattr(getattr(settings, section), field) == value

    def test_reports_go_where_the_variable_says(self, told, tmp_path):
        """A path in a variable starts from the working folder."""
        assert told("", {"HOOKASSAY_REPORT": "out"}).run.report == tmp_path / "out"

    def test_names_the_variable_that_is_wrong(self, refusal):
        """A wrong value says which variable it came from."""
        message = refusal("", {"HOOKASSAY_SETTLE": "soon"})

        assert message == "$HOOKASSAY_SETTLE must be a number of seconds from 0.01 to 3600, not soon."

    def test_certificates_of_the_variable_are_read(self, refusal):
        """$HOOKASSAY_CACERT is held to the rule of the file."""
        assert refusal("", {"HOOKASSAY_CACERT": "no.pem"}).startswith("$HOOKASSAY_CACERT must be a PEM file")

    def test_a_blank_variable_says_nothing(self, told):
        """CI systems set what they do not know to nothing, which is no value."""
        assert told("[run]\nsettle = 3", {"HOOKASSAY_SETTLE": " "}).run.settle == 3.0

    def test_what_is_not_ours_is_ignored(self, told, tmp_path):
        """Other variables do no harm."""
        assert told("", {"PATH": "/bin", "SETTLE": "3"}) == Settings(folder=tmp_path)


class TestCommandLine:
    """Options over the environment and the file."""

    def test_overrides_environment_and_file(self, told):
        """An option wins over the variable, which wins over the file."""
        environ = {"HOOKASSAY_SETTLE": "2", "HOOKASSAY_RATE": "2"}

        settings = told("[run]\nsettle = 1\nrate = 1\ntimeout = 1", environ, settle=3)

        assert (settings.run.settle, settings.run.rate, settings.run.timeout) == (3.0, 2.0, 1.0)

    @pytest.mark.parametrize("silent", [None, False, ()])
    def test_what_was_not_given_changes_nothing(self, told, silent):
        """An option that was not given leaves what the file says."""
        settings = told("[run]\nstrict = true\nonly = ['RP-05']", strict=silent, only=silent, header=silent)

        assert (settings.run.strict, settings.run.only) == (True, ("RP-05",))

    def test_every_option_arrives(self):
        """Options arrive in Settings under the names that click gives them."""
        settings = overlay(
            Settings(),
            url="http://localhost/a",
            orders="sqlite:///a.db",
            events="a.b,c.d",
            only="RP-05,replayed",
            settle="1",
            timeout=2,
            rate=3.5,
            report=Path("/out"),
            api_version="2022-11-15",
            strict=True,
            yes=True,
            verbose=True,
        )

        assert settings.endpoint.url == "http://localhost/a"
        assert settings.orders.source == "sqlite:///a.db"
        assert settings.endpoint.events == ("a.b", "c.d")
        assert settings.endpoint.api_version == "2022-11-15"
        run = settings.run
        assert (run.only, run.settle, run.timeout, run.rate) == (("RP-05", "replayed"), 1.0, 2.0, 3.5)
        assert (run.report, run.strict, run.yes, run.verbose) == (Path("/out"), True, True, True)

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ({"events": "charge.*"}, "--events must be event types such as"),
            ({"events": ""}, "--events must be event types such as"),
            ({"settle": -1}, "--settle must be a number of seconds from 0.01 to 3600, not -1. Did you mean 0.01?"),
            ({"rate": "fast"}, "--rate must be a number of deliveries per second"),
            ({"url": "localhost:4242/a"}, "URL must be a whole URL"),
            ({"url": "nonsense"}, "URL: The URL must be the whole webhook URL"),
            ({"only": ","}, "--only must be clause ids or groups"),
        ],
    )
    def test_names_the_option_that_is_wrong(self, options, said):
        """A wrong value says which option it came from, by the rules of the file."""
        assert refused(**options).startswith(said)

    def test_an_option_that_does_not_exist_is_a_programmers_error(self):
        """overlay() takes the options of the command line and no others."""
        with pytest.raises(TypeError, match="setle"):
            overlay(Settings(), setle=3)


class TestHeaders:
    """Headers for deliveries and for the order URL."""

    def test_are_split_at_the_first_colon(self):
        """Name and value stand left and right of the first colon, the value without outer spaces."""
        settings = overlay(Settings(), header=("X-Bypass:  a:b ", "X-Empty:"))

        assert settings.endpoint.headers == (("X-Bypass", "a:b"), ("X-Empty", ""))

    def test_join_those_of_the_file(self, told):
        """An option replaces the file's header of that name and leaves the others."""
        settings = told("[endpoint.headers]\nX-A = '1'\nX-B = '2'", header=["x-a: 3", "X-C: 4"])

        assert settings.endpoint.headers == (("X-B", "2"), ("x-a", "3"), ("X-C", "4"))

    @pytest.mark.parametrize(
        ("header", "said"),
        [
            ("X-Bypass", "in the form 'Name: value'"),
            (": a", "named with letters"),
            ("X Bypass: a", "named with letters"),
            ("X-Bypass : a", "directly before the colon"),
            ("X-A: a\r\nX-B: b", "one line of plain ASCII"),
            ("X-A: a\0", "one line of plain ASCII"),
            ("X-A: €", "one line of plain ASCII"),
            ("Stripe-Signature: t=1", "left out: each delivery is signed afresh"),
            ("host: a", "left out: it comes from the URL"),
            ("Content-Length: 3", "left out: it is counted from the body"),
            ("Transfer-Encoding: chunked", "left out"),
        ],
    )
    def test_that_cannot_be_sent_are_refused(self, header, said):
        """A header that is malformed, or that the harness itself must set, is refused with the reason."""
        message = refused(header=(header,))

        assert message.startswith("--header")
        assert said in message

    def test_for_the_orders_are_secret(self):
        """A token for the order URL goes nowhere else and is never shown."""
        settings = overlay(Settings(), orders_header=("Authorization: Bearer hidden",))

        assert settings.orders.headers == (("Authorization", Secret("Bearer hidden")),)
        assert "hidden" not in repr(settings)
        assert settings.endpoint.headers == ()

    @pytest.mark.parametrize(
        ("header", "value"),
        [
            ("X-Token: env:TOKEN", "abc"),
            ("Authorization: Bearer env:TOKEN", "Bearer abc"),
            ("X-A: senv:TOKEN", "senv:TOKEN"),
        ],
    )
    def test_for_the_orders_may_name_a_variable(self, header, value):
        """`env:NAME` is the variable's value, as the whole value or as its last word."""
        settings = overlay(Settings(), environ={"TOKEN": "abc"}, orders_header=(header,))

        assert settings.orders.headers[0][1] == Secret(value)

    def test_for_the_orders_need_the_variable(self):
        """A variable that is not set is named."""
        assert "TOKEN is not set" in refused(environ={}, orders_header=("X-Token: env:TOKEN",))


class TestSecret:
    """Where the signing secret may come from."""

    def test_a_trailing_newline_is_stripped(self, tmp_path):
        """Files and pipes end in a newline that is no part of the secret."""
        (tmp_path / "secret").write_bytes(b"whsec_a\r\n")

        assert overlay(Settings(), secret_file=tmp_path / "secret").endpoint.secret == Secret("whsec_a")
        assert overlay(Settings(), secret="-", stdin=io.StringIO("whsec_b\n")).endpoint.secret == Secret("whsec_b")

    @pytest.mark.parametrize(
        "text", [" whsec_hidden", "whsec_hidden ", "whsec_a\nwhsec_hidden", "whsec_\thidden", "whsec_\udcffhidden"]
    )
    def test_inner_whitespace_is_refused(self, text):
        """A secret with whitespace in it was copied wrongly; it is refused and not shown."""
        message = refused(secret=text)

        assert message.startswith("--secret must be one word")
        assert "hidden" not in message

    def test_an_api_key_is_not_the_secret(self):
        """The account's key in place of the signing secret is recognised, and not shown."""
        message = refused(secret="sk_test_hidden")

        assert "not the account's API key" in message
        assert "hidden" not in message

    def test_secret_files_start_from_the_files_folder(self, told, tmp_path):
        """[endpoint] secret_file is read from beside hookassay.toml."""
        (tmp_path / "my.secret").write_text("whsec_a\n")

        assert told('[endpoint]\nsecret_file = "my.secret"').endpoint.secret == Secret("whsec_a")

    def test_a_missing_secret_file_is_named(self, refusal, tmp_path):
        """A secret file that is not there is named with its whole path."""
        message = refusal('[endpoint]\nsecret_file = "my.secret"')

        assert f"{tmp_path}/my.secret: No such file or directory" in message

    def test_a_missing_secret_file_is_named_on_the_command_line(self, tmp_path):
        """--secret-file with a folder or nothing there says so."""
        assert refused(secret_file=str(tmp_path)).startswith("--secret-file must be a readable file")

    def test_a_secret_in_place_of_its_file_is_not_shown(self):
        """The secret given as the file's name is not repeated."""
        message = refused(secret_file="whsec_hidden")

        assert "not the secret itself" in message
        assert "hidden" not in message

    @pytest.mark.parametrize(
        ("environ", "options"), [({"STRIPE_WEBHOOK_SECRET": "whsec_a"}, {}), ({}, {"secret": "whsec_a"})]
    )
    def test_a_secret_given_above_spares_the_files_own(self, told, environ, options):
        """Where the secret comes from above, the file's own source of it may be missing."""
        for line in ('secret_file = "missing"', 'secret = "${MISSING}"'):
            assert told(f"[endpoint]\n{line}", environ, **options).endpoint.secret == Secret("whsec_a")

    def test_two_sources_at_once_are_refused(self):
        """--secret and --secret-file contradict each other."""
        assert "must not be given together" in refused(secret="a", secret_file="b")

    def test_standard_input_must_be_text(self):
        """Bytes that are no UTF-8 on standard input are refused without a traceback."""
        stdin = io.TextIOWrapper(io.BytesIO(b"\xff"), encoding="utf-8")

        assert "standard input" in refused(secret="-", stdin=stdin)


class TestEndpoint:
    """The point at which URL and secret are needed."""

    def test_is_made_of_what_was_told(self):
        """URL, secret, headers and timeout become the endpoint."""
        settings = overlay(Settings(), url="http://localhost/a", secret="whsec_a", header=["X-A: 1"], timeout=3)

        made = endpoint(settings)

        assert (made.url, made.secret, made.headers) == ("http://localhost/a", Secret("whsec_a"), (("X-A", "1"),))
        assert (made.timeout, made.cacert) == (3.0, None)

    def test_needs_a_url(self):
        """Without a URL the message says how to give one."""
        with pytest.raises(UsageError, match=r"No URL was given: .*\$HOOKASSAY_URL"):
            endpoint(Settings())

    def test_needs_a_secret(self):
        """Without a secret the message says how to give one."""
        with pytest.raises(UsageError, match=r"No signing secret was given.*\$STRIPE_WEBHOOK_SECRET"):
            endpoint(overlay(Settings(), url="http://localhost/"))

    @pytest.mark.parametrize("blank", ["", "\n", "  "])
    def test_refuses_a_blank_secret(self, told, blank):
        """A blank secret is kept until it is needed, and then refused as blank."""
        settings = told('[endpoint]\nurl = "http://localhost/"', {"STRIPE_WEBHOOK_SECRET": blank})

        with pytest.raises(UsageError, match="blank"):
            endpoint(settings)


class TestNothingSecretIsShown:
    """No message and no repr repeats what may be a secret."""

    @pytest.mark.parametrize(
        ("text", "environ"),
        [
            ("[endpoint]\nsecret = ['whsec_hidden']", {}),
            ("[endpoint]\nevents = 'whsec_hidden'", {}),
            ("[endpoint]\nevents = '${S}'", {"S": "hidden"}),
            ("[orders]\nmoney = '${S}'", {"S": "hidden"}),
            ("[endpoint]\nurl = 'http://shop:hidden@localhost/'", {}),
            ("[orders]\nmoney = 'postgresql://shop:hidden@localhost/'", {}),
            ("[orders]\nsource = ['hidden']", {}),
            ("[orders.headers]\nAuthorization = ['hidden']", {}),
            ("[endpoint.headers]\n'X A' = 'hidden'", {}),
            ("[endpoint]\nurl = '${S}'", {"S": "localhost:1/hidden"}),
            ("[endpoint]\nurl = '${S}'", {"S": "hidden"}),
        ],
    )
    def test_in_a_message_about_the_file(self, refusal, text, environ):
        """A wrong value that may be secret, or came from the environment, is not repeated."""
        assert "hidden" not in refusal(text, environ)

    def test_in_the_repr_of_everything(self, told):
        """Settings made of secrets do not show them."""
        settings = told(EVERYTHING, {"STRIPE_WEBHOOK_SECRET": "whsec_hidden", "HOOKASSAY_ORDERS": "pg://a:hidden@b/c"})

        assert "hidden" not in repr(settings)
        assert "Bearer" not in repr(settings)


class TestKeys:
    """The list of keys is whole and true."""

    def test_every_key_has_a_place_in_settings(self):
        """Each key's default is found in Settings, so that no key is read and forgotten."""
        for table in (*TABLES.values(), *COMMAND_LINE):
            places = [table.default(key) for key in table.keys]
            assert len(places) == len(table.keys)

    def test_every_setting_can_be_given(self):
        """Each field of each section is kept by some key."""
        kept = {
            (table.section, table.mapping or key.field or key.name)
            for table in (*TABLES.values(), *COMMAND_LINE)
            for key in table.keys
        }
        settings = Settings()
        fields = {
            (section.name, field.name)
            for section in dataclasses.fields(settings)
            if section.name != "folder"
            for field in dataclasses.fields(getattr(settings, section.name))
        }

        assert kept == fields

    def test_every_key_is_explained(self):
        """Each key has a sentence for the reference."""
        for table in (*TABLES.values(), *COMMAND_LINE):
            for key in table.keys:
                assert key.meaning.endswith(".")
                assert key.kind.must


class TestApplication:
    @pytest.mark.parametrize("name", ["shop.wsgi:app", "shop:create_app()", 'shop:create_app("test", debug=True)'])
    def test_names(self, told, name):
        """A module and what is in it, or a call of it, are taken as they stand."""
        assert told("", app=name).endpoint.app == name

    @pytest.mark.parametrize(
        ("name", "nearest"),
        [
            ("shop/wsgi.py:app", "shop.wsgi:app"),
            ("shop.wsgi", "shop.wsgi:app"),
            ("./wsgi.py", "wsgi:app"),
            ("shop-app", None),
            (":app", None),
            ("shop:", "shop:app"),
        ],
    )
    def test_other_names(self, refusal, name, nearest):
        """What names no callable is refused, with the nearest name that does."""
        message = refusal("", app=name)

        assert "--app must be a module and what is in it, such as shop.wsgi:app" in message
        assert ("Did you mean" in message) == (nearest is not None)
        assert nearest is None or f"Did you mean {nearest}?" in message

    def test_the_path_beside_it(self, told):
        """Beside an application the URL is a path, which may name a host."""
        assert told('[endpoint]\napp = "shop:app"\nurl = "/hook"').endpoint.url == "/hook"
        assert told("", app="shop:app", url="//shop.example/hook").endpoint.url == "//shop.example/hook"

    @pytest.mark.parametrize("text", ["hook", "/a hook", "/hook#part", "//me:pw@shop.example/hook"])
    def test_what_is_no_path(self, refusal, text):
        """What no request could ask for is refused."""
        assert "URL" in refusal("", app="shop:app", url=text)

    def test_both(self, refusal):
        """A URL and an application given at once are refused, wherever that is."""
        both = '[endpoint]\napp = "shop:app"\nurl = "http://localhost/hook"'
        environ = {"HOOKASSAY_APP": "shop:app", "HOOKASSAY_URL": "http://localhost/hook"}

        assert refusal(both).startswith("hookassay.toml: a URL and an application")
        assert refusal("", environ).startswith("The environment: a URL and an application")
        assert refusal("", app="shop:app", url="http://localhost/hook").startswith("The command line: a URL and")

    def test_what_is_given_last_counts(self, told):
        """The command line's application takes the place of the file's URL, and the other way round."""
        url, app = '[endpoint]\nurl = "http://localhost/hook"', '[endpoint]\napp = "shop:app"'
        over_url, over_app = told(url, app="shop:app"), told(app, {"HOOKASSAY_URL": "http://localhost/hook"})

        assert (over_url.endpoint.url, over_url.endpoint.app) == (None, "shop:app")
        assert (over_app.endpoint.url, over_app.endpoint.app) == ("http://localhost/hook", None)

    def test_the_endpoint(self, told):
        """An application is asked over https, as Stripe demands of live endpoints, on localhost or the host given."""

        class Application:
            def exchange(self, endpoint, request):
                """Nothing is asked."""

        for url, asked in (
            (None, "https://localhost/stripe/webhook"),
            ("/hook?a=b", "https://localhost/hook?a=b"),
            ("//shop.example/hook", "https://shop.example/hook"),
        ):
            settings = told("", app="shop:app", url=url, secret="whsec_x")
            assert endpoint(settings, Application()).url == asked

    def test_a_path_alone(self, told):
        """A path without an application is no endpoint, and the message says what it must be."""
        with pytest.raises(UsageError, match=r"whole webhook URL, such as .* A path alone belongs beside --app"):
            endpoint(told("", url="/stripe/webhook", secret="whsec_x"))
