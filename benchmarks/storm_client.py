"""How much of a processor the client of a storm takes for a delivery, beside wrk; and how much memory a storm takes.

    python benchmarks/storm_client.py [ROUNDS [DELIVERIES]]

Each round delivers the same POST to a server that does nothing, over 32 connections: by wrk, by the client with one
prepared request (which is what wrk sends), and by a whole storm (every event drawn, made, signed and counted), both on
the standard event loop and on uvloop. What counts is user and system time of the delivering process for a delivery:
the server may well be the limit of what is delivered in a second. The ratios are paired: wrk's time over the client's
in the same round; above 1 the client takes less. The aim is 0.4 on the standard loop and 0.8 on uvloop, for the
prepared request. wrk (Debian: apt-get install wrk) and uvloop must be installed. Then the peak memory of storms of
1,000, 10,000 and 100,000 deliveries, each in a process of its own.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import select
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from hookassay.config import Settings
from hookassay.endpoint import Endpoint, Secret
from hookassay.storm.client import Client
from hookassay.storm.forecast import Forecast
from hookassay.storm.outbox import Outbox
from hookassay.storm.receipts import Receipts
from hookassay.storm.script import Repertoire, enough
from hookassay.storm.stream import Delivery, stream
from hookassay.storm.tally import Tally

CONNECTIONS = 32
SECONDS = 2
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
HEADERS = (("Content-Type", "application/json"),)
AIMS = {"client, standard loop": 0.4, "client, uvloop": 0.8}
KINDS = ("client, standard loop", "client, uvloop", "storm, standard loop", "storm, uvloop")


def main(rounds: int, deliveries: int) -> None:
    """Measure in turn, and print paired ratios."""
    if shutil.which("wrk") is None:
        sys.exit("wrk is not installed (Debian: apt-get install wrk).")
    costs: dict[str, list[float]] = {}
    rates: dict[str, list[float]] = {}
    with serving() as port:
        for _ in range(rounds):
            for kind in ("wrk", *KINDS):
                cost, rate = wrk(port) if kind == "wrk" else measured(kind, port, deliveries)[:2]
                costs.setdefault(kind, []).append(cost)
                rates.setdefault(kind, []).append(rate)
        print(f"{rounds} rounds; processor time for a delivery in µs, deliveries a second, wrk's time over it")
        for kind, found in costs.items():
            ratios = [theirs / ours for theirs, ours in zip(costs["wrk"], found, strict=True)]
            aim = f"   aim {AIMS[kind]}" if kind in AIMS else ""
            print(
                f"  {kind:22} {statistics.median(found):6.1f} µs {statistics.median(rates[kind]):9,.0f}/s   "
                f"{statistics.median(ratios):5.2f} ({min(ratios):.2f} to {max(ratios):.2f}){aim}"
            )
        print("peak memory of a storm on uvloop")
        for count in (1_000, 10_000, 100_000):
            print(f"  {count:8,} deliveries {measured('storm, uvloop', port, count)[2]:6.1f} MiB")


def wrk(port: int) -> tuple[float, float]:
    """Processor seconds of wrk for a delivery in µs, and deliveries a second."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        body = json.dumps(_body().decode())
        script.write(
            'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n'
            f'wrk.headers["Stripe-Signature"] = "{"x" * 84}"\nwrk.body = {body}\n'
        )
        script.flush()
        line = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", script.name, f"http://127.0.0.1:{port}/hook"]
        process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        said = process.stdout.read()
        _, _, used = os.wait4(process.pid, 0)
        process.returncode = 0
    count = next(int(line.split()[0]) for line in said.splitlines() if " requests in " in line)
    return (used.ru_utime + used.ru_stime) / count * 1e6, count / SECONDS


def measured(kind: str, port: int, deliveries: int) -> tuple[float, float, float]:
    """Processor time for a delivery in µs, deliveries a second and peak MiB, in a process of its own."""
    line = [sys.executable, __file__, "--deliver", kind, str(port), str(deliveries)]
    said = subprocess.run(line, check=True, capture_output=True, text=True).stdout
    cost, rate, memory = map(float, said.split())
    return cost, rate, memory


