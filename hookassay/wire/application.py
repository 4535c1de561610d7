"""An application called in this process, as a server calls it: WSGI (PEP 3333) or ASGI 3, without a socket.

It stands in for a small server with one worker. A WSGI application is imported and called in one thread of its own, so
that what is bound to a thread (an SQLite connection) works as it does there; an ASGI application has an event loop of
its own for the whole run, on which its background tasks go on between requests.

What leaves the application as an exception is a 500 with an empty body, for that is all that Stripe would see; what was
raised is the answer's `problem`, for a person.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable, Coroutine, Iterator, MutableMapping
from concurrent.futures import Future
from io import BytesIO
from typing import Any, TypeVar
from urllib.parse import unquote, unquote_to_bytes

from ..endpoint import Endpoint, InProcess
from ..errors import NotJudged, UsageError
from ..foreign import told
from .connection import KEPT_BODY, Answer, Headers, Request, unanswered

T = TypeVar("T")

START_PATIENCE = 10.0
STOP_PATIENCE = 2.0
CLIENT = ("127.0.0.1", 50_000)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]


@contextlib.contextmanager
def hosting(load: Callable[[], object], *, apart: bool = True) -> Iterator[InProcess]:
    """Load an application, start it where it has a start-up of its own, answer from it, and stop it at the end.

    Args:
        load: Gives the WSGI or ASGI application; it is called where requests will be answered.
        apart: Whether a WSGI application gets a thread of its own, in which alone a timeout can be kept. Without it,
            it is called in the thread that asks, as a test client does, and sees that thread's database transaction.

    Raises:
        UsageError: what was loaded is neither WSGI nor ASGI 3.
        NotJudged: the application says that its start-up failed, or does not end it.
    """
    thread = _Thread()
    application: _Wsgi | _Asgi | None = None
    try:
        loaded = thread.submit(load).result() if apart else load()
        application = _Asgi(loaded, thread) if _is_asgi(loaded) else _Wsgi(loaded, thread if apart else None)
        application.start()
        yield application
    finally:
        if application is not None:
            application.stop()
        thread.end()


def _is_asgi(application: object) -> bool:
    """Whether it is ASGI 3, and not WSGI: coroutines are ASGI, and else the number of parameters tells.

    Raises:
        UsageError: it is neither.
    """
    what = f"The application is {_described(application)}"
    must = "it must be a WSGI application (environ, start_response) or an ASGI 3 application (scope, receive, send)"
    if not callable(application):
        raise UsageError(f"{what}, which cannot be called; {must}.")
    takes = [count for count in (0, 1, 2, 3) if _can_take(application, count)]
    if _is_coroutine(application) and 3 in takes:
        return True
    if not _is_coroutine(application) and {2, 3} & set(takes):
        # Middleware may take whatever it is given. ASGI then is what is a coroutine, or what names its scope.
        return 2 not in takes or _first_name(application) == "scope"
    advice = ""
    if takes == [0]:
        advice = " If it is a factory, call it: MODULE:NAME()."
    elif takes == [1]:
        advice = (
            " If it is an ASGI 2 application (it takes the scope alone), wrap it with "
            "asgiref.compatibility.guarantee_single_callable."
        )
    raise UsageError(f"{what}, which is neither; {must}.{advice}")


def _can_take(application: Callable[..., Any], count: int) -> bool:
    try:
        inspect.signature(application).bind(*range(count))
    except (TypeError, ValueError):
        return False
    return True


def _first_name(application: Callable[..., Any]) -> str:
    return next(iter(inspect.signature(application).parameters), "")


def _is_coroutine(application: Any) -> bool:
    while isinstance(application, functools.partial):
        application = application.func
    return inspect.iscoroutinefunction(application) or inspect.iscoroutinefunction(
        getattr(application, "__call__", None)  # noqa: B004 - it is looked into, and known to be callable
    )


def _described(application: object) -> str:
    name = getattr(application, "__qualname__", None)
    kind = type(application).__qualname__
    return f"{kind} {name}" if isinstance(name, str) else f"a {kind}"


class _Thread:
    """One thread that does one job after another, and that nobody waits for in the end."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="hookassay application", daemon=True)
        self._thread.start()

    def submit(self, job: Callable[[], T]) -> Future[T]:
        """Do `job` when those before it are done; what it gives or raises is the future's."""
        future: Future[T] = Future()

        def work() -> None:
            try:
                result = job()
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)

        self._jobs.put(work)
        return future

    def end(self) -> None:
        """Let the thread end after its jobs."""
        self._jobs.put(None)

    def join(self, seconds: float) -> None:
        """Wait for its end, no longer than this."""
        self._thread.join(seconds)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()


