"""Applications called in this process: as a server calls them, and bounded as a connection is."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from contextlib import closing
from typing import Any
from wsgiref.validate import validator

import pytest

from hookassay.endpoint import Endpoint, Secret, in_process
from hookassay.errors import HarnessError, NotJudged, UsageError
from hookassay.wire import application as module
from hookassay.wire.application import hosting
from hookassay.wire.connection import KEPT_BODY, Answer, Connection, Request, exchange

Environ = dict[str, Any]
StartResponse = Callable[..., Callable[[bytes], object]]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


def answered(
    application: object,
    request: Request | None = None,
    *,
    path: str = "/hook",
    timeout: float = 5.0,
    apart: bool = True,
) -> Answer:
    """What `application` answers to one request."""
    return all_answered(application, [request or Request()], path=path, timeout=timeout, apart=apart)[0]


def all_answered(
    application: object,
    requests: Iterable[Request],
    *,
    path: str = "/hook",
    timeout: float = 5.0,
    apart: bool = True,
) -> list[Answer]:
    """What `application` answers to several requests, one after another."""
    with hosting(lambda: application, apart=apart) as hosted:
        endpoint = Endpoint(in_process(path), Secret("s"), timeout=timeout, application=hosted)
        return [exchange(endpoint, request) for request in requests]


def until(holds: Callable[[], bool]) -> None:
    """Wait until it holds, five seconds at most."""
    deadline = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def ok(environ: Environ, start_response: StartResponse) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"ok"]


class TestWsgi:
    def test_it_is_called_as_pep_3333_demands(self) -> None:
        """The environ, the input and the answer's end are those that the standard library's validator accepts."""

        def application(environ: Environ, start_response: StartResponse) -> list[bytes]:
            body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [body]

        answer = answered(validator(application), Request(b"{}", (("Content-Type", "application/json"),)))

        assert (answer.status, answer.body, answer.problem) == (200, b"{}", "")

    def test_the_environ_says_what_was_sent(self) -> None:
        """Method, path, query, host, scheme and headers arrive as a server hands them on."""
        seen: Environ = {}

        def application(environ: Environ, start_response: StartResponse) -> list[bytes]:
            seen.update(environ)
            return ok(environ, start_response)

        headers = (("Stripe-Signature", " t=1 "), ("stripe-signature", "v1=2"), ("X_Forged", "no"), ("X-Name", "é"))
        answered(application, Request(b"abc", headers, "PUT"), path="/a%20b/%C3%A9?x=%20y")

        assert (seen["REQUEST_METHOD"], seen["PATH_INFO"], seen["QUERY_STRING"]) == ("PUT", "/a b/Ã©", "x=%20y")
        assert (seen["SERVER_NAME"], seen["SERVER_PORT"], seen["HTTP_HOST"]) == ("localhost", "443", "localhost")
        assert seen["wsgi.url_scheme"] == "https"
        assert seen["CONTENT_LENGTH"] == "3"
        assert seen["HTTP_STRIPE_SIGNATURE"] == "t=1,v1=2"
        assert seen["HTTP_X_NAME"] == "Ã©"
        assert "HTTP_X_FORGED" not in seen

    def test_another_host(self) -> None:
        """A path that names a host is asked for under that host."""

        def application(environ: Environ, start_response: StartResponse) -> list[bytes]:
            start_response("200 OK", [])
            return [f"{environ['HTTP_HOST']}{environ['PATH_INFO']}".encode()]

        assert answered(application, path="//shop.example/hook").body == b"shop.example/hook"

    def test_what_is_raised_is_a_500(self) -> None:
        """An exception is an empty 500; what was raised, and where, is for a person."""

        def application(environ: Environ, start_response: StartResponse) -> list[bytes]:
            raise KeyError("data")

        answer = answered(application)

        assert (answer.status, answer.body, answer.headers) == (500, b"", ())
        assert answer.problem.startswith("KeyError: 'data' (")
        assert "test_application.py:" in answer.problem
        assert answer.describe().startswith("500 (KeyError")

    def test_what_is_raised_shows_no_secret(self) -> None:
        """A secret in an exception's text is not repeated."""

        def application(environ: Environ, start_response: StartResponse) -> list[bytes]:
            raise ValueError("no match for whsec_c2VjcmV0 in sk_test_4eC39HqLyjWDarjtT1zdp7dc")

        assert "c2VjcmV0" not in answered(application).problem
        assert "4eC39" not in answered(application).problem

    @pytest.mark.parametrize("ending", [SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
    def test_an_application_cannot_end_the_run(self, ending: BaseException) -> None:
        """What would end a server's worker is a 500, and the next request is answered."""
        endings = [ending]

        def application(environ: Environ, start_response: StartResponse) -> list[bytes]:
            if endings:
                raise endings.pop()
            return ok(environ, start_response)

        assert [answer.status for answer in all_answered(application, [Request(), Request()])] == [500, 200]

    def test_raised_while_streaming(self) -> None:
        """An exception in the midst of an answer is a 500 as well."""

        def application(environ: Environ, start_response: StartResponse) -> Iterator[bytes]:
            start_response("200 OK", [])
            yield b"begun"
            raise OSError("the disk is full")

        assert answered(application).describe().startswith("500 (OSError: the disk is full")

    def test_an_error_page_in_place_of_an_answer(self) -> None:
        """start_response called again with exc_info replaces the status, as long as nothing was written."""

        def application(environ: Environ, start_response: StartResponse) -> list[bytes]:
            start_response("200 OK", [])
            try:
                raise ValueError("late")
            except ValueError as error:
                start_response("503 Later", [("Retry-After", "1")], (type(error), error, error.__traceback__))
            return [b"later"]

        answer = answered(application)

        assert (answer.status, answer.retry_after(), answer.body) == (503, 1.0, b"later")

    def test_exc_info_after_the_head(self) -> None:
        """start_response with exc_info raises it where a part of the answer has gone out."""

        def application(environ: Environ, start_response: StartResponse) -> list[bytes]:
            write = start_response("200 OK", [])
            write(b"begun")
            error = ValueError("too late")
            start_response("500 Sorry", [], (ValueError, error, None))
            return []

        assert "ValueError: too late" in answered(application).problem

    @pytest.mark.parametrize(
        ("application", "problem"),
        [
            (lambda environ, start_response: [], "without giving a status"),
            (lambda environ, start_response: [b"x"], "before it gave a status"),
            (lambda environ, start_response: start_response("OK", []) and [], "ValueError"),
            (lambda environ, start_response: start_response("200 OK", []) and None, "TypeError"),
            (lambda environ, start_response: start_response("200 OK", []) and ["text"], "TypeError"),
            (lambda environ, start_response: [start_response("200 OK", []), start_response("200 OK", [])], "second"),
        ],
    )
    def test_a_broken_answer(self, application: object, problem: str) -> None:
        """What no server could send is a 500 that says why."""
        answer = answered(application)

        assert answer.status == 500
        assert problem in answer.problem

    def test_write(self) -> None:
        """What the write callable is given comes before what is returned."""

        def application(environ: Environ, start_response: StartResponse) -> list[bytes]:
            start_response("200 OK", [])(b"a")
            return [b"b"]

        assert answered(application).body == b"ab"

    def test_close_is_called(self) -> None:
        """The answer's close is called, and what it does holds up no client."""
        closed = threading.Event()
        held = threading.Event()

        class Body:
            def __iter__(self) -> Iterator[bytes]:
                return iter([b"ok"])

            def close(self) -> None:
                held.wait(5)
                closed.set()

        def application(environ: Environ, start_response: StartResponse) -> Body:
            start_response("200 OK", [])
            return Body()

        assert answered(application).status == 200
        assert not closed.is_set()
        held.set()
        assert closed.wait(5)

    def test_what_follows_a_whole_answer_is_done(self) -> None:
        """An application that works on after the announced length is answered at once, and not cut short."""
        done = threading.Event()

        def application(environ: Environ, start_response: StartResponse) -> Iterator[bytes]:
            start_response("200 OK", [("Content-Length", "2")])
            yield b"ok"
            done.set()

        assert answered(application).body == b"ok"
        assert done.wait(5)

    def test_an_endless_answer(self) -> None:
        """No more than 64 KiB are read, and the answer is closed."""
        closed = threading.Event()

        def application(environ: Environ, start_response: StartResponse) -> Iterator[bytes]:
            start_response("200 OK", [])
            try:
                while True:
                    yield b"x" * 1000
            finally:
                closed.set()

        assert len(answered(application).body) == KEPT_BODY
        assert closed.wait(5)

    def test_one_that_hangs(self) -> None:
        """No answer within the timeout, and the next request is answered, as after a worker was replaced."""
        over = threading.Event()

        def application(environ: Environ, start_response: StartResponse) -> list[bytes]:
            if environ["REQUEST_METHOD"] == "POST":
                over.wait(5)
            return ok(environ, start_response)

        began = time.monotonic()
        first, second = all_answered(application, [Request(), Request(method="GET")], timeout=0.1)
        over.set()

        assert (first.status, first.problem) == (None, "no answer within 0.1 s")
        assert second.status == 200
        assert time.monotonic() - began < 2

    def test_one_that_drips(self) -> None:
        """An answer that never ends is given up after the timeout, and its iteration stops."""
        stopped = threading.Event()

        def application(environ: Environ, start_response: StartResponse) -> Iterator[bytes]:
            start_response("200 OK", [])
            try:
                while True:
                    time.sleep(0.005)
                    yield b""
            finally:
                stopped.set()

        assert answered(application, timeout=0.05).problem == "no answer within 0.05 s"
        assert stopped.wait(5)

    def test_one_thread(self) -> None:
        """It is loaded and called in one thread, so that what is bound to a thread works."""
        threads: list[str] = []

        def load() -> object:
            threads.append(threading.current_thread().name)

            def application(environ: Environ, start_response: StartResponse) -> list[bytes]:
                threads.append(threading.current_thread().name)
                return ok(environ, start_response)

            return application

        with hosting(load) as hosted:
            endpoint = Endpoint(in_process(None), Secret("s"), application=hosted)
            for _ in range(3):
                exchange(endpoint, Request())

        assert len(threads) == 4
        assert len(set(threads)) == 1
        assert threads[0] != threading.current_thread().name

    def test_the_thread_that_asks(self) -> None:
        """Without a thread of its own it is called in ours, as a test client calls it."""
        threads: list[threading.Thread] = []

        def application(environ: Environ, start_response: StartResponse) -> list[bytes]:
            threads.append(threading.current_thread())
            return ok(environ, start_response)

        assert answered(application, apart=False).status == 200
        assert threads == [threading.current_thread()]

    def test_a_ctrl_c_in_our_thread_is_ours(self) -> None:
        """A Ctrl-C while an application runs in our thread is no answer of the application's."""

        def application(environ: Environ, start_response: StartResponse) -> list[bytes]:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            answered(application, apart=False)

    def test_times(self) -> None:
        """The time taken is what the application took until the first part of its answer."""

        def application(environ: Environ, start_response: StartResponse) -> Iterator[bytes]:
            start_response("200 OK", [])
            time.sleep(0.05)
            yield b"first"
            time.sleep(0.2)

        assert 0.05 <= answered(application).seconds < 0.2


async def say(send: Send, status: int = 200, body: bytes = b"ok", headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": body})


class TestAsgi:
    def test_the_scope_says_what_was_sent(self) -> None:
        """The scope has what the specification lists, its header names in lower case and none of them joined."""
        seen: dict[str, Any] = {}

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                seen.update(scope, message=await receive())
                await say(send, headers=[(b"X-Answer", b"yes")])

        headers = (("Stripe-Signature", " t=1 "), ("STRIPE-SIGNATURE", "v1=2"))
        answer = answered(application, Request(b"abc", headers), path="/a%20b?x=1")

        assert (seen["method"], seen["path"], seen["raw_path"], seen["query_string"]) == (
            "POST",
            "/a b",
            b"/a%20b",
            b"x=1",
        )
        assert (seen["scheme"], seen["http_version"], seen["asgi"]["version"]) == ("https", "1.1", "3.0")
        assert seen["headers"] == [
            (b"host", b"localhost"),
            (b"stripe-signature", b"t=1"),
            (b"stripe-signature", b"v1=2"),
            (b"content-length", b"3"),
        ]
        assert seen["message"] == {"type": "http.request", "body": b"abc", "more_body": False}
        assert (answer.status, answer.body, answer.header("x-answer")) == (200, b"ok", "yes")

    def test_one_loop_for_the_run(self) -> None:
        """All requests and what they leave running share one event loop in one thread."""
        loops: list[tuple[object, str]] = []
        later: list[int] = []

        async def afterwards() -> None:
            await asyncio.sleep(0.02)
            later.append(1)

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                return
            loops.append((asyncio.get_running_loop(), threading.current_thread().name))
            keep.append(asyncio.create_task(afterwards()))
            await say(send)

        keep: list[object] = []
        with hosting(lambda: application) as hosted:
            endpoint = Endpoint(in_process(None), Secret("s"), application=hosted)
            for _ in range(2):
                assert exchange(endpoint, Request()).status == 200
            until(lambda: len(later) == 2)

        assert len(set(loops)) == 1

    def test_work_after_the_answer_holds_up_nobody(self) -> None:
        """What an application does after its answer goes on while the next request is answered."""
        released = threading.Event()
        finished: list[int] = []

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                return
            await say(send)
            while not released.is_set():
                await asyncio.sleep(0.001)
            finished.append(1)

        with hosting(lambda: application) as hosted:
            endpoint = Endpoint(in_process(None), Secret("s"), application=hosted)
            assert [exchange(endpoint, Request()).status for _ in range(2)] == [200, 200]
            assert not finished
            released.set()
            until(lambda: len(finished) == 2)

    def test_the_client_goes_after_the_answer(self) -> None:
        """Whoever waits for the client to go is told so once it was answered."""
        messages: list[MutableMapping[str, Any]] = []

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                await receive()
                await say(send)
                messages.append(await receive())

        with hosting(lambda: application) as hosted:
            exchange(Endpoint(in_process(None), Secret("s"), application=hosted), Request())
            until(lambda: bool(messages))

        assert messages == [{"type": "http.disconnect"}]

    def test_an_answer_in_parts(self) -> None:
        """Parts of a body are put together, and those after the announced length raise nothing."""
        went_on = threading.Event()

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                return
            await send({"type": "http.response.start", "status": 201, "headers": [(b"content-length", b"2")]})
            for part in (b"a", b"b", b""):
                await send({"type": "http.response.body", "body": part, "more_body": bool(part)})
            went_on.set()

        assert answered(application).body == b"ab"
        assert went_on.wait(5)

    def test_an_endless_answer(self) -> None:
        """No more than 64 KiB are read; then the client is gone, and sending raises."""
        raised: list[BaseException] = []

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                return
            await send({"type": "http.response.start", "status": 200})
            try:
                while True:
                    await send({"type": "http.response.body", "body": b"x" * 1000, "more_body": True})
            except OSError as error:
                raised.append(error)
                raise

        with hosting(lambda: application) as hosted:
            answer = exchange(Endpoint(in_process(None), Secret("s"), application=hosted), Request())
            until(lambda: bool(raised))

        assert len(answer.body) == KEPT_BODY

    def test_what_is_raised_is_a_500(self) -> None:
        """An exception is an empty 500, and the loop goes on."""

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                if scope["method"] == "POST":
                    raise LookupError("no such order")
                await say(send)

        first, second = all_answered(application, [Request(), Request(method="GET")])

        assert (first.status, first.body) == (500, b"")
        assert first.problem.startswith("LookupError: no such order (")
        assert second.status == 200

    @pytest.mark.parametrize("ending", [SystemExit(3), KeyboardInterrupt(), asyncio.CancelledError()])
    def test_an_application_cannot_end_the_run(self, ending: BaseException) -> None:
        """What would end a loop or a task is a 500, and the next request is answered."""

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                if scope["method"] == "POST":
                    raise ending
                await say(send)

        answers = all_answered(application, [Request(), Request(method="GET")])

        assert [answer.status for answer in answers] == [500, 200]

    def test_raised_after_the_answer(self) -> None:
        """What is raised after the whole answer changes it no more."""

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                await say(send)
                raise ValueError("too late")

        assert answered(application).status == 200

    @pytest.mark.parametrize(
        ("messages", "problem"),
        [
            ([], "without finishing its answer"),
            ([{"type": "http.response.start", "status": 200}], "without finishing its answer"),
            ([{"type": "http.response.body", "body": b""}], "before it gave a status"),
            ([{"type": "http.response.body", "body": b"x"}], "before it gave a status"),
            ([{"type": "http.response.start", "status": 200}] * 2, "a second time"),
            ([{"type": "http.response.start", "status": 20}], "three digits"),
            ([{"type": "websocket.accept"}], "no message of the type 'websocket.accept'"),
            ([{"type": "http.response.start"}], "KeyError"),
        ],
    )
    def test_a_broken_answer(self, messages: list[MutableMapping[str, Any]], problem: str) -> None:
        """What no server could send is a 500 that says why."""

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                for message in messages:
                    await send(message)

        answer = answered(application)

        assert answer.status == 500
        assert problem in answer.problem

    def test_one_that_hangs(self) -> None:
        """No answer within the timeout, and others are answered meanwhile."""

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                if scope["method"] == "POST":
                    await asyncio.sleep(60)
                await say(send)

        first, second = all_answered(application, [Request(), Request(method="GET")], timeout=0.1)

        assert first.problem == "no answer within 0.1 s"
        assert second.status == 200

    def test_one_that_blocks_its_loop(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """An application that blocks its own event loop is left behind, and does not hold up the end of the run."""
        monkeypatch.setattr(module, "STOP_PATIENCE", 0.05)
        over = threading.Event()

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                over.wait(10)

        began = time.monotonic()
        answer = answered(application, timeout=0.1)
        took = time.monotonic() - began
        over.set()

        assert answer.problem == "no answer within 0.1 s"
        assert took < 5


class TestLifespan:
    def test_it_starts_and_stops_with_the_run(self) -> None:
        """Start-up comes before the first request, shutdown after the last, and the state reaches requests."""
        told: list[str] = []

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "lifespan":
                while True:
                    message = await receive()
                    told.append(message["type"])
                    if message["type"] == "lifespan.startup":
                        scope["state"]["pool"] = "open"
                    await send({"type": f"{message['type']}.complete"})
                    if message["type"] == "lifespan.shutdown":
                        return
            told.append(scope["state"]["pool"])
            await say(send)

        assert answered(application).status == 200
        assert told == ["lifespan.startup", "open", "lifespan.shutdown"]

    def test_an_application_without_one(self) -> None:
        """One that raises at the lifespan scope has none, and is left in peace."""

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            assert scope["type"] == "http"
            await say(send)

        assert answered(application).status == 200

    def test_a_start_up_that_fails(self) -> None:
        """An application that says that its start-up failed is not judged; its last words are told."""

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            await receive()
            await send({"type": "lifespan.startup.failed", "message": "Traceback\n  …\nOSError: no database"})

        with pytest.raises(NotJudged, match=r"lifespan.startup\): OSError: no database"):
            answered(application)

    def test_a_start_up_that_hangs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A start-up that never ends is given up."""
        monkeypatch.setattr(module, "START_PATIENCE", 0.05)

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            await asyncio.sleep(60)

        with pytest.raises(NotJudged, match=r"did not end within 0\.05 s"):
            answered(application)

    def test_a_shutdown_that_hangs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A shutdown that never ends does not hold up the end of the run."""
        monkeypatch.setattr(module, "STOP_PATIENCE", 0.05)

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "lifespan":
                await receive()
                await send({"type": "lifespan.startup.complete"})
                await asyncio.sleep(60)
            await say(send)

        assert answered(application).status == 200


class _Asgi3:
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await say(send)


class _Wsgi:
    def __call__(self, environ: Environ, start_response: StartResponse) -> list[bytes]:
        return ok(environ, start_response)


class _WsgiClass:
    """PEP 3333 shows an application that is a class."""

    def __init__(self, environ: Environ, start_response: StartResponse) -> None:
        self._start_response = start_response

    def __iter__(self) -> Iterator[bytes]:
        self._start_response("200 OK", [])
        yield b"ok"


class _Asgi2:
    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    async def __call__(self, receive: Receive, send: Send) -> None: ...


def _wrapped(application: Any) -> Callable[..., Any]:
    @functools.wraps(application)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return application(*args, **kwargs)

    return wrapper


def _wsgi_and_more(environ: Environ, start_response: StartResponse, debug: bool = False) -> list[bytes]:
    return ok(environ, start_response)


class TestInterface:
    @pytest.mark.parametrize(
        "application",
        [
            ok,
            _Wsgi(),
            _WsgiClass,
            functools.partial(_wsgi_and_more, debug=True),
            _wsgi_and_more,
            lambda *args, **kwargs: ok(*args, **kwargs),
            _wrapped(ok),
            _Asgi3(),
            _Asgi3().__call__,
            functools.partial(_Asgi3().__call__),
            _wrapped(_Asgi3().__call__),
            lambda scope, receive, send: _Asgi3()(scope, receive, send),
        ],
    )
    def test_it_is_found_out(self, application: object) -> None:
        """WSGI and ASGI 3 are told apart, whatever form they come in."""
        assert answered(application).status == 200

    @pytest.mark.parametrize(
        ("application", "advice"),
        [
            ("shop", "a str, which cannot be called"),
            (_Asgi2, "asgiref.compatibility.guarantee_single_callable"),
            (lambda: ok, "If it is a factory, call it"),
            (lambda a, b, c, d: None, "which is neither"),
            (contextvars.ContextVar("x"), "cannot be called"),
        ],
    )
    def test_what_is_neither(self, application: object, advice: str) -> None:
        """What is neither is refused with what it must be and what to do."""
        with pytest.raises(UsageError, match="it must be a WSGI application") as refused:
            answered(application)

        assert advice in str(refused.value)


def test_nothing_connects_to_it() -> None:
    """A connection to an application in this process is refused, lest it reach whoever listens at that address."""
    with hosting(lambda: ok) as hosted, pytest.raises(HarnessError, match="a URL in place of --app"):
        closing(Connection(Endpoint(in_process(None), Secret("s"), application=hosted)))
