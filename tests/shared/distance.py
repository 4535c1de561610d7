"""A TCP proxy that makes a server on this machine far away: what passes it arrives later, in either direction."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit


@contextmanager
def far_away(url: str, round_trip: float) -> Iterator[str]:
    """The URL at which the server of `url` (http, with a port) is `round_trip` seconds away, for as long as this lasts.

    Opening a connection takes no longer than before: half the time is added to what is sent, half to what comes back.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 80
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    over = asyncio.Event()
    near: list[int] = []

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection(host, port)
        await asyncio.gather(
            _carry(reader, server_writer, round_trip / 2), _carry(server_reader, writer, round_trip / 2)
        )

    async def serve() -> None:
        server = await asyncio.start_server(connect, "127.0.0.1", 0, backlog=512)
        async with server:
            near.append(server.sockets[0].getsockname()[1])
            ready.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        ready.wait()
        yield urlunsplit(parts._replace(netloc=f"127.0.0.1:{near[0]}"))
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    """Write what is read `delay` seconds later, its end as well."""
    loop = asyncio.get_running_loop()
    try:
        while data := await reader.read(65_536):
            loop.call_later(delay, writer.write, data)
    except ConnectionError:
        pass
    await asyncio.sleep(delay)
    writer.close()