class _Reply:
    """What an application says in answer to one request, as it says it; the first 64 KiB of the body are kept.

    Attributes:
        sent_at: Monotonic seconds when the request was handed over.
        over: Whether nobody waits any more: the answer is whole, or its time is over.
        cut: Whether the client left before the end, as one that has read enough or waited too long does.
    """

    def __init__(self) -> None:
        self.sent_at = time.monotonic()
        self.over = False
        self.cut = False
        self._answer: Future[Answer] = Future()
        self._first_at: float | None = None
        self._status: int | None = None
        self._headers: Headers = ()
        self._announced: int | None = None
        self._body = bytearray()

    @property
    def headed(self) -> bool:
        """Whether status and headers are known; a client sees them with the first part of the body, or at the end."""
        return self._status is not None

    @property
    def begun(self) -> bool:
        """Whether a client has seen a part of the body."""
        return self._first_at is not None

    def head(self, status: int, headers: Headers) -> None:
        """Note status and headers."""
        if not 100 <= status <= 999:
            raise ValueError(f"the status must have three digits, not {status}")
        self._status, self._headers = status, headers
        length = next((value.strip() for name, value in headers if name.lower() == "content-length"), "")
        # isdecimal is true of digits of other scripts as well.
        self._announced = int(length) if length.isascii() and length.isdecimal() else None

    def write(self, part: bytes) -> None:
        """Add a part of the body; nothing is kept beyond 64 KiB."""
        if not self.headed:
            raise RuntimeError("the application wrote a body before it gave a status")
        if not part:
            return
        if self._first_at is None:
            self._first_at = time.monotonic()
        self._body += part[: KEPT_BODY - len(self._body)]
        if self._announced is not None and len(self._body) >= self._announced:
            self.finish()
        elif len(self._body) >= KEPT_BODY:
            self.cut = True
            self.finish()

    def finish(self) -> None:
        """The answer is whole, or as much of it as is ever read."""
        if self._status is None:
            raise RuntimeError("the application returned without giving a status")
        at = self._first_at or time.monotonic()
        self._settle(Answer(self._status, self._headers, bytes(self._body), "", self.sent_at, at))

    def fail(self, error: BaseException) -> None:
        """`error` left the application: a 500, unless the answer was whole before."""
        # As a server does; the application's log is where a person looks.
        sys.stderr.write("".join(traceback.format_exception(error)))
        self._settle(Answer(500, (), b"", told(error), self.sent_at, time.monotonic()))

    def wait(self, timeout: float) -> Answer:
        """The answer, or what stands for none after `timeout` seconds."""
        try:
            return self._answer.result(timeout)
        except TimeoutError as error:
            self.over = self.cut = True
            return unanswered(error, timeout, self.sent_at)

    def _settle(self, answer: Answer) -> None:
        self.over = True
        if not self._answer.done():
            self._answer.set_result(answer)