def deliver(kind: str, port: int, deliveries: int) -> None:
    """Deliver so much in one of the ways, and print what it took."""
    url = f"http://127.0.0.1:{port}/hook"
    endpoint = Endpoint(url, Secret("whsec_ofABenchmark"))
    forecast = Forecast("abcd1234", int(time.time()) - 60, 1, 0.2, 0, "compact", HEADERS, url)
    purchases = enough(Repertoire(Settings(), forecast), deliveries)
    forecast = Forecast("abcd1234", forecast.created, purchases, 0.2, 0, "compact", HEADERS, url)
    repertoire, tally = Repertoire(Settings(), forecast), Tally()
    outbox: Outbox
    if kind.startswith("storm"):
        outbox = Outbox(stream(repertoire), Receipts(purchases), tally, time.monotonic())
        client = Client(endpoint, HEADERS, outbox, forecast.first, CONNECTIONS)
    else:
        outbox = _Same(repertoire, deliveries)
        client = _Prepared(endpoint, HEADERS, outbox, forecast.first, CONNECTIONS)
        client.prepare()
    factory = asyncio.new_event_loop
    if kind.endswith("uvloop"):
        import uvloop

        factory = uvloop.new_event_loop
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(client.run())
    took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    count = outbox.count if isinstance(outbox, _Same) else tally.acknowledged
    if count < deliveries:
        sys.exit(f"{kind}: {count} of {deliveries} deliveries were acknowledged: {tally.answers}")
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(used / count * 1e6, count / took, after.ru_maxrss / 1024)


class _Same(Outbox):
    """The same delivery as often as is asked for; only answers are counted."""

    def __init__(self, repertoire: Repertoire, deliveries: int) -> None:
        super().__init__(iter([]), Receipts(1), Tally(), 0.0)
        self._group = [Delivery(0, repertoire.script(0), 0, first=True)]
        self._left = deliveries
        self.count = 0
        self._open = 0

    @property
    def over(self) -> bool:
        return not self._left and not self._open

    def take(self, now: float) -> list[Delivery]:  # noqa: ARG002 - as an outbox has it
        if not self._left:
            return []
        self._left -= 1
        self._open += 1
        return self._group

    def answered(self, delivery: Delivery, kind: int | str, now: float, retry_after: float = 0.0) -> None:  # noqa: ARG002
        if kind != 200:
            sys.exit(f"answered {kind}")
        self.count += 1
        self._open -= 1


class _Prepared(Client):
    """Delivers one request that was written before."""

    def prepare(self) -> None:
        """Write it."""
        self._bytes = self._postmark.request(_body(), int(time.time()))

    def written(self, delivery: Delivery) -> bytes:  # noqa: ARG002 - as a client has it
        return self._bytes


def _body() -> bytes:
    """An event of usual length."""
    forecast = Forecast("abcd1234", 1_700_000_000, 1, 0.2, 0, "compact", HEADERS, "http://127.0.0.1/hook")
    bodies = [
        body.fill(forecast.first) for script in Repertoire(Settings(), forecast).scripts for body in script.bodies
    ]
    return sorted(bodies, key=len)[len(bodies) // 2]


# --- the server that does nothing -------------------------------------------------------------------------------------


@contextmanager
def serving() -> Iterator[int]:
    """The server in a process of its own, and its port."""
    process = subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()


def serve() -> None:
    """Answer every whole request at once: no event loop but epoll, so that it is no limit sooner than it must be."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    listener.setblocking(False)
    print(listener.getsockname()[1], flush=True)
    waiting = select.epoll()
    waiting.register(listener.fileno(), select.EPOLLIN)
    open_: dict[int, socket.socket] = {}
    begun: dict[int, bytes] = {}
    lengths: dict[bytes, int] = {}
    while True:
        for descriptor, _ in waiting.poll():
            if descriptor == listener.fileno():
                sock, _ = listener.accept()
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                open_[sock.fileno()] = sock
                waiting.register(sock.fileno(), select.EPOLLIN)
                continue
            try:
                data = os.read(descriptor, 32 * 1024)
            except ConnectionError:
                data = b""
            if not data:
                open_.pop(descriptor).close()
                begun.pop(descriptor, None)
                continue
            if descriptor in begun:
                data = begun.pop(descriptor) + data
            end = data.find(b"\r\n\r\n")
            length = -1
            if end >= 0:
                place = data.find(b"ontent-Length: ", 0, end)
                digits = data[place + 15 : place + 21].partition(b"\r")[0]
                length = lengths.get(digits) or lengths.setdefault(digits, int(digits))
            if end < 0 or len(data) < end + 4 + length:
                begun[descriptor] = data
                continue
            os.write(descriptor, ANSWER)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve()
    elif sys.argv[1:2] == ["--deliver"]:
        deliver(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 5, int(sys.argv[2]) if len(sys.argv) > 2 else 60_000)
