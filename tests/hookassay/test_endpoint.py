from __future__ import annotations

import pickle

import pytest

from hookassay.endpoint import Endpoint, Secret
from hookassay.errors import UsageError


def at(url: str) -> Endpoint:
    return Endpoint(url, Secret("whsec_test"))


class TestSecret:
    """A secret is used, never shown."""

    @pytest.mark.parametrize("show", [str, repr, "{}".format, "%s".__mod__, lambda value: f"{value!r}"])
    def test_is_never_shown(self, show):
        """However it is printed, a secret is three asterisks."""
        assert show(Secret("whsec_hidden")) == "***"

    def test_gives_its_value_when_asked(self):
        """Signing needs the value itself."""
        assert Secret("whsec_hidden").reveal() == "whsec_hidden"

    def test_equals_by_value(self):
        """Two secrets of one value are one secret, and a text is none."""
        assert Secret("a") == Secret("a") != Secret("b")
        assert Secret("a") != "a"
        assert len({Secret("a"), Secret("a")}) == 1

    def test_survives_pickling(self):
        """Settings are handed to worker processes, secret included."""
        assert pickle.loads(pickle.dumps(Secret("a"))) == Secret("a")

    def test_is_not_in_the_endpoints_repr(self):
        """Neither the secret nor a gateway's token shows in an endpoint's repr."""
        endpoint = Endpoint("http://localhost/", Secret("whsec_hidden"), (("X-Bypass", "token-hidden"),))

        assert "hidden" not in repr(endpoint)


class TestEndpoint:
    """What a URL says about the connection and the request."""

    @pytest.mark.parametrize(
        ("url", "host", "port", "secure", "authority", "target"),
        [
            ("http://localhost:4242/stripe/webhook", "localhost", 4242, False, "localhost:4242", "/stripe/webhook"),
            ("https://shop.example.com", "shop.example.com", 443, True, "shop.example.com", "/"),
            ("http://shop.example.com/", "shop.example.com", 80, False, "shop.example.com", "/"),
            ("https://a.example/h/?key=1&b", "a.example", 443, True, "a.example", "/h/?key=1&b"),
            ("http://[::1]:8000/hook", "::1", 8000, False, "[::1]:8000", "/hook"),
            ("http://a.example?key=1", "a.example", 80, False, "a.example", "/?key=1"),
            ("http://a.example/%E2%82%AC//b/", "a.example", 80, False, "a.example", "/%E2%82%AC//b/"),
        ],
    )
    def test_takes_the_url_apart(self, url, host, port, secure, authority, target):
        """Host, port and target are those of the URL, and the target is kept byte for byte."""
        endpoint = at(url)

        assert (endpoint.host, endpoint.port, endpoint.secure) == (host, port, secure)
        assert (endpoint.authority, endpoint.target) == (authority, target)

    @pytest.mark.parametrize(
        ("url", "said"),
        [
            ("", "plain ASCII"),
            ("localhost:4242/stripe/webhook", "whole webhook URL"),
            ("/stripe/webhook", "whole webhook URL"),
            ("ftp://localhost/", "whole webhook URL"),
            ("http:///stripe/webhook", "whole webhook URL"),
            ("http://localhost:99999/", "between 1 and 65535"),
            ("http://localhost:0/", "between 1 and 65535"),
            ("http://localhost:port/", "between 1 and 65535"),
            ("http://[::1/", "valid host"),
            ("http://localhost/a b", "without spaces"),
            ("http://localhost/a\r\nX-Injected: 1", "without spaces"),
            ("http://localhost/€", "percent-encode"),
            ("http://localhost/hook#top", "fragment"),
        ],
    )
    def test_refuses_what_nothing_could_be_sent_to(self, url, said):
        """A URL that no request could be made from is refused, saying what it must be."""
        with pytest.raises(UsageError, match=said):
            at(url)

    @pytest.mark.parametrize(
        "url",
        [
            "http://shop:hunter2@localhost/",
            "shop:hunter2@localhost/hook",
            "http://shop:hunter2/x@localhost/",
            "http://shop:hunter2@local host/",
            "ftp://shop:hunter2@localhost/",
            "whsec_hunter2",
        ],
    )
    def test_refuses_a_password_without_showing_it(self, url):
        """A URL with a password, or a secret in its place, is refused, and the message does not repeat it."""
        with pytest.raises(UsageError) as caught:
            at(url)

        assert "hunter2" not in str(caught.value)

    @pytest.mark.parametrize(
        "host", ["localhost", "LOCALHOST", "127.0.0.1", "127.1.2.3", "[::1]", "[::ffff:127.0.0.1]"]
    )
    def test_knows_this_machine(self, host):
        """A loopback name or address needs no consent."""
        assert at(f"http://{host}:8000/").loopback

    @pytest.mark.parametrize("host", ["example.com", "127.example.com", "localhost.example.com", "10.0.0.1", "0.0.0.0"])
    def test_takes_no_other_machine_for_this_one(self, host):
        """A name that only looks like loopback needs consent."""
        assert not at(f"http://{host}:8000/").loopback

    def test_can_be_tried_under_another_url(self):
        """The same secret and headers go to a variant of the URL, and the variant is checked as well."""
        endpoint = Endpoint("http://localhost/a", Secret("s"), (("X-A", "1"),), timeout=3.0)

        assert endpoint.with_url("http://localhost/a/") == Endpoint(
            "http://localhost/a/", Secret("s"), (("X-A", "1"),), timeout=3.0
        )
        with pytest.raises(UsageError):
            endpoint.with_url("nowhere")