class _Wsgi:
    """A WSGI application, called by one thread at a time (PEP 3333)."""

    def __init__(self, application: Any, thread: _Thread | None) -> None:
        self._application = application
        self._thread = thread

    def start(self) -> None:
        """A WSGI application has no start-up."""

    def stop(self) -> None:
        """Let go of the thread."""
        if self._thread is not None:
            self._thread.end()

    def exchange(self, endpoint: Endpoint, request: Request) -> Answer:
        """The answer to one request; what went wrong is its `problem`."""
        reply = _Reply()
        call = functools.partial(self._call, _environ(endpoint, request), reply)
        if self._thread is None:
            call()
            return reply.wait(endpoint.timeout)
        self._thread.submit(call)
        answer = reply.wait(endpoint.timeout)
        if answer.status is None:
            # As a server's master does with a worker that hangs: the next request gets another one.
            self._thread.end()
            self._thread = _Thread()
        return answer

    def _call(self, environ: dict[str, Any], reply: _Reply) -> None:
        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[..., None]:
            if exc_info and reply.begun:
                raise exc_info[1].with_traceback(exc_info[2])
            if reply.headed and not exc_info:
                raise RuntimeError("start_response was called a second time without exc_info (PEP 3333)")
            reply.head(int(status[:3]), tuple((str(name), str(value)) for name, value in headers))
            return reply.write

        try:
            parts = self._application(environ, start_response)
            try:
                for part in parts:
                    reply.write(part)
                    if reply.cut:
                        break
                reply.finish()
            finally:
                close = getattr(parts, "close", None)
                if close is not None:
                    close()
        except BaseException as error:
            reply.fail(error)
            # In our own thread, what is no fault of the application is for whoever called us: a Ctrl-C, a test's skip.
            if self._thread is None and not isinstance(error, (Exception, SystemExit)):
                raise


def _environ(endpoint: Endpoint, request: Request) -> dict[str, Any]:
    """The environ of a request (PEP 3333, “environ Variables”)."""
    path, _, query = (request.target or endpoint.target).partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": endpoint.host,
        "SERVER_PORT": str(endpoint.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": CLIENT[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https" if endpoint.secure else "http",
        "wsgi.input": BytesIO(request.body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in _headers(endpoint, request):
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
            # Several fields of one name are one list (RFC 9110, 5.3), and servers hand them on as one.
            value = f"{environ[key]},{value}" if key in environ else value
        environ[key] = value
    return environ


def _headers(endpoint: Endpoint, request: Request) -> Iterator[tuple[str, str]]:
    """The fields that the request arrives with: text of one character a byte, without what surrounds a value."""
    given = {name.lower() for name, _ in request.headers}
    if "host" not in given:
        yield "Host", endpoint.authority
    for name, value in request.headers:
        # `Stripe_Signature` would pass for Stripe-Signature in an environ; servers drop it for that.
        if "_" not in name:
            yield name, value.strip(" \t").encode().decode("latin-1")
    if "content-length" not in given:
        yield "Content-Length", str(len(request.body))


class _Asgi:
    """An ASGI 3 application on an event loop of its own (asgi.readthedocs.io, specification 3.0, HTTP and lifespan)."""

    def __init__(self, application: Any, thread: _Thread) -> None:
        self._application = application
        self._thread = thread
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._lifespan = _Lifespan(application)

    def start(self) -> None:
        """Run the loop, and the application's start-up where it has one.

        Raises:
            NotJudged: it failed, or did not end in time.
        """
        self._thread.submit(self._run)
        self._spawn(self._lifespan.run)
        try:
            problem = self._lifespan.started.result(START_PATIENCE)
        except TimeoutError:
            problem = f"it did not end within {START_PATIENCE:g} s"
        if problem is not None:
            raise NotJudged(f"The application's own start-up failed (ASGI lifespan.startup): {problem}.")

    def stop(self) -> None:
        """Let the application shut down, and end what it left running; a loop that hangs is left behind."""
        self._spawn(self._finish)
        self._thread.end()
        self._thread.join(3 * STOP_PATIENCE)

    def exchange(self, endpoint: Endpoint, request: Request) -> Answer:
        """The answer to one request; what went wrong is its `problem`."""
        conversation = _Conversation(request.body)
        scope = {**_scope(endpoint, request), "state": dict(self._lifespan.state)}
        self._spawn(functools.partial(conversation.run, self._application, scope))
        answer = conversation.reply.wait(endpoint.timeout)
        self._loop.call_soon_threadsafe(conversation.disconnected.set)
        return answer

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()

    def _spawn(self, function: Callable[[], Coroutine[Any, Any, None]]) -> None:
        def spawn() -> None:
            # The loop itself holds its tasks by weak references only.
            task = self._loop.create_task(function())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        self._loop.call_soon_threadsafe(spawn)

    async def _finish(self) -> None:
        try:
            await self._lifespan.shut_down()
            left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in left:
                task.cancel()
            if left:
                await asyncio.wait(left, timeout=STOP_PATIENCE)
            await self._loop.shutdown_asyncgens()
        finally:
            self._loop.stop()


def _scope(endpoint: Endpoint, request: Request) -> Scope:
    """The connection scope of a request (ASGI, “HTTP Connection Scope”)."""
    path, _, query = (request.target or endpoint.target).partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "https" if endpoint.secure else "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [
            (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in _headers(endpoint, request)
        ],
        "client": CLIENT,
        "server": (endpoint.host, endpoint.port),
        "extensions": {},
    }


class _DisconnectedError(OSError):
    """The client is gone: what a server raises from `send` (ASGI, “Disconnected Client - send exception”)."""


class _Conversation:
    """One request and its answer as ASGI messages.

    Attributes:
        reply: What the application says.
        disconnected: Set when the client is gone.
    """

    def __init__(self, body: bytes) -> None:
        self.reply = _Reply()
        self.disconnected = asyncio.Event()
        self._body: bytes | None = body

    async def run(self, application: Any, scope: Scope) -> None:
        """Call the application; what it does after its answer goes on."""
        try:
            await application(scope, self._receive, self._send)
            if not self.reply.over:
                raise RuntimeError("the application returned without finishing its answer")
        except _DisconnectedError:
            return
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError) and self.reply.over:
                raise
            # Not raised any further: SystemExit would end the loop, and with it all that still runs.
            self.reply.fail(error)

    async def _receive(self) -> Message:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self.disconnected.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if self.reply.cut:
            raise _DisconnectedError("the client is gone")
        match message["type"]:
            case "http.response.start":
                if self.reply.headed:
                    raise RuntimeError("http.response.start was sent a second time")
                self.reply.head(
                    int(message["status"]),
                    tuple(
                        (bytes(name).decode("latin-1"), bytes(value).decode("latin-1"))
                        for name, value in message.get("headers", ())
                    ),
                )
            case "http.response.body":
                self.reply.write(bytes(message.get("body", b"")))
                if not message.get("more_body", False) and not self.reply.over:
                    self.reply.finish()
                # A server gives way while it writes; an application that streams without an end must not keep the loop.
                await asyncio.sleep(0)
            case other:
                raise RuntimeError(f"an answer holds no message of the type {other!r}")


