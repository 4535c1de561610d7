"""gunicorn's threaded worker, with a reception: a request is served when the whole of it has come.

gunicorn's own gives each connection a thread and has it wait there for the request, for up to five seconds before the
first byte and without any limit after it: sixteen senders that drip a byte a second, or sixteen that say nothing, keep
two workers of eight threads from everybody else. Here one loop takes in what comes on all connections, and nobody who
serves a request ever waits for a sender. What is waited for is bounded in time, in number and in bytes: beyond it,
whoever has kept the server waiting for longest is let go.

Deliveries that are whole at the same time are served by the loop itself, in turns, and share a commit (`turns`,
`group`): to hand each to a thread and to take it back costs more than to serve it. Everything else gets a thread.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import resource
import selectors
import socket
import struct
import time
from collections import OrderedDict
from concurrent.futures import Future
from functools import partial
from itertools import islice
from typing import Any

from gunicorn.errors import ConfigError
from gunicorn.http import RequestParser
from gunicorn.workers.gthread import TConn, ThreadWorker

from .arriving import Arriving, RefusedError
from .turns import take_turns

REQUEST_PATIENCE = 20.0
"""Seconds from the first byte of a request to its last. Stripe itself gives up on a delivery sooner than that."""

ANSWER_PATIENCE = 0.1
"""Seconds that a client has to make room for its answer, where it has left those before it unread."""

PARTING_PATIENCE = 2.0
"""Seconds that a client has to close after the answer, so that it gets to read it (RFC 9112, section 9.6)."""

DISCARD = 16 * 1024 * 1024
"""Bytes of a body that was refused which are read and dropped meanwhile."""

LARGEST_HELD = 64 * 1024 * 1024
"""Bytes of unfinished requests that one worker holds."""

TOGETHER = b"POST /stripe/webhook "
"""How a request begins that is served in turns: one that waits for nothing but the database."""

MOST_TOGETHER = 64
"""Requests that are served at a time; so many events at most share a transaction."""

FEW = 32
MODESTY = 0.001
"""A worker that has few connections waits for this many seconds for each, up to eight, before it lets in more. So those
that come at once are shared with the other workers: one that serves all sixteen, while its twin serves none, stores
half as much as both. With many connections they share them without that."""

ACCEPTED_AT_ONCE = 32
"""The most that are let in before that. It begins with one, and doubles as long as there are more."""

PIECE = 65536

FREE_DESCRIPTORS = 64
"""What a worker needs besides its connections: database, log, listeners."""


class Visitor(TConn):  # type: ignore[misc]  # gunicorn has no types
    """One connection. `room` is where it waits; None while a thread has it."""

    def __init__(self, cfg: Any, sock: socket.socket, client: Any, server: Any) -> None:
        super().__init__(cfg, sock, client, server)
        self.arriving = Arriving()
        self.room: Room | None = None
        self.until = 0.0
        self.dropped = 0
        self.permitted = False


class Room(OrderedDict[Visitor, None]):
    """Those that wait for the same thing, who has waited longest first. All have as much time."""


class Reception(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """The worker. `-k hookassay.server.reception.Reception`; TLS is for a proxy in front of it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._idle, self._receiving, self._whole, self._parting = Room(), Room(), Room(), Room()
        self._held = 0
        self._welcome = 1
        self._modest_until = 0.0
        self.worker_connections: int = self.cfg.worker_connections

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        """Refuse what only gunicorn's own worker can do."""
        super().check_config(cfg, log)
        if cfg.is_ssl:
            raise ConfigError(
                "this worker speaks no TLS: let a proxy in front of it do that, or add --worker-class gthread"
            )

    def init_process(self) -> None:
        """Begin, with no more connections than there are file descriptors for."""
        allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        self.worker_connections = max(1, min(self.worker_connections, allowed - FREE_DESCRIPTORS))
        super().init_process()

    def run(self) -> None:
        """Take in, hand over and let go until told to stop; then finish what has begun."""
        gc.collect()
        gc.freeze()  # what was imported stays: it is not looked through again and again for what could be freed
        self.poller.register(self.method_queue.fileno(), selectors.EVENT_READ, self.method_queue.run_callbacks)
        while self.alive and self.is_parent_alive():
            self.notify()
            modest = self._modest_until - time.monotonic()
            room = self.nr_conns < self.worker_connections or bool(self._longest_waiting())
            self.set_accept_enabled(room and modest <= 0)
            self._go_round(modest if modest > 0 else 1.0)
        self.set_accept_enabled(False)
        for listener in self.sockets:
            listener.close()  # whoever comes now is refused, and not left waiting for nobody
        now = time.monotonic()
        for visitor in self._idle:  # a client may be sending its next request at this moment
            visitor.until = min(visitor.until, now + PARTING_PATIENCE)
        while self.nr_conns > 0 and time.monotonic() < now + self.cfg.graceful_timeout:
            self.notify()
            self._go_round(0.2)
        self.tpool.shutdown(wait=False)
        self.poller.close()
        self.method_queue.close()

    def _go_round(self, timeout: float) -> None:
        """Take in what has come, or comes within `timeout` seconds; serve it; let go whoever's time is over."""
        self.wait_for_and_dispatch_events(timeout=0 if self._whole else timeout)
        self._serve_together()
        self._let_go()

    # --- who comes ----------------------------------------------------------------------------------------------------

    def accept(self, listener: Any) -> None:
        """Let in who waits at the door; where there is no room, whoever has waited longest inside has to leave."""
        for _ in range(self._welcome):
            if self.nr_conns >= self.worker_connections and not self._make_room():
                return
            try:
                sock, client = listener.accept()
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE) and self._make_room():
                    continue
                if error.errno in (errno.EAGAIN, errno.ECONNABORTED, errno.EMFILE, errno.ENFILE):
                    self._welcome = 1
                    return
                raise
            # gunicorn writes in blocking mode: a client that takes nothing must not keep it.
            patience = struct.pack("ll", 0, int(ANSWER_PATIENCE * 1e6))
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, patience)
            visitor = Visitor(self.cfg, sock, client, listener.getsockname())
            self.nr_conns += 1
            self._seat(visitor, self._idle, self.cfg.keepalive)
        self._welcome = min(2 * self._welcome, ACCEPTED_AT_ONCE)
        if self.nr_conns <= FEW:
            self._modest_until = time.monotonic() + MODESTY * min(self.nr_conns, 8)

    def _seat(self, visitor: Visitor, room: Room, patience: float) -> None:
        """Have a visitor wait in `room` from now on."""
        if visitor.room is None:
            visitor.sock.setblocking(False)
            self.poller.register(visitor.sock, selectors.EVENT_READ, partial(self._readable, visitor))
            self._held += len(visitor.arriving.data)
        else:
            del visitor.room[visitor]
        visitor.room = room
        visitor.until = time.monotonic() + patience
        room[visitor] = None

    def _fetch(self, visitor: Visitor) -> None:
        """Have a visitor wait no longer."""
        assert visitor.room is not None
        del visitor.room[visitor]
        visitor.room = None
        self._held -= len(visitor.arriving.data)
        self.poller.unregister(visitor.sock)

    # --- what they bring ----------------------------------------------------------------------------------------------

    def _readable(self, visitor: Visitor, sock: socket.socket) -> None:
        if visitor.room is None:
            return  # it had to leave while this was on its way
        try:
            piece = sock.recv(PIECE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            piece = b""
        if not piece:
            if visitor.room is not self._whole:  # who has asked may end its side, and still wants its answer
                self._close(visitor)
        elif visitor.room is self._parting:
            visitor.dropped += len(piece)
            if visitor.dropped > DISCARD:
                self._close(visitor)
        else:
            visitor.arriving.add(piece)
            self._held += len(piece)
            self._consider(visitor)

    def _consider(self, visitor: Visitor) -> None:
        """Have a request served if it is whole; refuse it if it never will be."""
        try:
            whole = visitor.arriving.whole()
        except RefusedError as refusal:
            self._refuse(visitor, refusal)
            return
        if whole is not None:
            if visitor.arriving.data.startswith(TOGETHER):
                self._seat(visitor, self._whole, self.cfg.timeout)
            else:
                self._fetch(visitor)
                self._prepare(visitor)
                self.enqueue_req(visitor)
            return
        if visitor.room is self._idle and visitor.arriving.data:
            self._seat(visitor, self._receiving, REQUEST_PATIENCE)
        if visitor.arriving.awaits_permission and not visitor.permitted:
            visitor.permitted = self._say(visitor, b"HTTP/1.1 100 Continue\r\n\r\n")
        while self._held > LARGEST_HELD and self._receiving:
            self._close(next(iter(self._receiving)))

    def _prepare(self, visitor: Visitor) -> None:
        """Let the whole request be read from memory, and never from the socket."""
        visitor.parser = RequestParser(self.cfg, [visitor.arriving.take()], visitor.client)
        visitor.initialized = visitor.data_ready = True
        visitor.permitted = False

    # --- how they are served ------------------------------------------------------------------------------------------

    def _serve_together(self) -> None:
        """Serve those whose requests are whole, in turns; what comes right behind them is for the next round."""
        take_turns(self._serve, list(islice(self._whole, MOST_TOGETHER)))

    def _serve(self, visitor: Visitor) -> None:
        self._held -= len(visitor.arriving.data)
        self._prepare(visitor)
        self._held += len(visitor.arriving.data)
        stays = bool(self.handle(visitor))
        try:
            visitor.sock.setblocking(False)
        except OSError:  # it was closed by whoever answered
            self._close(visitor)
        else:
            self._see_off(visitor, stays)

    def finish_request(self, conn: Visitor, fs: Future[Any]) -> None:
        """Take a visitor back from the thread that has answered its request."""
        try:
            stays = bool(fs.result())
        except Exception:
            stays = False
        try:
            self._seat(conn, self._idle, self.cfg.keepalive)
        except (OSError, ValueError, KeyError):  # it was closed by whoever answered
            self.nr_conns -= 1
            conn.close()
            return
        self._see_off(conn, stays)

    def _see_off(self, visitor: Visitor, stays: bool) -> None:
        """See a visitor whose request was answered to the waiting room, or out."""
        if stays:
            self._seat(visitor, self._idle, self.cfg.keepalive)
            self._consider(visitor)  # the next request may have come right behind
        else:
            self._part(visitor)

    # --- who leaves ---------------------------------------------------------------------------------------------------

    def _say(self, visitor: Visitor, data: bytes) -> bool:
        """Write a little, which always fits; whoever has gone will be noticed."""
        with contextlib.suppress(OSError):
            visitor.sock.send(data)
        return True

    def _refuse(self, visitor: Visitor, refusal: RefusedError) -> None:
        body = f'{{"title": "{refusal.title}"}}'
        head = f"HTTP/1.1 {refusal.status} {refusal.title}\r\nConnection: close\r\nContent-Type: application/json\r\n"
        self._say(visitor, f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        self.log.warning("refused a request: %s", refusal)
        self._part(visitor)

    def _part(self, visitor: Visitor) -> None:
        """Say no more, and give the client time to close: closed at once, it might never see the answer."""
        self._held -= len(visitor.arriving.data)
        visitor.arriving = Arriving()
        try:
            visitor.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._close(visitor)
        else:
            self._seat(visitor, self._parting, PARTING_PATIENCE)

    def _close(self, visitor: Visitor) -> None:
        self._fetch(visitor)
        self.nr_conns -= 1
        visitor.close()

    def _let_go(self) -> None:
        """Close whoever's time is over; one whose request did not end is told."""
        now = time.monotonic()
        for room in (self._idle, self._receiving, self._parting):
            while room and (visitor := next(iter(room))).until <= now:
                if room is self._receiving:
                    self._refuse(visitor, RefusedError(408, "The request took too long"))
                else:
                    self._close(visitor)

    def _longest_waiting(self) -> Visitor | None:
        """Who can be done without: who was answered, before who said nothing yet, before who is still sending."""
        room = self._parting or self._idle or self._receiving
        return next(iter(room), None)

    def _make_room(self) -> bool:
        """Close one connection that nobody works on; False where there is none."""
        visitor = self._longest_waiting()
        if visitor is None:
            return False
        self._close(visitor)
        return True