class _Lifespan:
    """The application's own start-up and shutdown; one that knows of none is left alone.

    Attributes:
        started: Done when the start-up is over: None where it went well or there is none, else what it says.
        state: What the application keeps for its requests.
    """

    def __init__(self, application: Any) -> None:
        self.started: Future[str | None] = Future()
        self.state: dict[str, Any] = {}
        self._application = application
        self._messages: asyncio.Queue[Message] = asyncio.Queue()
        self._messages.put_nowait({"type": "lifespan.startup"})
        self._over = asyncio.Event()
        self._supported = False

    async def run(self) -> None:
        """Be with the application from its start-up to its shutdown."""
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        try:
            await self._application(scope, self._messages.get, self._send)
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            # Before an answer to the start-up it means that the application knows no lifespan.
            if self._supported:
                sys.stderr.write("".join(traceback.format_exception(error)))
        finally:
            self._over.set()
            self._say(None)

    async def shut_down(self) -> None:
        """Tell the application that it is over, and give it a moment."""
        if not self._supported or self._over.is_set():
            return
        self._messages.put_nowait({"type": "lifespan.shutdown"})
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._over.wait(), STOP_PATIENCE)

    async def _send(self, message: Message) -> None:
        match message["type"]:
            case "lifespan.startup.complete":
                self._supported = True
                self._say(None)
            case "lifespan.startup.failed":
                lines = str(message.get("message") or "").strip().splitlines()
                self._say(lines[-1] if lines else "it does not say why")
            case "lifespan.shutdown.complete" | "lifespan.shutdown.failed":
                self._over.set()
            case other:
                raise RuntimeError(f"the lifespan has no message of the type {other!r}")

    def _say(self, problem: str | None) -> None:
        if not self.started.done():
            self.started.set_result(problem)
